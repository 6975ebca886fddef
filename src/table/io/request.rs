//! The request for a table: its feature columns, its label and its time.

use super::options::CsvOptions;
use crate::schema::{Feature, Roles, Schema};
use crate::table::groups::GroupBy;

/// The columns to read from a table.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// The name of the table in reports.
    pub table: String,
    /// The columns that are features.
    pub features: Features,
    /// Features that are categories, whatever their values look like. A schema has its own kinds.
    pub categorical: Vec<String>,
    /// A column, or a rule such as `COLUMN>NUMBER` ([`LabelRule::parse`](crate::table::LabelRule::parse)).
    pub label: Option<Wanted>,
    /// The time column; without one, the first datetime of the table.
    pub time: Option<Wanted>,
    /// What makes rows a group.
    pub group_by: GroupBy,
    /// The columns that say which rows belong together.
    pub roles: Roles,
    /// How CSV is read, if not as detected.
    pub csv: CsvOptions,
    /// Whether the hour, the day of the week and off-hours of the time column are features as well.
    pub time_features: bool,
}

/// The columns that are features.
#[derive(Clone, Debug, Default)]
pub enum Features {
    /// The features of a schema, with their kinds.
    Typed(Vec<Feature>),
    /// Columns by name; their kinds are inferred from the data.
    Named(Vec<String>),
    /// Every usable column: all but the label, times, text with too many levels, and types that cannot be
    /// read.
    #[default]
    All,
}

/// The label or the time column.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The column's name; for a label, also a rule.
    pub column: String,
    /// Whether a table without it is an error.
    pub required: bool,
}

impl Request {
    /// The request of a schema. Label and time are optional.
    pub fn of_schema(schema: &Schema) -> Self {
        let wanted =
            |column: &Option<String>| column.clone().map(|column| Wanted { column, required: false });
        Request {
            table: schema.table.clone(),
            features: Features::Typed(schema.features.clone()),
            categorical: Vec::new(),
            label: wanted(&schema.label),
            time: wanted(&schema.time),
            group_by: GroupBy::Auto,
            roles: schema.roles(),
            csv: CsvOptions::default(),
            time_features: false,
        }
    }
}
