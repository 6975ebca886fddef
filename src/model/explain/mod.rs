//! Explanations of scores: the difference between the score of a row and that of the typical row, divided
//! among the features.
//!
//! The value of a coalition of features is the score of a row with the own values of these features and
//! typical values of all others. The contribution of a feature is its Shapley value in that game (Lundberg &
//! Lee, "A Unified Approach to Interpreting Model Predictions", NIPS 2017, with one reference row).
//! Contributions sum to the difference.
//!
//! With at most ten features, every coalition is scored and the values are exact. With more features,
//! isolation forests use exact tree Shapley values of the path length. One table is always explained in one
//! way, so that its rows can be compared. Other detectors are sampled if more than ten features differ from
//! the typical row.

mod shapley;
mod verdicts;

use super::feature::Cell;
use super::table_model::{Assessment, TableModel};
use crate::detector::Attribution;
use crate::error::{Error, Result};
use crate::preprocess::{NovelValue, NovelValues};
use crate::seed::Seed;
use crate::table::Column;
use ndarray::{Array2, ArrayView1};
use serde::Serialize;
use std::collections::BTreeMap;
use std::ops::Range;

pub use shapley::Method;
use shapley::Shares;
pub use verdicts::FromVerdicts;

/// The explanation of one score.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Explanation {
    /// The table's name.
    pub table: String,
    /// The detector's id, or an ensemble in its notation.
    pub detector: String,
    /// The assessment of the explained row.
    pub row: Assessment,
    /// Rows with a score above this are flagged.
    pub threshold: f64,
    /// The row in which every feature is typical.
    pub typical: Assessment,
    /// All features, those that moved the score furthest from the typical score first.
    pub contributions: Vec<Contribution>,
    /// How the contributions are computed.
    pub method: Method,
    /// The effect of typical values in the top features.
    pub without: Without,
    /// How much of the score comes from verdicts; `None` if it was not asked for, or the model learned from none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdicts: Option<FromVerdicts>,
}

/// The contribution of one feature to the score.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Contribution {
    /// The feature's name.
    pub feature: String,
    /// The value in the explained row.
    pub value: Cell,
    /// The median of the training rows, or their most frequent flag or level.
    pub typical: Cell,
    /// Signed. All contributions sum to the score of the row minus the typical score.
    pub contribution: f64,
    /// The standard error of a sampled contribution; `None` if it is exact.
    pub standard_error: Option<f64>,
}

/// The fidelity of the explanation: the row with typical values in the top features.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Without {
    /// The top features that move the score away from the typical one, largest contribution first.
    pub features: Vec<String>,
    /// The assessment of the row with typical values in these features.
    pub row: Assessment,
}

impl TableModel {
    /// Explain the score of one row, given one column per feature in order. The `top` features are also set
    /// to their typical values, to see how far the score falls. The result depends on this row only.
    ///
    /// # Errors
    /// If the columns cannot be scored, or have no such row.
    pub fn explain(&self, columns: &[Column], row: usize, top: usize) -> Result<Explanation> {
        if columns.first().is_none_or(|column| row >= column.values.len()) {
            return Err(Error::table(self.name(), format!("there is no row {row} to explain")));
        }
        let own: Vec<Column> = columns.iter().map(|column| column.take(&[row])).collect();
        let own = self.checked(&own)?;
        let typical: Vec<Cell> = self.features().iter().map(|feature| feature.typical.clone()).collect();
        let [(point, novel), (reference, _)] =
            [&own[..], &self.columns(&[typical])].map(|columns| self.preprocessor.rows(columns));
        let game = Game::new(self, point.row(0), novel.of(0), reference.row(0));
        let shares = match self.path_length_shares(&game) {
            Some(shares) => shares,
            None => shapley::divide(game.players.len(), self.seed(), |coalitions| game.values(coalitions))?,
        };
        self.explanation(&own, &game, shares, top)
    }

    /// Shares from the trees of the detector. `None` if the table has few features, or the detector has no
    /// trees.
    fn path_length_shares(&self, game: &Game) -> Option<Shares> {
        if self.features().len() <= shapley::EXACT_UP_TO || !game.novel.is_empty() {
            return None;
        }
        let spans: Vec<Range<usize>> =
            self.preprocessor.spans().into_iter().map(|(_, columns)| columns).collect();
        let Attribution { contributions, trees } =
            self.detector.attribution(game.point, game.reference, &spans)?;
        Some(Shares {
            values: game.players.iter().map(|&(feature, _)| contributions[feature]).collect(),
            standard_errors: None,
            method: Method::PathLengths { trees },
        })
    }

