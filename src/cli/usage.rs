//! The description of the program as a whole, and errors in its arguments as one plain line.

use super::Cli;
use clap::error::{ContextKind, ErrorKind};
use clap::{Arg, Command, CommandFactory};
use std::error::Error as _;

/// Options about the answer and its files; every command shows them under this heading.
const OUTPUT: (&str, [&str; 6]) = ("Output", ["out", "format", "plots", "plot_format", "size", "timings"]);

/// The description of the program: options of equal meaning stand under equal headings, and a negative
/// number is a value of its option, not another option.
pub fn program() -> Command {
    Cli::command().mut_subcommands(|command| command.mut_args(described))
}

fn described(option: Arg) -> Arg {
    let (heading, names) = OUTPUT;
    let is_output = names.contains(&option.get_id().as_str()) && !option.is_positional();
    let option = if is_output { option.help_heading(heading) } else { option };
    match option.get_action().takes_values() && !option.is_positional() {
        true => option.allow_negative_numbers(true),
        false => option,
    }
}

/// A wrong value of an option in one line; `None` for other errors, which clap words well.
pub fn wrong_value(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let context = |kind| error.get(kind).map(ToString::to_string);
    let option = context(ContextKind::InvalidArg)?;
    let option = option.split(' ').next().unwrap_or(&option).to_owned();
    let value = context(ContextKind::InvalidValue)?;
    let reason = error.source()?.to_string();
    Some(match expected(&reason) {
        Some(expected) => format!("{option} must be {expected}, but is {value}"),
        None => format!("{option} {value}: {reason}"),
    })
}

/// What a value must be, from the reasons of Rust and clap that it is not a number in a range.
fn expected(reason: &str) -> Option<String> {
    if let Some((value, range)) = reason.split_once(" is not in ") {
        let (from, to) = range.split_once("..")?;
        let to = to.trim_start_matches('=');
        // The ends of integer types mean nothing to users.
        let is_open = to.is_empty() || to.parse::<u64>().is_ok_and(|to| to >= u64::from(u32::MAX));
        return Some(match is_open {
            false => format!("between {from} and {to}"),
            true if value.starts_with('-') || value == "0" => format!("at least {from}"),
            true => "a smaller number".to_owned(),
        });
    }
    let kinds = [
        ("invalid float literal", "a number"),
        ("cannot parse float from empty string", "a number"),
        ("invalid digit found in string", "a whole number, 0 or more"),
        ("cannot parse integer from empty string", "a whole number, 0 or more"),
        ("number too large to fit in target type", "a smaller number"),
        ("number too small to fit in target type", "a larger number"),
    ];
    kinds.into_iter().find(|(known, _)| *known == reason).map(|(_, expected)| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(arguments: &[&str]) -> String {
        let arguments = ["whis-lab"].iter().chain(arguments);
        let error = program().try_get_matches_from(arguments).unwrap_err();
        wrong_value(&error).unwrap_or_else(|| error.to_string())
    }

    #[test]
    fn the_command_line_is_well_formed() {
        program().debug_assert();
    }

    #[test]
    fn a_wrong_value_says_what_the_option_must_be() {
        for (option, value, message) in [
            ("--contamination", "x", "--contamination must be a number, but is x"),
            ("--runs", "-1", "--runs must be a whole number, 0 or more, but is -1"),
            ("--seed", "1.5", "--seed must be a whole number, 0 or more, but is 1.5"),
            (
                "--seed",
                "99999999999999999999999",
                "--seed must be a smaller number, but is 99999999999999999999999",
            ),
            ("--memory", "lots", "--memory lots: not a size such as 512MiB or 2GB"),
            ("--memory", "-1", "--memory -1: a size must be at least 1 byte and fit into memory"),
            ("--params", "lof.k", "--params lof.k: not of the form ID.KEY=VALUE, such as lof.k=10"),
            (
                "--size",
                "1x1",
                "--size 1x1: width and height of a chart must be 300 to 8000 pixels, but are 1x1",
            ),
        ] {
            assert_eq!(said(&["compare", option, value]), message);
        }
        let explain = |k| said(&["explain", "--model", "m", "--top", k, "{}"]);
        assert_eq!(explain("0"), "--top must be at least 1, but is 0");
        assert_eq!(explain("99999999999"), "--top must be a smaller number, but is 99999999999");
        assert_eq!(
            said(&["detectors", "--threads", "-1"]),
            "--threads must be a whole number, 0 or more, but is -1"
        );
        let score = |k| said(&["score", "--model", "m", "--explain", k, "x.csv"]);
        assert_eq!(score("70000"), "--explain must be between 1 and 65535, but is 70000");
    }

    #[test]
    fn other_errors_are_those_of_the_parser() {
        assert!(said(&["compare", "--colour"]).contains("unexpected argument '--colour'"));
    }
}
