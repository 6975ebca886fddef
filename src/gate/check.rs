//! The check of a run against a baseline: is a metric worse, is a fall excluded, or can neither be said?
//!
//! A metric is worse if it fell by more than the margin and by more than chance explains. Chance is the rows and the
//! seeds: on the same rows the variance of the paired difference, in which a group of rows counts once, and the variance of the mean over the seeds of each
//! side. The p-values of all checks of a run are corrected together (Holm 1979).

use super::baseline::{Baseline, Expected, Scope};
use super::finding::{Finding, MetricCheck, Outcome};
use super::grouped::{Class, by_groups};
use super::measurement::{Measured, Measurement, Metric, MetricOverSeeds, RecordedMetric, variance_of_mean};
use super::sample::{Pairing, Sample};
use crate::metrics::{Change, VariancePart, holm};
use crate::report::counted;

/// The largest p-value of a claim, after Holm's correction.
const SIGNIFICANT: f64 = 0.05;

/// The outcome of a run of the gate.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// One finding for each entry of the baseline or the run, in order of tables and detectors.
    pub findings: Vec<Finding>,
    /// The number of entries of the baseline that the run was not asked for.
    pub skipped: usize,
    /// The number of entries that were recorded without scores, by an older version.
    pub without_scores: usize,
}

impl Baseline {
    /// Compare a run with this baseline. Entries that the run was not asked for are skipped.
    pub fn check(&self, measured: &Measured, scope: &Scope) -> Check {
        let (asked, others): (Vec<_>, Vec<_>) =
            self.entries().partition(|(table, detector, _)| scope.has(table, detector));
        let mut findings = Vec::new();
        for &(table, detector, expected) in &asked {
            let run = measured.get(&(table.to_owned(), detector.to_owned()));
            findings.push(Finding::new(
                table,
                detector,
                match run {
                    Some(run) => Metric::ALL
                        .into_iter()
                        .filter_map(|metric| self.metric(expected, run, metric))
                        .collect(),
                    None => vec![MetricCheck::alone(Outcome::Gone, expected.auc, None)],
                },
            ));
        }
        let is_recorded =
            |table: &str, detector: &str| self.entries().any(|(t, d, _)| (t, d) == (table, detector));
        for ((table, detector), run) in measured.iter().filter(|((t, d), _)| !is_recorded(t, d)) {
            let check = MetricCheck::alone(Outcome::New, None, run.value(Metric::Auc));
            findings.push(Finding::new(table, detector, vec![check]));
        }
        decide(&mut findings);
        let without_scores = asked.iter().filter(|(_, _, expected)| expected.scores.is_empty()).count();
        Check { findings, skipped: others.len(), without_scores }
    }

    /// The change of a metric. `None` if it is undefined on both sides, or not recorded.
    fn metric(&self, expected: &Expected, run: &Measurement, metric: Metric) -> Option<MetricCheck> {
        let (recorded, value) = (expected.value(metric), run.value(metric));
        let margin = expected.margin(metric);
        let mut check = MetricCheck { metric, margin, ..MetricCheck::alone(Outcome::Ok, recorded, value) };
        let (old, new) = match (recorded, value) {
            (Some(old), Some(new)) => (old, new),
            (Some(_), None) => return Some(MetricCheck { outcome: Outcome::Worse, ..check }),
            (None, Some(_)) if metric == Metric::Auc => {
                return Some(MetricCheck { outcome: Outcome::Better, ..check });
            }
            // Format 1 has an AUC only.
            _ => return (metric == Metric::Auc).then_some(check),
        };
        let over_seeds = run.metrics.get(&metric)?;
        let sample = self.sample_of(expected);
        check.is_data_changed = sample.is_some_and(|sample| sample.data != run.rows.data);
        let pair = Pair { recorded: expected.scores.get(&metric), sample, run, over_seeds };
        let (rows, is_paired) = pair.by_rows();
        check.is_paired = is_paired;
        let seeds = pair.by_seeds();
        let with = |seeds: &[VariancePart]| Change::new(new - old, &[&rows, seeds].concat());
        check.change = Some(with(&seeds));
        check.p_not_inferior = Some(with(&pair.paired_seeds().unwrap_or(seeds)).p_not_inferior(margin));
        Some(check)
    }
}

/// A metric of a baseline and of a run.
struct Pair<'a> {
    /// `None` in format 1.
    recorded: Option<&'a RecordedMetric>,
    sample: Option<&'a Sample>,
    run: &'a Measurement,
    over_seeds: &'a MetricOverSeeds,
}

