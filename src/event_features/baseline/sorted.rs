//! Hash maps are written in the order of their keys, so that equal states are equal bytes.

use hashbrown::HashMap;
use serde::ser::SerializeSeq;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub(super) fn serialize<S: Serializer, V: Serialize>(
    map: &HashMap<u64, V>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut entries: Vec<(&u64, &V)> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| **key);
    let mut list = serializer.serialize_seq(Some(entries.len()))?;
    entries.iter().try_for_each(|entry| list.serialize_element(entry))?;
    list.end()
}

pub(super) fn deserialize<'de, D: Deserializer<'de>, V: Deserialize<'de>>(
    deserializer: D,
) -> Result<HashMap<u64, V>, D::Error> {
    Ok(Vec::<(u64, V)>::deserialize(deserializer)?.into_iter().collect())
}
