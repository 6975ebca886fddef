//! For each row the names of its unseen and of its missing features, as new columns hold them.

use super::data_issue::{DataIssue, data_issues};
use super::explanation::Style;
use crate::model::FeatureModel;
use crate::table::Column;

/// The features of each row that have an issue: `country; client` in words, `["country","client"]` in JSON; in words
/// `None` if there is none.
pub(super) fn issue_lists(
    features: &[FeatureModel],
    columns: &[Column],
    issue: DataIssue,
    style: Style,
) -> Vec<Option<String>> {
    let rows = columns.first().map_or(0, |column| column.values.len());
    let mut lists: Vec<Vec<&str>> = vec![Vec::new(); rows];
    for (feature, column) in features.iter().zip(columns) {
        for (list, own) in lists.iter_mut().zip(data_issues(feature, column)) {
            if own == Some(issue) {
                list.push(&feature.name);
            }
        }
    }
    lists.iter().map(|names| written(names, style)).collect()
}

fn written(names: &[&str], style: Style) -> Option<String> {
    match style {
        Style::Json => Some(serde_json::Value::from(names).to_string()),
        Style::Words | Style::Behaviour => (!names.is_empty()).then(|| names.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cell, FeatureKind};
    use crate::table::Values;

    #[test]
    fn each_row_lists_its_own_features() {
        let feature = |name: &str| FeatureModel {
            name: name.into(),
            kind: FeatureKind::Category { levels: vec!["a".into()] },
            typical: Cell::Missing,
        };
        let column = |texts: [Option<&str>; 3]| Column {
            name: "f".into(),
            values: Values::Text(texts.into_iter().collect()),
        };
        let features = [feature("f"), feature("g")];
        let columns = [column([Some("a"), Some("x"), None]), column([Some("a"), Some("y"), Some("z")])];
        let lists = |issue, style| issue_lists(&features, &columns, issue, style);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(lists(DataIssue::Unknown, Style::Words), [None, some("f; g"), some("g")]);
        assert_eq!(lists(DataIssue::Missing, Style::Json), [some("[]"), some("[]"), some("[\"f\"]")]);
    }
}