impl Pair<'_> {
    /// The variance by the rows or their groups, and whether it is that of paired rows.
    fn by_rows(&self) -> (Vec<VariancePart>, bool) {
        let run = &self.run.rows;
        let of_sample = |class: usize, count| {
            let rows = run.sample[class].as_slice();
            Class { values: self.over_seeds.at(rows), rows, count }
        };
        let [suspicious, normal] = run.scored();
        let own = || by_groups(run, &[of_sample(0, suspicious), of_sample(1, normal)]);
        let (Some(recorded), Some(sample)) = (self.recorded, self.sample) else {
            // The rows of the baseline are unknown: as many as those of this run.
            return ([own(), own()].concat(), false);
        };
        let (pairing, found) = sample.find(run);
        let packed = [&recorded.suspicious, &recorded.normal];
        let old = packed.map(|packed| packed.numbers().unwrap_or_default());
        let is_paired = pairing != Pairing::None;
        if is_paired && old.iter().zip(&found).all(|(old, rows)| old.len() == rows.len() || old.is_empty()) {
            let classes = [0, 1].map(|class| {
                let rows = found[class].get(..old[class].len()).unwrap_or_default();
                let new = self.over_seeds.at(rows);
                let changes = old[class].iter().zip(new).map(|(old, new)| packed[class].rounded(new) - old);
                Class { values: changes.collect(), rows, count: sample.scored[class] }
            });
            return (by_groups(run, &classes), true);
        }
        // The groups of the recorded rows are unknown: they widen the variance as much as those of this run.
        let total = |parts: &[VariancePart]| parts.iter().map(|part| part.variance).sum::<f64>();
        let own = own();
        let alone: Vec<VariancePart> = [of_sample(0, suspicious), of_sample(1, normal)]
            .iter()
            .filter_map(|class| variance_of_mean(&class.values, class.count))
            .collect();
        let effect = if total(&alone) > 0.0 { total(&own) / total(&alone) } else { 1.0 };
        let widened = |(old, &count): (&Vec<f64>, &usize)| {
            let part = variance_of_mean(old, count)?;
            Some(VariancePart { variance: effect * part.variance, ..part })
        };
        let recorded: Vec<VariancePart> = old.iter().zip(&sample.scored).filter_map(widened).collect();
        ([recorded, own].concat(), false)
    }

    /// The variance by the seeds of both sides. A side with one seed has the spread of the other.
    fn by_seeds(&self) -> Vec<VariancePart> {
        let new = self.over_seeds.seeds.as_slice();
        let old = self.recorded.map_or(&[0.0][..], |recorded| &recorded.seeds);
        let spread = |own, other: &[f64], count: usize| {
            variance_of_mean(own, count).or_else(|| variance_of_mean(other, count))
        };
        [spread(old, new, old.len()), spread(new, old, new.len())].into_iter().flatten().collect()
    }

    /// The variance of the differences seed by seed, if it is the smaller one: then the seeds give the same random
    /// numbers in both runs. `None` with other numbers of seeds.
    fn paired_seeds(&self) -> Option<Vec<VariancePart>> {
        let (old, new) = (&self.recorded?.seeds, &self.over_seeds.seeds);
        if old.len() != new.len() {
            return None;
        }
        let differences: Vec<f64> = old.iter().zip(new).map(|(old, new)| new - old).collect();
        let total = |parts: &[VariancePart]| parts.iter().map(|part| part.variance).sum::<f64>();
        let paired: Vec<VariancePart> = variance_of_mean(&differences, new.len()).into_iter().collect();
        (total(&paired) < total(&self.by_seeds())).then_some(paired)
    }
}

/// Correct the p-values and set the outcomes.
fn decide(findings: &mut [Finding]) {
    let p = |of: fn(&Change) -> f64| {
        let changes = findings.iter().flat_map(|finding| &finding.checks).filter_map(|check| check.change);
        holm(&changes.map(|change| of(&change)).collect::<Vec<_>>())
    };
    let mut corrected = p(Change::p_fall).into_iter().zip(p(Change::p_rise));
    for check in findings.iter_mut().flat_map(|finding| &mut finding.checks) {
        let Some(change) = check.change else { continue };
        let (p_fall, p_rise) = corrected.next().unwrap_or((1.0, 1.0));
        check.p_fall = Some(p_fall);
        check.outcome = match change.difference {
            fall if fall < -check.margin && p_fall < SIGNIFICANT => Outcome::Worse,
            _ if check.is_data_changed => Outcome::DataChanged,
            rise if rise > check.margin && p_rise < SIGNIFICANT => Outcome::Better,
            _ if check.p_not_inferior.is_some_and(|p| p < SIGNIFICANT) => Outcome::Ok,
            _ => Outcome::CannotTell,
        };
    }
}

impl Check {
    /// The number of entries that fail the gate.
    pub fn failed(&self) -> usize {
        self.findings.iter().filter(|finding| finding.fails()).count()
    }

    /// The counts, such as `9 entries, 1 failed, 2 cannot tell, 24 skipped`.
    pub fn summary(&self) -> String {
        let entries = counted(self.findings.len() as u64, "entry", "entries");
        let mut summary = format!("{entries}, {} failed", self.failed());
        let of = |outcome| self.findings.iter().filter(|finding| finding.outcome() == outcome).count();
        for (count, words) in [
            (of(Outcome::CannotTell), "cannot tell"),
            (of(Outcome::DataChanged), "data changed"),
            (self.skipped, "skipped"),
        ] {
            if count > 0 {
                summary += &format!(", {count} {words}");
            }
        }
        summary
    }
}
