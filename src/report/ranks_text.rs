//! Ranks over several tables as text, for the terminal and Markdown.

use super::SIGNIFICANT;
use super::number::{count, fixed, probability};
use super::ranks::{RankClaim, RankedDetector, RankedPair, Ranks};
use comfy_table::{CellAlignment, Table, TableStyle};

/// The heading, the table of detectors, and the conclusions as sentences.
pub(super) struct RanksText {
    pub heading: Vec<String>,
    pub table: Table,
    pub conclusions: Vec<String>,
}

impl RanksText {
    pub fn of(ranks: &Ranks, style: TableStyle) -> Self {
        RanksText { heading: heading(ranks), table: table(ranks, style), conclusions: conclusions(ranks) }
    }
}

fn heading(ranks: &Ranks) -> Vec<String> {
    let tables: usize = ranks.units.iter().map(Vec::len).sum();
    let mut first = format!("{} tables, protocol {}", count(tables as u64), ranks.protocol.id());
    if tables > ranks.units.len() {
        first += &format!(", {} after related ones count once", ranks.units.len());
    }
    vec![format!("{first}: the unit is the table, with AUCs averaged over seeds")]
}

fn table(ranks: &Ranks, style: TableStyle) -> Table {
    let mut table = Table::new();
    table.load_style(style).set_header(["detector", "mean rank", "best on", "median AUC"]);
    for ranked in &ranks.detectors {
        let rank = format!("{:.2}", ranked.mean_rank);
        let cells = [ranked.detector.clone(), rank, ranked.wins.to_string(), fixed(ranked.median_auc())];
        table.add_row(cells);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

/// The tests as sentences: of all detectors, of each pair, and what limits them.
pub fn conclusions(ranks: &Ranks) -> Vec<String> {
    /// With more detectors, only the pairs that are told apart or equivalent are shown.
    const FEW_DETECTORS: usize = 4;
    let mut lines: Vec<String> = friedman(ranks).into_iter().collect();
    let is_shown =
        |pair: &&RankedPair| ranks.detectors.len() <= FEW_DETECTORS || pair.claim != RankClaim::NotToldApart;
    let shown: Vec<&RankedPair> = ranks.pairs.iter().filter(is_shown).collect();
    lines.extend(shown.iter().map(|pair| sentence(pair, ranks.equivalence)));
    match ranks.pairs.len() - shown.len() {
        0 => (),
        1 => lines.push("the other pair cannot be told apart over these tables".to_owned()),
        others => lines.push(format!("the other {others} pairs cannot be told apart over these tables")),
    }
    if ranks.smallest_p >= SIGNIFICANT {
        lines.push(format!(
            "with {} tables no test of a pair can reach p < 0.05: its smallest p is {:.3}",
            ranks.units.len(),
            ranks.smallest_p
        ));
    }
    if !ranks.left_out.is_empty() {
        lines.push(format!("left out, because an AUC is undefined: {}", ranks.left_out.join(", ")));
    }
    lines
}

fn friedman(ranks: &Ranks) -> Option<String> {
    let test = ranks.friedman?;
    let [between, within] = test.degrees_of_freedom;
    let statistic = match test.f {
        Some(f) => format!("Iman-Davenport F({between}, {within}) = {f:.2}"),
        None => "every table ranks them alike".to_owned(),
    };
    Some(format!(
        "equal mean ranks: {statistic}, {} (Friedman chi-square {:.2}, {})",
        probability(test.p),
        test.chi_square,
        probability(test.chi_square_p)
    ))
}

fn sentence(pair: &RankedPair, equivalence: f64) -> String {
    let RankedPair { better, worse, median_difference, p_holm, practical, .. } = pair;
    let claim = match pair.claim {
        RankClaim::BetterOverTables => format!("{better} is better than {worse} over tables like these"),
        RankClaim::Equivalent => {
            format!("{better} and {worse} differ by less than {equivalence} over tables")
        }
        RankClaim::NotToldApart => format!("{better} and {worse} cannot be told apart over these tables"),
    };
    format!(
        "{claim}: median AUC {median_difference:+.4}, {}; probability {:.2} of more than +{equivalence}, {:.2} of within \
         ±{equivalence}",
        probability(*p_holm),
        practical.better,
        practical.equivalent
    )
}

impl RankedDetector {
    /// The median of the AUCs over the units.
    pub fn median_auc(&self) -> Option<f64> {
        super::ranks::median(self.aucs.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Practical;
    use crate::report::Protocol;
    use comfy_table::presets;

    fn ranks(claim: RankClaim) -> Ranks {
        let detector = |name: &str, mean_rank: f64, aucs: Vec<f64>| RankedDetector {
            detector: name.to_owned(),
            mean_rank,
            wins: 1,
            aucs,
        };
        Ranks {
            protocol: Protocol::Time,
            units: vec![vec!["t".to_owned(), "u".to_owned()], vec!["v".to_owned()]],
            left_out: vec!["w".to_owned()],
            detectors: vec![detector("a", 1.0, vec![0.9, 0.8]), detector("b", 2.0, vec![0.7, 0.6])],
            friedman: None,
            smallest_p: 0.5,
            tested_pairs: 1,
            equivalence: 0.02,
            pairs: vec![RankedPair {
                better: "a".to_owned(),
                worse: "b".to_owned(),
                median_difference: 0.2,
                p: 0.5,
                p_holm: 0.5,
                practical: Practical { better: 0.9, equivalent: 0.1, worse: 0.0 },
                claim,
            }],
        }
    }

    #[test]
    fn the_text_says_what_counts_once_what_is_left_out_and_what_no_test_can_find() {
        let text = RanksText::of(&ranks(RankClaim::NotToldApart), presets::NOTHING);
        assert!(text.heading[0].starts_with("3 tables, protocol time, 2 after related ones count once"));
        assert!(text.table.to_string().contains("0.8500"), "{}", text.table);
        let all = text.conclusions.join("\n");
        assert!(
            all.contains("a and b cannot be told apart over these tables: median AUC +0.2000, p = 0.500"),
            "{all}"
        );
        assert!(all.contains("no test of a pair can reach p < 0.05: its smallest p is 0.500"), "{all}");
        assert!(all.contains("undefined: w"), "{all}");
    }

    #[test]
    fn equivalence_names_its_margin() {
        let text = conclusions(&ranks(RankClaim::Equivalent)).join("\n");
        assert!(text.contains("a and b differ by less than 0.02 over tables"), "{text}");
    }
}
