//! Multi-state models.

mod cox;
mod error;
mod graph;
mod histories;
mod increment;
mod influence;
mod occupation;
mod probabilities;
mod table;

pub use cox::TransitionFits;
pub use error::StateError;
pub use graph::StateGraph;
pub use histories::{Episode, Histories};
pub use occupation::{StateOccupation, TimesInStates};
pub use probabilities::{TransitionMatrix, TransitionProbabilities};
pub use table::TransitionTable;
