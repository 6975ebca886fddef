//! A boundary around the densest region.

pub(in crate::detector) mod one_class_svm;
