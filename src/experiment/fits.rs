//! Contenders fitted on one table and scored, each once: an ensemble shares its members with their own rows of the
//! table.

use super::Bench;
use crate::detector::{Contender, Ensemble, Fitted, Settings};
use crate::error::Result;
use crate::report::Seconds;
use ndarray::Array1;
use std::rc::Rc;
use std::time::Instant;

/// What was fitted on a bench so far.
pub struct Fits<'a> {
    bench: &'a Bench,
    settings: Settings,
    done: Vec<(Contender, Rc<Fit>)>,
}

/// A contender fitted, and its answer to the rows that are scored.
pub struct Fit {
    pub fitted: Fitted,
    /// One per distinct scored row.
    pub scores: Array1<f64>,
    /// An ensemble's hold those of its members.
    pub seconds: Seconds,
}

impl<'a> Fits<'a> {
    pub fn new(bench: &'a Bench, settings: Settings) -> Self {
        Fits { bench, settings, done: Vec::new() }
    }

    /// Fit and score a contender, unless it was before.
    ///
    /// # Errors
    /// Where a parameter is wrong, or the rows are too few for the parameters.
    pub fn of(&mut self, contender: &Contender) -> Result<Rc<Fit>> {
        let same = |known: &Contender| {
            known.entry.id == contender.entry.id && known.parameters == contender.parameters
        };
        if let Some((_, fit)) = self.done.iter().find(|(known, _)| same(known)) {
            return Ok(Rc::clone(fit));
        }
        let fit = match contender.ensemble(&self.settings)? {
            Some(ensemble) => self.joined(&ensemble)?,
            None => self.fitted(contender)?,
        };
        let fit = Rc::new(fit);
        self.done.push((contender.clone(), Rc::clone(&fit)));
        Ok(fit)
    }

    fn fitted(&self, contender: &Contender) -> Result<Fit> {
        self.settings.progress.set(0.0);
        let began = Instant::now();
        let fitted = contender.fit(&self.settings, &self.bench.train.folded.rows, self.bench.seed)?;
        let fit = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let scores = match &self.bench.scored {
            Some(test) => fitted.model.score(test.folded.rows.points.view()),
            None => fitted.train_scores.clone(),
        };
        Ok(Fit { fitted, scores, seconds: Seconds { fit, score: began.elapsed().as_secs_f64() } })
    }

    fn joined(&mut self, ensemble: &Ensemble) -> Result<Fit> {
        let members: Vec<Rc<Fit>> =
            ensemble.members().iter().map(|member| self.of(member)).collect::<Result<_>>()?;
        let began = Instant::now();
        let fitted: Vec<&Fitted> = members.iter().map(|member| &member.fitted).collect();
        let weights = &self.bench.train.folded.rows.weights;
        let (model, train_scores) = ensemble.join(&fitted, weights, self.bench.seed);
        let mut seconds = Seconds { fit: began.elapsed().as_secs_f64(), score: 0.0 };
        let began = Instant::now();
        let scores = match &self.bench.scored {
            Some(_) => model.combined(&members.iter().map(|member| member.scores.view()).collect::<Vec<_>>()),
            None => train_scores.clone(),
        };
        seconds.score = began.elapsed().as_secs_f64();
        for member in &members {
            seconds.fit += member.seconds.fit;
            seconds.score += member.seconds.score;
        }
        Ok(Fit { fitted: Fitted::new(model, train_scores), scores, seconds })
    }
}
