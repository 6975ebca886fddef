//! A detector in one line: typed parameters, plain matrices in, scores out.
//!
//! ```
//! use whis_lab::ndarray::{Array, Axis, concatenate, array};
//! use whis_lab::{Estimator, IsolationForest};
//!
//! let normal = Array::from_shape_fn((200, 2), |(row, column)| ((row * 7 + column * 3) % 11) as f64);
//! let x = concatenate(Axis(0), &[normal.view(), array![[90.0, -90.0]].view()])?;
//! let forest = IsolationForest { trees: 200, ..Default::default() }.fit(&x, 42)?;
//! let scores = forest.score(&x)?;
//! assert!(scores.iter().all(|score| *score <= scores[200]));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::detector::{self, Fitted, Settings};
use crate::error::{Error, Result};
use crate::metrics;
use crate::preprocess::Deduplicated;
use crate::seed::Seed;
use ndarray::{Array1, ArrayBase, ArrayView2, Data, Ix2};
use serde::Serialize;

#[cfg(feature = "network")]
pub use crate::detector::Autoencoder;
pub use crate::detector::{
    Copod, Ecod, ExtendedIsolationForest, Hbos, IsolationForest, Knn, Lof, Mcd, OneClassSvm, Pca,
};

/// The parameters of a detector, ready to be fitted to a matrix.
pub trait Estimator: Serialize {
    /// The detector's id in the registry: `isolation-forest`.
    const ID: &'static str;

    /// Fit the detector to a matrix of shape (rows, columns). Equal rows are found and weighted. The seed matters to
    /// detectors that draw random numbers.
    ///
    /// # Errors
    /// If there is no row, a value is not finite, or a parameter is out of its range.
    fn fit<S: Data<Elem = f64>>(&self, x: &ArrayBase<S, Ix2>, seed: u64) -> Result<FittedEstimator> {
        check(x.view(), None)?;
        let parameters =
            serde_json::to_value(self).map_err(|e| Error::Request(format!("{}: {e}", Self::ID)))?;
        let detector = (detector::find(Self::ID)?.build)(&Settings::default(), &parameters)?;
        let distinct = Deduplicated::new(x.view());
        let fitted = detector.fit(&distinct.rows, Seed::new(seed))?;
        Ok(FittedEstimator { distinct, fitted })
    }
}

/// A detector that is fitted to a matrix.
#[derive(Debug)]
pub struct FittedEstimator {
    distinct: Deduplicated,
    fitted: Fitted,
}

impl FittedEstimator {
    /// One score per row of a matrix of as many columns as the training matrix; higher is more anomalous.
    ///
    /// # Errors
    /// If the matrix has another number of columns, or a value is not finite.
    pub fn score<S: Data<Elem = f64>>(&self, x: &ArrayBase<S, Ix2>) -> Result<Array1<f64>> {
        check(x.view(), Some(self.fitted.model.columns()))?;
        Ok(self.fitted.model.score(x.view()))
    }

    /// The scores of the training rows. Detectors that look for neighbors leave the row itself out.
    pub fn training_scores(&self) -> Array1<f64> {
        self.distinct.expand(self.fitted.train_scores.view())
    }

    /// The score above which at most a share of the training rows lies, the share in (0, 0.5].
    ///
    /// # Errors
    /// If the share is out of its range.
    pub fn threshold(&self, contamination: f64) -> Result<f64> {
        if !(contamination > 0.0 && contamination <= 0.5) {
            let problem = format!("contamination must be above 0 and at most 0.5, but is {contamination}");
            return Err(Error::Request(problem));
        }
        let scores = self.fitted.train_scores.to_vec();
        metrics::threshold(&scores, &self.distinct.rows.weights, contamination)
            .ok_or_else(|| Error::Request("there is no score to set a threshold by".to_owned()))
    }
}

/// Check that a matrix has rows, finite values, and as many columns as expected.
fn check(x: ArrayView2<f64>, columns: Option<usize>) -> Result<()> {
    let problem = match columns {
        None if x.nrows() == 0 || x.ncols() == 0 => "the matrix has no rows or no columns".to_owned(),
        Some(columns) if x.ncols() != columns => {
            format!("the matrix has {} columns, and the detector was fitted to {columns}", x.ncols())
        }
        _ => match x.indexed_iter().find(|(_, value)| !value.is_finite()) {
            Some(((row, column), value)) => format!("x[[{row}, {column}]] is {value}, which is not finite"),
            None => return Ok(()),
        },
    };
    Err(Error::Request(problem))
}

macro_rules! estimators {
    ($($(#[$gate:meta])* $name:ident = $id:literal),* $(,)?) => {
        $($(#[$gate])* impl Estimator for $name {
            const ID: &'static str = $id;
        })*

        #[cfg(test)]
        const ALL: &[&str] = &[$($(#[$gate])* $id),*];
    };
}

estimators! {
    IsolationForest = "isolation-forest",
    ExtendedIsolationForest = "extended-isolation-forest",
    OneClassSvm = "one-class-svm",
    Lof = "lof",
    Knn = "knn",
    Pca = "pca",
    Hbos = "hbos",
    Ecod = "ecod",
    Copod = "copod",
    Mcd = "mcd",
    #[cfg(feature = "network")]
    Autoencoder = "autoencoder",
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::{Array2, array};

    fn matrix() -> Array2<f64> {
        Array2::from_shape_fn((60, 2), |(row, column)| ((row * 13 + column * 5) % 17) as f64)
    }

    #[test]
    fn every_detector_of_the_registry_has_parameters_of_its_own() {
        let missing = detector::ALL.iter().filter(|entry| !ALL.contains(&entry.id) && entry.id != "ensemble");
        assert_eq!(missing.map(|entry| entry.id).collect::<Vec<_>>(), Vec::<&str>::new());
    }

    #[test]
    fn defaults_are_those_of_the_registry() {
        fn holds<E: Estimator + Default>() {
            let defaults = (detector::find(E::ID).unwrap().defaults)();
            assert_eq!(serde_json::to_value(E::default()).unwrap(), defaults, "{}", E::ID);
        }
        holds::<IsolationForest>();
        holds::<ExtendedIsolationForest>();
        holds::<OneClassSvm>();
        holds::<Lof>();
        holds::<Knn>();
        holds::<Pca>();
        holds::<Hbos>();
        holds::<Ecod>();
        holds::<Copod>();
        holds::<Mcd>();
    }

    #[test]
    fn equal_rows_have_equal_training_scores_in_their_places() {
        let x = matrix();
        let scores = Hbos::default().fit(&x, 1).unwrap().training_scores();
        assert_eq!(scores.len(), 60);
        assert_eq!(scores[0], scores[17]);
    }

    #[test]
    fn a_matrix_that_cannot_be_fitted_or_scored_is_refused() {
        let fitted = Ecod::default().fit(&matrix(), 1).unwrap();
        let error = |x: &Array2<f64>| fitted.score(x).unwrap_err().to_string();
        assert_eq!(error(&array![[1.0]]), "the matrix has 1 columns, and the detector was fitted to 2");
        assert_eq!(error(&array![[1.0, f64::NAN]]), "x[[0, 1]] is NaN, which is not finite");
        assert!(Ecod::default().fit(&Array2::zeros((0, 2)), 1).is_err());
        assert!(IsolationForest { trees: 0, ..Default::default() }.fit(&matrix(), 1).is_err());
        assert!(fitted.threshold(0.9).is_err() && fitted.threshold(0.1).is_ok());
    }
}
