//! How the rows of a model are read from a table.

use super::{FeatureModel, TableModel};
use crate::schema::{self, Feature, Schema};
use crate::table::{Request, Wanted};

impl TableModel {
    /// The request for a table with the features of this model, each of its kind, and those of its time column. Label and
    /// time are those of a built-in table, if it is one.
    pub fn request(&self) -> Request {
        let built_in = schema::find(self.name()).ok().filter(|schema| schema.table == self.name());
        let source = self.card().time_source.as_ref();
        let of_time = source.map_or(&[][..], |source| &source.features);
        let is_of_time = |own: &FeatureModel| of_time.iter().any(|feature| feature.name() == own.name);
        let feature = |own: &FeatureModel| Feature { name: own.name.clone(), kind: own.column_kind() };
        let schema = Schema {
            table: self.name().to_owned(),
            title: None,
            time: built_in.as_ref().and_then(|schema| schema.time.clone()),
            label: built_in.as_ref().and_then(|schema| schema.label.clone()),
            features: self.features().iter().filter(|own| !is_of_time(own)).map(feature).collect(),
            ..built_in.clone().unwrap_or_default()
        };
        let time = source.map(|source| Wanted { column: source.column.clone(), required: true });
        let request = Request::of_schema(&schema);
        Request { time_features: time.is_some(), time: time.or(request.time), ..request }
    }
}
