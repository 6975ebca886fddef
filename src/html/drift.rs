//! Drift as one self-contained HTML page: the verdict, a heat map of features and days, alerts by day, and the
//! distributions of training and of new data.

use super::head::head;
use crate::error::printable;
use crate::monitor::{Day, FeatureDrift, Monitored};
use crate::report::{count, counted, percent, significant};
use maud::{DOCTYPE, Markup, html};

const DRIFT_STYLE: &str = include_str!("drift.css");

/// The largest number of features with bins, and of bins of a feature.
const SHOWN: [usize; 2] = [12, 40];

/// The page of a comparison with training. `command` is the command line that the page names as its source.
pub fn drift(own: &Monitored, command: &str) -> String {
    let title = format!("Drift: {}", own.table);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            (head(&title, DRIFT_STYLE))
            body {
                a .skip href="#main" { "Skip to the days" }
                header { h1 { (title) } (verdict(own)) }
                main #main { (heat_map(own)) (alerts(own)) (features(own)) (histograms(own)) }
                footer { (provenance(own, command)) }
            }
        }
    };
    page.into_string()
}

fn verdict(own: &Monitored) -> Markup {
    html! {
        @for (at, line) in own.words.iter().enumerate() {
            @if at == 0 { p .answer { b { (shown(line)) } } } @else { p { (shown(line)) } }
        }
    }
}

/// Features by days. A cell is darker the further out the day is, and unusual days have a mark.
fn heat_map(own: &Monitored) -> Markup {
    let names: Vec<&str> = own.features.iter().map(|own| own.feature.as_str()).collect();
    let cell = |day: &Day, name: &str| {
        let found = day.features.iter().find(|own| own.feature == name);
        let size = found.and_then(|own| own.size);
        let unusual = found.is_some_and(|own| own.unusual);
        let share = (size.map_or(0.0, f64::abs) / 8.0).clamp(0.0, 1.0);
        let words = size.map_or("not judged".to_owned(), |size| format!("{size:.1}"));
        html! {
            td .heat style=(format!("background:color-mix(in srgb, #c0392b {:.0}%, transparent)", 100.0 * share)) title=(format!("{name} {}: {words}", day.day)) {
                @if unusual { "●" }
            }
        }
    };
    html! {
        section { h2 { "Features by day" small { " standard deviations of the training days; ● unusual" } }
            div .scroll tabindex="0" role="region" aria-label="Features by day" { table .heat {
                thead { tr { th scope="col" { "feature" }
                    @for day in &own.days { th .day scope="col" { (day.day.get(5..).unwrap_or(&day.day)) } } } }
                tbody { @for name in names { tr {
                    th scope="row" { (shown(name)) }
                    @for day in &own.days { (cell(day, name)) }
                } } }
            } }
        }
    }
}

fn alerts(own: &Monitored) -> Markup {
    let most = own.days.iter().map(|day| day.alerts).max().unwrap_or(0).max(1) as f64;
    html! {
        section { h2 { "Alerts by day" small { " UTC" } }
            @if let Some(before) = own.alerts.training_per_day {
                p { "Training: " (significant(before)) " a day."
                    @if let Some(budget) = own.alerts.budget { " The budget is " (significant(budget)) " a day." } }
            }
            div .scroll.tall tabindex="0" role="region" aria-label="Alerts by day" { table {
                thead { tr { th scope="col" { "day" } th .number scope="col" { "alerts" } th .number scope="col" { "rows" } th { } } }
                tbody { @for day in &own.days { tr {
                    th .whole scope="row" { (day.day) }
                    td .number { (count(day.alerts)) }
                    td .number { (count(day.rows)) }
                    td .wide { (bar(day.alerts as f64 / most)) }
                } } }
            } }
        }
    }
}

fn features(own: &Monitored) -> Markup {
    let number = |value: Option<f64>| value.map_or("–".to_owned(), significant);
    html! {
        section { h2 { "Distance from training" }
            div .scroll tabindex="0" role="region" aria-label="Distance from training" { table {
                thead { tr {
                    th scope="col" { "feature" } th scope="col" { "drift" } th .number scope="col" { "PSI" }
                    th .number scope="col" { "Jensen–Shannon" } th .number scope="col" { "Kolmogorov–Smirnov" }
                    th .number scope="col" { "Wasserstein" } th .number scope="col" { "missing" }
                    th .number scope="col" { "outside" }
                } }
                tbody { @for own in &own.features { tr {
                    th scope="row" { (shown(&own.feature)) }
                    td { (if own.drift { own.since.clone().map_or("yes".to_owned(), |day| format!("since {day}")) } else { "no".to_owned() }) }
                    td .number { (number(own.psi)) }
                    td .number { (number(own.jensen_shannon)) }
                    td .number { (number(own.kolmogorov_smirnov)) }
                    td .number { (number(own.wasserstein)) }
                    td .number { (own.missing.map_or("–".to_owned(), |[_, now]| percent(now))) }
                    td .number { (own.outside.map_or("–".to_owned(), percent)) }
                } } }
            } }
        }
    }
}

fn histograms(own: &Monitored) -> Markup {
    let drifting = own.features.iter().filter(|own| own.drift && !own.bins.is_empty()).take(SHOWN[0]);
    html! { @for own in drifting { (histogram(own)) } }
}

fn histogram(own: &FeatureDrift) -> Markup {
    let most = own.bins.iter().flat_map(|bin| [bin.training, bin.now]).fold(f64::MIN_POSITIVE, f64::max);
    html! {
        section { h2 { (shown(&own.feature)) small { " training and now" } }
            div .scroll.tall tabindex="0" role="region" aria-label=(shown(&own.feature)) { table {
                thead { tr { th scope="col" { "values" } th .number scope="col" { "training" } th { }
                    th .number scope="col" { "now" } th { } } }
                tbody { @for bin in own.bins.iter().take(SHOWN[1]) { tr {
                    th scope="row" { (shown(&bin.name)) }
                    td .number { (percent(bin.training)) } td .wide { (bar(bin.training / most)) }
                    td .number { (percent(bin.now)) } td .wide { (bar(bin.now / most)) }
                } } }
            } }
            @if own.bins.len() > SHOWN[1] { p { "And " (count((own.bins.len() - SHOWN[1]) as u64)) " more." } }
        }
    }
}

/// A bar of this share of the width, in [0, 1].
fn bar(share: f64) -> Markup {
    html! { span .bar style=(format!("width:{:.1}%", 100.0 * share.clamp(0.0, 1.0))) { } }
}

fn provenance(own: &Monitored, command: &str) -> Markup {
    html! {
        h2 { "Where this is from" }
        dl .facts {
            div { dt { "made by" } dd { code { (shown(command)) } } }
            div { dt { "version" } dd { "whis-lab " (env!("CARGO_PKG_VERSION")) } }
            div { dt { "training" } dd { (counted(own.training_days as u64, "day", "days")) } }
            div { dt { "new rows" } dd { (count(own.rows)) } }
        }
    }
}

fn shown(text: &str) -> String {
    printable(text, 200)
}
