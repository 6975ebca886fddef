//! Two-dimensional projections of rows, for charts. No detector and no metric uses a projection.

mod pca;
mod tsne;

pub use pca::Pca;
pub use tsne::{LEAST_ROWS, MOST_ROWS, tsne};
