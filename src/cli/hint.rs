//! The words of a hint on the command line: its flags.

use crate::error::{Error, Hint};
use crate::table::field;

/// A hint in the words of the command line.
pub fn spelled(hint: &Hint) -> String {
    match hint {
        Hint::Contamination(share) => format!("try --contamination {share}"),
        Hint::NameLabel(None) => "name the label column with --label".to_owned(),
        Hint::NameLabel(Some(name)) => format!("name the label column with --label {}", quoted(name)),
        Hint::LabelNumber { column, value } => {
            format!("say which values are suspicious: --label '{column}>0' or --label '{column}={value}'")
        }
        Hint::LabelWord { column, value } => {
            format!(
                "say which values are suspicious: --label '{column}!={value}' or --label '{column}=VALUE|VALUE'"
            )
        }
        Hint::OmitLabel => "to score without labels, use --file and no --label".to_owned(),
        Hint::NameFeatures => "name the columns to use with --features".to_owned(),
        Hint::Categorical(names) => {
            let names: Vec<String> = names.iter().map(|name| field(name)).collect();
            format!("if they are names, use --categorical {}", quoted(&names.join(",")))
        }
        Hint::OmitFeature(name) => format!("leave `{name}` out of --features"),
        Hint::NoHeader => "if the first line is a row, use --no-header".to_owned(),
        Hint::NameTime => "name the time column with --time".to_owned(),
        Hint::NameBudget => "give the alerts a day with --budget 50/day".to_owned(),
        Hint::NameGroup => "name the column of groups with --group".to_owned(),
        Hint::UseFile => "for a single file use --file".to_owned(),
        Hint::ChooseTable => "choose one with --table".to_owned(),
        Hint::ReviewInSpreadsheet => {
            "in a spreadsheet instead: whis-lab score --top 20 --out review.csv, and then learn --verdicts review.csv"
                .to_owned()
        }
        Hint::FrequencyEncoding => "use --encoding frequency, or fewer --features".to_owned(),
        Hint::InSample => "use --protocol in-sample".to_owned(),
        Hint::Holdout => "use --protocol holdout, time or clean".to_owned(),
        Hint::Clean => "use --protocol clean".to_owned(),
        Hint::TrainByRule(rule) => format!("train it with --threshold {rule}"),
        Hint::AnotherThreshold => "use --threshold contamination=SHARE or budget=N/day".to_owned(),
        Hint::ImputeMissing => "--on-missing impute uses the mean or the most frequent level".to_owned(),
        Hint::ImputeUnknown => "--on-unknown impute scores it anyway".to_owned(),
        Hint::KeepOutOfRange => "--on-out-of-range keep scores it anyway".to_owned(),
        Hint::Prefix => "--prefix changes the names of the new columns".to_owned(),
        Hint::Bless => "record it with --bless".to_owned(),
        Hint::CountCopies(id) => format!("try a smaller k, or --params {id}.duplicates=copies"),
        Hint::RunDetector(id) => format!("run it with --detectors {id}"),
        Hint::PlotAgain { chart } => {
            format!("run `whis-lab plot {chart}` without --report, or make the report with --plots")
        }
    }
}

/// A text with its hint, if there is one.
pub fn with_hint(text: &str, hint: Option<&Hint>) -> String {
    match hint {
        Some(hint) => format!("{text}; {}", spelled(hint)),
        None => text.to_owned(),
    }
}

/// The text of an error with its hint.
pub fn message(error: &Error) -> String {
    with_hint(&error.to_string(), error.hint())
}

/// A name as one word of a shell.
fn quoted(name: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_.,".contains(c);
    if name.chars().all(is_plain) { name.to_owned() } else { format!("'{name}'") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_an_error_ends_with_its_hint() {
        let error = Error::table("t", "there is no time column").with_hint(Hint::NameTime);
        assert_eq!(message(&error), "t: there is no time column; name the time column with --time");
    }

    #[test]
    fn a_name_with_a_space_is_quoted() {
        let label = |name: &str| spelled(&Hint::NameLabel(Some(name.to_owned())));
        assert!(label("class").ends_with("--label class") && label("is bad").ends_with("--label 'is bad'"));
    }
}
