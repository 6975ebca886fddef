//! Rows in the plane, for people to look at. No detector sees a projection, and no metric is computed on one.

mod pca;
mod tsne;

pub use pca::Pca;
pub use tsne::{LEAST_ROWS, MOST_ROWS, tsne};
