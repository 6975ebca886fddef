//! Contenders fitted on one table and scored, each once: an ensemble shares its members with their own rows of the
//! table.

use super::Bench;
use crate::detector::{Contender, Ensemble, Fitted, Forecast, Limit, SMALLEST_SAMPLE, Settings, Task};
use crate::error::Result;
use crate::report::Seconds;
use ndarray::Array1;
use std::rc::Rc;
use std::time::Instant;

/// What was fitted on a bench so far.
pub struct Fits<'a> {
    bench: &'a Bench,
    settings: Settings,
    limit: Limit,
    done: Vec<(Contender, Rc<Fit>)>,
}

/// A contender fitted, and its answer to the rows that are scored.
pub struct Fit {
    pub fitted: Fitted,
    /// One per distinct scored row.
    pub scores: Array1<f64>,
    /// An ensemble's hold those of its members.
    pub seconds: Seconds,
    /// How many distinct rows were fitted on, where a limit left some out.
    pub sampled: Option<usize>,
}

impl<'a> Fits<'a> {
    pub fn new(bench: &'a Bench, settings: Settings, limit: Limit) -> Self {
        Fits { bench, settings, limit, done: Vec::new() }
    }

    /// What a contender will cost that was not fitted yet; an ensemble what its members will.
    pub fn forecast(&self, contender: &Contender) -> Forecast {
        self.forecast_within(contender, self.limit)
    }

    /// The same on the smallest sample that a limit of time leads to.
    pub fn least_forecast(&self, contender: &Contender) -> Forecast {
        self.forecast_within(contender, Limit { rows: Some(SMALLEST_SAMPLE), seconds: None })
    }

    fn forecast_within(&self, contender: &Contender, limit: Limit) -> Forecast {
        let forecast = |contender: &Contender| match self.known(contender) {
            Some(_) => Forecast { seconds: 0.0, bytes: 0.0 },
            None => {
                let task = self.task();
                let fitted = limit.rows(task, |task| contender.forecast(task)).unwrap_or(task.fitted);
                contender.forecast(Task { fitted, ..task })
            }
        };
        match contender.ensemble(&self.settings) {
            Ok(Some(ensemble)) => ensemble.members().iter().map(forecast).fold(
                Forecast { seconds: 0.0, bytes: 0.0 },
                |sum, member| Forecast {
                    seconds: sum.seconds + member.seconds,
                    bytes: sum.bytes.max(member.bytes),
                },
            ),
            _ => forecast(contender),
        }
    }

    fn task(&self) -> Task {
        let train = &self.bench.train.folded.rows;
        Task {
            fitted: train.len(),
            scored: self.bench.scored().folded.rows.len(),
            columns: train.points.ncols(),
        }
    }

    fn known(&self, contender: &Contender) -> Option<&Rc<Fit>> {
        let same = |known: &Contender| {
            known.entry.id == contender.entry.id && known.parameters == contender.parameters
        };
        self.done.iter().find(|(known, _)| same(known)).map(|(_, fit)| fit)
    }

    /// Fit and score a contender, unless it was before.
    ///
    /// # Errors
    /// Where a parameter is wrong, or the rows are too few for the parameters.
    pub fn of(&mut self, contender: &Contender) -> Result<Rc<Fit>> {
        if let Some(fit) = self.known(contender) {
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
        let (fitted, sampled) = match self.limit.rows(self.task(), |task| contender.forecast(task)) {
            Some(rows) => self.fitted_on_sample(contender, rows)?,
            None => {
                let train = &self.bench.train.folded.rows;
                (contender.fit(&self.settings, train, self.bench.seed)?, None)
            }
        };
        let fit = began.elapsed().as_secs_f64();
        let began = Instant::now();
        let scores = match &self.bench.scored {
            Some(test) => fitted.model.score(test.folded.rows.points.view()),
            None => fitted.train_scores.clone(),
        };
        let seconds = Seconds { fit, score: began.elapsed().as_secs_f64() };
        Ok(Fit { fitted, scores, seconds, sampled })
    }

    /// Fitted on a sample, the rest of the training rows scored as new ones.
    fn fitted_on_sample(&self, contender: &Contender, rows: usize) -> Result<(Fitted, Option<usize>)> {
        let train = &self.bench.train.folded.rows;
        let sample = train.sample(rows, self.bench.seed.derive("sub-sample"));
        let fitted = contender.fit(&self.settings, &sample, self.bench.seed)?;
        let train_scores = fitted.model.score(train.points.view());
        Ok((Fitted { train_scores, ..fitted }, Some(sample.len())))
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
        let sampled = members.iter().filter_map(|member| member.sampled).min();
        Ok(Fit { fitted: Fitted::new(model, train_scores), scores, seconds, sampled })
    }
}
