//! A model as it was before it learned from verdicts.

use super::table_model::TableModel;
use crate::detector::Taught;

impl TableModel {
    /// The taught detector; `None` if this model learned from no verdict.
    pub fn taught(&self) -> Option<&Taught> {
        self.detector.as_any()?.downcast_ref()
    }

    /// This model as it was before it learned from verdicts.
    pub fn untaught(&self) -> TableModel {
        let (Some(base), Some(taught)) = (self.base.as_deref(), self.taught()) else { return self.clone() };
        let untaught = taught.untaught();
        TableModel {
            card: base.card.clone(),
            preprocessor: self.preprocessor.clone(),
            severity: base.severity.clone(),
            goldens: base.goldens.clone(),
            base: None,
            profile: self.profile.clone(),
            entry: untaught.entry.id.to_owned(),
            detector: untaught.model.clone(),
        }
    }

    /// Whether the parts about verdicts are there together or not at all, and fit each other.
    pub(super) fn has_sound_verdicts(&self) -> bool {
        match (&self.base, &self.card.taught, self.taught()) {
            (None, None, None) => true,
            (Some(base), Some(taught), Some(_)) => {
                base.card.taught.is_none()
                    && base.card.features == self.card.features
                    && base.severity.is_valid()
                    && base.goldens.iter().all(|golden| golden.fits(&self.card.features))
                    && taught.is_valid(self.card.features.len())
            }
            _ => false,
        }
    }
}
