//! Why a row scores as it does: the distance of its score from that of the typical row, divided among the features.
//!
//! The value of a coalition of features is the score of the row in which they are as they are and all others
//! typical; a feature's contribution is its Shapley value in that game (Lundberg & Lee, "A Unified Approach to
//! Interpreting Model Predictions", NIPS 2017, with one reference row). Contributions sum to the distance.
//!
//! That is exact where a table has at most ten features, for every coalition is valued then. An isolation forest divides
//! path lengths in wider tables, for which its trees give exact Shapley values at any width; a table is explained in
//! one of the two ways, so that its rows can be compared. Other detectors are sampled where more than ten features
//! differ.

mod shapley;

use super::feature::Cell;
use super::table_model::{Assessment, TableModel};
use crate::detector::Attribution;
use crate::error::{Error, Result};
use crate::seed::Seed;
use crate::table::Column;
use ndarray::{Array2, ArrayView1};
use serde::Serialize;
use std::ops::Range;

use shapley::Divided;
pub use shapley::Method;

/// Why one row scores as it does.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Explanation {
    pub table: String,
    pub detector: String,
    pub row: Assessment,
    pub threshold: f64,
    /// The row in which every feature is typical.
    pub typical: Assessment,
    /// Every feature, those that moved the score furthest from the typical first.
    pub contributions: Vec<Contribution>,
    pub method: Method,
    pub without: Without,
}

/// What one feature did to the score.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Contribution {
    pub feature: String,
    pub value: Cell,
    pub typical: Cell,
    /// Signed; all of them sum to the row's score minus the typical one.
    pub contribution: f64,
    /// The standard error of the contribution, where it is sampled.
    pub standard_error: Option<f64>,
}

/// How faithful the explanation is: the row again, with the features that explain it most made typical.
#[derive(Clone, Debug, Serialize, PartialEq)]
pub struct Without {
    pub features: Vec<String>,
    pub row: Assessment,
}

impl TableModel {
    /// Explain the score of one row of columns that hold the features in their order; `top` features are made
    /// typical to see how far the score falls. The answer depends on the row alone.
    ///
    /// # Errors
    /// Where the columns cannot be scored, or have no such row.
    pub fn explain(&self, columns: &[Column], row: usize, top: usize) -> Result<Explanation> {
        if columns.first().is_none_or(|column| row >= column.values.len()) {
            return Err(Error::table(self.name(), format!("there is no row {row} to explain")));
        }
        let own: Vec<Column> = columns.iter().map(|column| column.take(&[row])).collect();
        let own = self.checked(&own)?;
        let typical: Vec<Cell> = self.features().iter().map(|feature| feature.typical.clone()).collect();
        let [point, reference] = [&own[..], &self.columns(&[typical])]
            .map(|columns| self.preparation.rows(columns).row(0).to_owned());
        let game = Game::new(self, point.view(), reference.view());
        let divided = match self.attributed(&game) {
            Some(divided) => divided,
            None => shapley::divide(game.players.len(), self.seed(), |coalitions| game.values(coalitions))?,
        };
        self.explained(&own, &game, divided, top)
    }

    /// From the structure of the detector, where the table is too wide for every coalition and the detector has one.
    fn attributed(&self, game: &Game) -> Option<Divided> {
        if self.features().len() <= shapley::EXACT_UP_TO {
            return None;
        }
        let spans: Vec<Range<usize>> =
            self.preparation.spans().into_iter().map(|(_, columns)| columns).collect();
        let Attribution { contributions, trees } =
            self.detector.attribution(game.point, game.reference, &spans)?;
        Some(Divided {
            shares: game.players.iter().map(|&(feature, _)| contributions[feature]).collect(),
            standard_errors: None,
            method: Method::PathLengths { trees },
        })
    }

    fn explained(&self, own: &[Column], game: &Game, divided: Divided, top: usize) -> Result<Explanation> {
        let ends = game.assess(&[vec![true; game.players.len()], vec![false; game.players.len()]])?;
        let mut contributions = self.contributions(own, game, &divided);
        let direction = (ends[0].score - ends[1].score).signum();
        let pushed = |c: &Contribution| direction * c.contribution;
        // Stable, so that features that did nothing stay in the order of the table.
        contributions.sort_by(|a, b| pushed(b).total_cmp(&pushed(a)));
        let named: Vec<String> =
            contributions.iter().take(top).filter(|c| pushed(c) > 0.0).map(|c| c.feature.clone()).collect();
        let kept = game.players.iter().map(|&(feature, _)| !named.contains(&self.features()[feature].name));
        let without = game.assess(&[kept.collect()])?[0];
        Ok(Explanation {
            table: self.name().to_owned(),
            detector: self.card.detector.clone(),
            row: ends[0],
            threshold: self.card.threshold,
            typical: ends[1],
            contributions,
            method: divided.method,
            without: Without { features: named, row: without },
        })
    }

    fn contributions(&self, own: &[Column], game: &Game, divided: &Divided) -> Vec<Contribution> {
        let features = self.features().iter().zip(own).enumerate();
        features
            .map(|(at, (feature, column))| {
                let player = game.players.iter().position(|(own, _)| *own == at);
                let of = |values: &[f64]| player.map_or(0.0, |player| values[player]);
                Contribution {
                    feature: feature.name.clone(),
                    value: feature.cell_of(&column.values, 0),
                    typical: feature.typical.clone(),
                    contribution: of(&divided.shares),
                    standard_error: divided.standard_errors.as_deref().map(of),
                }
            })
            .collect()
    }

    /// The same for every row, so that one row has one explanation.
    fn seed(&self) -> Seed {
        Seed::new(self.card.seed).derive(self.name()).derive("explain")
    }
}

/// The game whose players are the features that differ from the typical ones.
struct Game<'a> {
    model: &'a TableModel,
    point: ArrayView1<'a, f64>,
    reference: ArrayView1<'a, f64>,
    /// Feature and the columns that hold it.
    players: Vec<(usize, Range<usize>)>,
}

impl<'a> Game<'a> {
    fn new(model: &'a TableModel, point: ArrayView1<'a, f64>, reference: ArrayView1<'a, f64>) -> Self {
        let spans = model.preparation.spans().into_iter().map(|(_, columns)| columns).enumerate();
        let differs =
            |columns: &Range<usize>| columns.clone().any(|column| point[column] != reference[column]);
        let players = spans.filter(|(_, columns)| differs(columns)).collect();
        Game { model, point, reference, players }
    }

    /// The score of each coalition.
    fn values(&self, coalitions: &[Vec<bool>]) -> Result<Vec<f64>> {
        Ok(self.assess(coalitions)?.iter().map(|found| found.score).collect())
    }

    /// A coalition holds for each player whether it is as in the row.
    fn assess(&self, coalitions: &[Vec<bool>]) -> Result<Vec<Assessment>> {
        let mut points = Array2::zeros((coalitions.len(), self.point.len()));
        for (mut row, coalition) in points.rows_mut().into_iter().zip(coalitions) {
            row.assign(&self.reference);
            for ((_, columns), _) in self.players.iter().zip(coalition).filter(|(_, plays)| **plays) {
                columns.clone().for_each(|column| row[column] = self.point[column]);
            }
        }
        self.model.assess(points.view())
    }
}