    fn explanation(&self, own: &[Column], game: &Game, shares: Shares, top: usize) -> Result<Explanation> {
        let ends = game.assess(&[vec![true; game.players.len()], vec![false; game.players.len()]])?;
        let mut contributions = self.contributions(own, game, &shares);
        let direction = (ends[0].score - ends[1].score).signum();
        let push = |c: &Contribution| direction * c.contribution;
        // The sort is stable: features without a contribution keep the order of the table.
        contributions.sort_by(|a, b| push(b).total_cmp(&push(a)));
        let top: Vec<String> =
            contributions.iter().take(top).filter(|c| push(c) > 0.0).map(|c| c.feature.clone()).collect();
        let others = game.players.iter().map(|&(feature, _)| !top.contains(&self.features()[feature].name));
        let without = game.assess(&[others.collect()])?[0];
        Ok(Explanation {
            table: self.name().to_owned(),
            detector: self.card.detector.clone(),
            row: ends[0],
            threshold: self.card.threshold,
            typical: ends[1],
            contributions,
            method: shares.method,
            without: Without { features: top, row: without },
            verdicts: None,
        })
    }

    fn contributions(&self, own: &[Column], game: &Game, shares: &Shares) -> Vec<Contribution> {
        let features = self.features().iter().zip(own).enumerate();
        features
            .map(|(at, (feature, column))| {
                let player = game.players.iter().position(|(own, _)| *own == at);
                let of = |values: &[f64]| player.map_or(0.0, |player| values[player]);
                Contribution {
                    feature: feature.name.clone(),
                    value: feature.cell_of(&column.values, 0),
                    typical: feature.typical.clone(),
                    contribution: of(&shares.values),
                    standard_error: shares.standard_errors.as_deref().map(of),
                }
            })
            .collect()
    }

    /// The seed is the same for every row, so that equal rows have equal explanations.
    fn seed(&self) -> Seed {
        Seed::new(self.card.seed).derive("explain")
    }
}

/// The game: its players are the features that differ from their typical values.
struct Game<'a> {
    model: &'a TableModel,
    point: ArrayView1<'a, f64>,
    /// The values of the row that training never had.
    novel: &'a [NovelValue],
    reference: ArrayView1<'a, f64>,
    /// The index of each feature, and its matrix columns.
    players: Vec<(usize, Range<usize>)>,
}

impl<'a> Game<'a> {
    fn new(
        model: &'a TableModel,
        point: ArrayView1<'a, f64>,
        novel: &'a [NovelValue],
        reference: ArrayView1<'a, f64>,
    ) -> Self {
        let spans = model.preprocessor.spans().into_iter().map(|(_, columns)| columns).enumerate();
        let differs = |(feature, columns): &(usize, Range<usize>)| {
            columns.clone().any(|column| point[column] != reference[column])
                || novel.iter().any(|value| value.feature() == *feature)
        };
        let players = spans.filter(differs).collect();
        Game { model, point, novel, reference, players }
    }

    /// The score of each coalition.
    fn values(&self, coalitions: &[Vec<bool>]) -> Result<Vec<f64>> {
        Ok(self.assess(coalitions)?.iter().map(|row| row.score).collect())
    }

    /// Assess coalitions. A coalition says for each player whether it has its own value.
    fn assess(&self, coalitions: &[Vec<bool>]) -> Result<Vec<Assessment>> {
        let mut points = Array2::zeros((coalitions.len(), self.point.len()));
        let mut novel = BTreeMap::new();
        for (at, (mut row, coalition)) in points.rows_mut().into_iter().zip(coalitions).enumerate() {
            row.assign(&self.reference);
            let values = self.novel_in(coalition);
            if !values.is_empty() {
                novel.insert(at, values);
            }
            for ((_, columns), _) in self.players.iter().zip(coalition).filter(|(_, plays)| **plays) {
                columns.clone().for_each(|column| row[column] = self.point[column]);
            }
        }
        self.model.assess(points.view(), &NovelValues::new(coalitions.len(), novel))
    }

    /// The novel values of the players that have their own value.
    fn novel_in(&self, coalition: &[bool]) -> Vec<NovelValue> {
        let plays = |feature: usize| {
            self.players.iter().zip(coalition).any(|((own, _), plays)| *own == feature && *plays)
        };
        self.novel.iter().copied().filter(|value| plays(value.feature())).collect()
    }
}
