//! The charts, one file each, and their shared parts.

pub mod auc;
mod bars;
pub mod budget;
mod caption;
pub mod cost;
mod curve;
pub mod delay;
pub mod det;
pub mod discovery;
pub mod heatmap;
pub mod histogram;
pub mod hours;
pub mod importance;
mod line_label;
pub mod links;
pub mod loss;
pub mod novelty;
pub mod overview;
pub mod precision_recall;
pub mod projection;
pub mod ranks;
pub mod roc;
mod spread;
pub mod timeline;
