//! Scores of rows with values that training never had.
//!
//! No encoding can place such a value: in one-hot columns it is 0 everywhere, like most levels. So the score answers it,
//! for every detector and encoding alike. A row with such values scores
//!
//! 1. at least as high as with any value that training had in their place, and
//! 2. as far out as the row is by itself *and* a new value is by chance: its tail probability among the training scores is
//!    multiplied by the probability of a new value, for each of them.
//!
//! That probability is Good & Turing's (Good, Biometrika 1953): the share of training rows whose level occurs once, and
//! at least half a row. New users are common where many users occur once, and remarkable where none does.

use crate::detector::FittedDetector;
use crate::metrics::Severity;
use crate::preprocess::novelty::{NovelValue, NovelValues};
use crate::preprocess::preprocessor::Preprocessor;
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use rayon::prelude::*;

impl Preprocessor {
    /// The scores of preprocessed rows by a detector whose training scores have this distribution. Rows with novel values
    /// score higher than the detector alone would have it.
    pub fn score(
        &self,
        model: &dyn FittedDetector,
        training: &Severity,
        points: ArrayView2<f64>,
        novel: &NovelValues,
    ) -> Array1<f64> {
        let mut scores = model.score(points);
        self.lift(model, training, points, novel, &mut scores);
        scores
    }

    /// Raise the scores of the rows with novel values.
    pub fn lift(
        &self,
        model: &dyn FittedDetector,
        training: &Severity,
        points: ArrayView2<f64>,
        novel: &NovelValues,
        scores: &mut Array1<f64>,
    ) {
        let rows: Vec<usize> = (0..points.nrows()).filter(|&row| !novel.of(row).is_empty()).collect();
        let lifted: Vec<f64> = rows
            .par_iter()
            .map(|&row| self.lifted(model, training, points.row(row), novel.of(row), scores[row]))
            .collect();
        for (row, score) in rows.into_iter().zip(lifted) {
            scores[row] = score;
        }
    }

    fn lifted(
        &self,
        model: &dyn FittedDetector,
        training: &Severity,
        point: ArrayView1<f64>,
        values: &[NovelValue],
        score: f64,
    ) -> f64 {
        let mut point = point.to_owned();
        let (mut highest, mut tail) = (score, 1.0);
        for &value in values {
            tail *= self.encoder().chance(value);
            let alternatives = self.alternatives(value.feature(), point.view());
            let scores = model.score(alternatives.view());
            for (score, alternative) in scores.iter().zip(alternatives.rows()) {
                if *score > highest {
                    highest = *score;
                    point.assign(&alternative);
                }
            }
        }
        highest.max(training.score_at_tail(training.tail(highest) * tail))
    }

    /// The row with each value in place of a feature's that training had: every level, or the deciles of a number.
    fn alternatives(&self, feature: usize, point: ArrayView1<f64>) -> Array2<f64> {
        let (columns, blocks) = self.blocks(feature);
        let mut rows = Array2::zeros((blocks.nrows(), point.len()));
        for (mut row, block) in rows.rows_mut().into_iter().zip(blocks.axis_iter(Axis(0))) {
            row.assign(&point);
            row.slice_mut(ndarray::s![columns.clone()]).assign(&block);
        }
        rows
    }
}

#[cfg(test)]
mod tests {
    use crate::detector::{self, DetectorSpec, Settings};
    use crate::metrics::Severity;
    use crate::preprocess::Preprocessor;
    use crate::schema::Encoding;
    use crate::seed::Seed;
    use crate::table::{Column, Table, Values};

    /// Rows with a country, of which one is rare, a client and two numbers.
    fn table(countries: &[Option<&str>], numbers: &[f64]) -> Table {
        let rows = countries.len();
        let clients = (0..rows).map(|row| Some(["app", "web", "old"][row * row % 7 % 3]));
        let column = |name: &str, values: Values| Column { name: name.into(), values };
        Table {
            name: "t".into(),
            features: vec![
                column("country", Values::Text(countries.iter().copied().collect())),
                column("client", Values::Text(clients.collect())),
                column("bytes", Values::Real(numbers.to_vec())),
                column("hour", Values::Real((0..rows).map(|row| ((row * 31) % 24) as f64).collect())),
            ],
            labels: None,
            times: None,
            ..Table::default()
        }
    }

    const LEVELS: [&str; 4] = ["DE", "US", "FR", "LI"];

