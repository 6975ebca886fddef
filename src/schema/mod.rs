//! Table schemas as data: the feature columns with their kinds, the label column and the time column.

mod encoding;
mod roles;

pub use encoding::Encoding;
pub use roles::Roles;

use crate::error::{Error, Result, json};
use serde::{Deserialize, Serialize};

/// The description of a table. Three are built in; users can add their own as JSON files of the same form.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Schema {
    /// The name of the table and the stem of its files: `auth_events` is read from `auth_events.parquet`.
    pub table: String,
    /// For people.
    #[serde(default)]
    pub title: Option<String>,
    /// The time column: a datetime, or integer seconds since 1970.
    #[serde(default)]
    pub time: Option<String>,
    /// The column of suspicious rows. Tables without it are scored, but no metric is computed.
    #[serde(default)]
    pub label: Option<String>,
    /// The column of attacks, missing for normal rows. It says which rows belong together, and is no feature.
    #[serde(default)]
    pub attack: Option<String>,
    /// The column of the accounts that act.
    #[serde(default)]
    pub user: Option<String>,
    /// The column of hosts.
    #[serde(default)]
    pub host: Option<String>,
    /// The input columns of a detector, in this order.
    pub features: Vec<Feature>,
}

/// One feature column.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Feature {
    /// The column's name.
    pub name: String,
    /// The kind of the column's values.
    pub kind: Kind,
}

/// The kind of a feature, which decides how it is encoded.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Integers or real numbers.
    Numeric,
    /// True or false, encoded as 1 and 0.
    Boolean,
    /// Levels, encoded by the chosen [`Encoding`].
    Categorical,
}

const LONGEST_NAME: usize = 100;

/// Whether a name is safe as the name of a file or folder: it cannot refer to another path.
pub(crate) fn is_plain(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    !name.is_empty() && name.len() <= LONGEST_NAME && !name.starts_with('.') && name.chars().all(plain)
}

const EMBEDDED: [&str; 3] = [
    include_str!("auth_events.json"),
    include_str!("process_events.json"),
    include_str!("admin_events.json"),
];

/// The built-in schemas, in reporting order.
///
/// # Errors
/// None that a user can cause: a test reads the embedded files.
pub fn built_in() -> Result<Vec<Schema>> {
    EMBEDDED.iter().map(|text| Schema::from_json(text)).collect()
}

/// The built-in schema for a full or short table name (`auth_events` or `auth`).
///
/// # Errors
/// If there is no schema of that name. The error names the most similar one.
pub fn find(name: &str) -> Result<Schema> {
    let schemas = built_in()?;
    let names = schemas.iter().map(|schema| schema.short_name().to_owned()).collect();
    schemas
        .into_iter()
        .find(|schema| schema.table == name || schema.short_name() == name)
        .ok_or_else(|| Error::unknown_name("table", name, names))
}

impl Schema {
    /// A schema from its JSON form.
    ///
    /// # Errors
    /// If the text is not JSON, has unknown fields, or names no feature or one feature twice.
    pub fn from_json(text: &str) -> Result<Self> {
        let schema: Schema =
            json::parse(text).map_err(|e| Error::Request(format!("not a table schema: {e}")))?;
        schema.check()?;
        Ok(schema)
    }

    /// The table's name without `_events`.
    pub fn short_name(&self) -> &str {
        self.table.strip_suffix("_events").unwrap_or(&self.table)
    }

    /// The columns that say which rows belong together.
    pub fn roles(&self) -> Roles {
        Roles { attack: self.attack.clone(), user: self.user.clone(), host: self.host.clone() }
    }

    fn check(&self) -> Result<()> {
        if !is_plain(self.short_name()) || !is_plain(&self.table) {
            let problem = format!(
                "the schema's table name {:?} must be 1 to {LONGEST_NAME} letters, digits, -, _ or dots, because \
                 it names files and folders",
                self.table.chars().take(LONGEST_NAME).collect::<String>()
            );
            return Err(Error::Request(problem));
        }
        if self.features.is_empty() {
            return Err(Error::table(&self.table, "the schema names no feature"));
        }
        let mut names: Vec<&str> = self.features.iter().map(|feature| feature.name.as_str()).collect();
        names.sort_unstable();
        if let Some(attack) = self.attack.as_deref().filter(|attack| names.contains(attack)) {
            return Err(Error::column(&self.table, attack, "names attacks, so it cannot be a feature"));
        }
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(pair) => Err(Error::column(&self.table, pair[0], "is listed twice as a feature")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_schemas_are_valid() {
        let tables: Vec<String> = built_in().unwrap().into_iter().map(|schema| schema.table).collect();
        assert_eq!(tables, ["auth_events", "process_events", "admin_events"]);
    }

    #[test]
    fn a_table_is_found_by_its_short_name() {
        assert_eq!(find("process").unwrap(), find("process_events").unwrap());
    }

    #[test]
    fn an_unknown_table_names_the_nearest() {
        let text = find("auht").unwrap_err().to_string();
        assert_eq!(text, "there is no table `auht` (did you mean `auth`?); there are auth, process, admin");
    }

    #[test]
    fn a_table_name_that_is_a_path_is_refused() {
        for name in ["../x", "/x", "a/b", "", ".", "..", "_events", "a\\nb", "a b"] {
            let text = format!(r#"{{"table":"{name}","features":[{{"name":"a","kind":"numeric"}}]}}"#);
            assert!(Schema::from_json(&text).is_err(), "{name:?}");
        }
    }

    #[test]
    fn a_feature_listed_twice_is_refused() {
        let feature = r#"{"name":"a","kind":"numeric"}"#;
        let text = format!(r#"{{"table":"t","features":[{feature},{feature}]}}"#);
        assert!(Schema::from_json(&text).unwrap_err().to_string().contains("twice"));
    }

    #[test]
    fn a_column_of_attacks_is_no_feature() {
        let text = r#"{"table":"t","attack":"a","features":[{"name":"a","kind":"numeric"}]}"#;
        assert!(Schema::from_json(text).unwrap_err().to_string().contains("names attacks"));
        for schema in built_in().unwrap() {
            assert_eq!(schema.attack.as_deref(), Some("attack_id"));
        }
    }
}
