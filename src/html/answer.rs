//! The top of the page: for each table which detector, how sure, and at what price in alerts.

use super::text::sentence;
use crate::report::{
    Claim, Protocol, Run, TableReport, count, counted, fixed, interval, percent, probability,
};
use maud::{Markup, html};

/// The protocols from the most to the least realistic one.
const BY_REALISM: [Protocol; 5] =
    [Protocol::Time, Protocol::Group, Protocol::Holdout, Protocol::Clean, Protocol::InSample];

/// With fewer suspicious rows, every measure depends on single rows.
const FEW: usize = 30;

/// The answer for one table from the reports of its protocols.
pub(super) fn of(protocols: &[&TableReport]) -> Markup {
    let rank = |table: &&&TableReport| BY_REALISM.iter().position(|protocol| *protocol == table.protocol);
    let Some(table) = protocols.iter().min_by_key(rank) else { return html! {} };
    let Some(best) = table.runs.first() else { return html! {} };
    html! {
        div .answer {
            h2 { (table.table) ": " (which(table, best)) }
            dl .facts {
                div { dt { "how sure" } dd { (sentence(&how_sure(table, best))) } }
                div { dt { "at what price" } dd { (sentence(&price(table, best))) } }
                div { dt { "measured" } dd { (sentence(&measured(table))) } }
            }
        }
    }
}

fn which(table: &TableReport, best: &Run) -> String {
    match best.auc {
        None => "no detector can be called the best without labels of both classes".to_owned(),
        Some(_) if best.may_be_chance() => "no detector is clearly better than chance".to_owned(),
        Some(_) => match equals(table, best).is_empty() {
            true => format!("{} has the highest AUC", best.detector),
            false => format!("{} ranks best, within noise of others", best.detector),
        },
    }
}

/// The detectors whose AUC does not differ significantly from the best, or was not tested.
fn equals<'a>(table: &'a TableReport, best: &Run) -> Vec<&'a str> {
    let is_worse = |claim: Claim| matches!(claim, Claim::BetterOnNewRows | Claim::RanksTheseRowsBetter);
    let pairs = table.differences.iter().filter(|pair| pair.better == best.detector);
    pairs.filter(|pair| !is_worse(pair.claim)).map(|pair| pair.worse.as_str()).collect()
}

fn how_sure(table: &TableReport, best: &Run) -> String {
    if best.auc.is_none() {
        return "Not at all: without labels nothing says which scores are right. Read the strangest rows of two or \
                three detectors."
            .to_owned();
    }
    let auc = match best.auc_interval {
        Some(_) => format!("AUC {}, 95 % interval {}.", fixed(best.auc), interval(best.auc_interval)),
        None => format!("AUC {}.", fixed(best.auc)),
    };
    let second = table.differences.iter().filter(|pair| pair.better == best.detector);
    let second = second.min_by(|a, b| a.auc_difference.total_cmp(&b.auc_difference));
    let lead = match (second, equals(table, best).as_slice()) {
        (None, _) => String::new(),
        (Some(pair), []) => {
            let rows = if table.protocol.divides() { "on new rows" } else { "on these rows" };
            let p = pair.p_holm.map(probability).unwrap_or_default();
            format!(" The lead over {} {rows} is significant: +{:.4}, {p}.", pair.worse, pair.auc_difference)
        }
        (Some(pair), _) if pair.claim == Claim::NotTested => {
            " Its lead is not tested: one seed may have decided it.".to_owned()
        }
        (Some(pair), _) if pair.claim == Claim::TooFewGroups => {
            " Its lead is not tested: there are too few groups of suspicious rows.".to_owned()
        }
        (Some(pair), _) if matches!(pair.claim, Claim::NotChosen | Claim::TriedOnTheseRows) => {
            " Its lead is not tested: settings of a grid were tried on labels.".to_owned()
        }
        (Some(_), equals) => {
            format!(" Its lead over {} is not significant: any of them may be better.", equals.join(", "))
        }
    };
    let few = match table.scored_suspicious_rows {
        Some(rows) if rows < FEW => {
            format!(" Only {} were scored.", counted(rows as u64, "suspicious row", "suspicious rows"))
        }
        _ => String::new(),
    };
    auc + &lead + &few
}

fn price(table: &TableReport, best: &Run) -> String {
    let share = best.flagged_rows as f64 / table.scored_rows.max(1) as f64;
    let days = table.exploration.as_ref().map_or(0, |exploration| exploration.by_day.len());
    let alerts = match days {
        0 => format!("{:.1} of 1,000 rows are alerts", share * 1_000.0),
        days => {
            let alerts = share * table.rows as f64 / days as f64;
            let alerts = match alerts < 10.0 {
                true => format!("{alerts:.1}"),
                false => count(alerts.round() as u64),
            };
            format!("About {alerts} alerts a day, over {}", counted(days as u64, "day", "days"))
        }
    };
    let found = match (super::comparison::Confusion::of(table, best), best.precision) {
        (Some(counts), Some(precision)) if counts.found > 0 => format!(
            " {} of {} suspicious rows are among them; {}.",
            count(counts.found),
            count(counts.found + counts.missed),
            match precision {
                p if p > 0.2 => format!("{} of the alerts are right", percent(p)),
                p => format!("about 1 in {:.0} alerts is right", 1.0 / p),
            }
        ),
        (Some(counts), _) => format!(" None of {} suspicious rows is among them.", count(counts.missed)),
        (None, _) => String::new(),
    };
    format!("{alerts}, at the threshold of {}.{found}", best.detector)
}

fn measured(table: &TableReport) -> String {
    let care = match table.protocol {
        Protocol::InSample => ". New rows may give lower values",
        _ => "",
    };
    format!("Protocol {}: {}{care}.", table.protocol.id(), table.protocol.meaning())
}