    fn train() -> Table {
        let country = |row: usize| match row {
            77 => LEVELS[3],
            row if row % 9 == 0 => LEVELS[2],
            row => LEVELS[row % 2],
        };
        let countries: Vec<Option<&str>> = (0..200).map(|row| Some(country(row))).collect();
        let numbers: Vec<f64> = (0..200).map(|row| ((row * 7919) % 101) as f64).collect();
        table(&countries, &numbers)
    }

    /// The scores of a table by a detector that was fitted to [`train`].
    fn scorer(spec: &DetectorSpec, encoding: Encoding) -> impl Fn(&Table) -> Vec<f64> + use<> {
        let (preprocessor, prepared) = Preprocessor::fit(&train(), encoding).unwrap();
        let rows = prepared.deduplicated.rows;
        let fitted = spec.fit(&Settings::new(64 << 20), &rows, Seed::new(7)).unwrap();
        let training = Severity::of(&fitted.train_scores.to_vec(), &rows.weights);
        move |table: &Table| {
            let prepared = preprocessor.apply(table).unwrap();
            let points = prepared.deduplicated.rows.points.view();
            let scores = preprocessor.score(&*fitted.model, &training, points, &prepared.novel);
            prepared.deduplicated.expand(scores.view()).to_vec()
        }
    }

    fn with_country(level: Option<&str>) -> Table {
        let mut table = train();
        table.features[0].values = Values::Text((0..200).map(|_| level).collect());
        table
    }

    fn each(mut check: impl FnMut(&str, Box<dyn Fn(&Table) -> Vec<f64>>)) {
        for spec in detector::all_detectors() {
            for encoding in [Encoding::Ordinal, Encoding::OneHot, Encoding::Frequency] {
                check(&format!("{}, {}", spec.name, encoding.id()), Box::new(scorer(&spec, encoding)));
            }
        }
    }

    #[test]
    fn a_level_that_training_never_had_scores_at_least_as_high_as_any_it_had() {
        each(|name, scores| {
            let unseen = scores(&with_country(Some("KP")));
            for level in LEVELS {
                for (row, (known, unseen)) in
                    scores(&with_country(Some(level))).iter().zip(&unseen).enumerate()
                {
                    assert!(unseen >= known, "{name}, row {row}: {level} scores {known}, a new one {unseen}");
                }
            }
        });
    }

    #[test]
    fn a_gap_that_training_never_had_scores_at_least_as_high_as_any_level_or_decile() {
        each(|name, scores| {
            let gap = scores(&with_country(None));
            for level in LEVELS {
                let known = scores(&with_country(Some(level)));
                assert!(gap.iter().zip(&known).all(|(gap, known)| gap >= known), "{name}: {level}");
            }
            let with_bytes = |value: f64| {
                let mut table = train();
                table.features[2].values = Values::Real(vec![value; 200]);
                scores(&table)
            };
            let gap = with_bytes(f64::NAN);
            for value in [0.0, 50.0, 100.0] {
                assert!(
                    gap.iter().zip(with_bytes(value)).all(|(gap, known)| *gap >= known),
                    "{name}: {value}"
                );
            }
        });
    }

    #[test]
    fn new_values_never_look_normal() {
        each(|name, scores| {
            let mut training = scores(&train());
            training.sort_by(f64::total_cmp);
            let unseen = scores(&with_country(Some("KP")));
            let above = unseen.iter().filter(|score| **score >= training[180]).count();
            assert_eq!(above, 200, "{name}: a row with a new level is among the highest tenth");
        });
    }

    #[test]
    fn two_new_values_score_higher_than_one() {
        each(|name, scores| {
            let one = with_country(Some("KP"));
            let mut two = one.clone();
            two.features[1].values = Values::Text((0..200).map(|_| Some("curl")).collect());
            assert!(scores(&two).iter().zip(scores(&one)).all(|(two, one)| *two > one), "{name}");
        });
    }

    #[test]
    fn a_gap_is_no_news_where_training_had_gaps() {
        let mut train = train();
        let Values::Real(bytes) = &mut train.features[2].values else { panic!("bytes are numbers") };
        bytes[5] = f64::NAN;
        let (preprocessor, _) = Preprocessor::fit(&train, Encoding::OneHot).unwrap();
        assert!(preprocessor.apply(&train).unwrap().novel.is_empty());
    }
}
