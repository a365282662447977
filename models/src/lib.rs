//! Survival and competing-risks estimators on event tables.
//!
//! An [`EventTable`] counts, for one stratum and each time, who left for which cause, who was censored
//! and who entered late. It is additive: the table of a union is the sum of the tables. Every
//! estimator is a specification with chained setters whose `fit` reads such a table, in time
//! proportional to its rows, and returns [`Curve`]s:
//!
//! - [`KaplanMeier`]: the survival function,
//! - [`NelsonAalen`]: the cumulative hazard,
//! - [`FlemingHarrington`]: the survival function by way of it,
//! - [`AalenJohansen`]: the cumulative incidence of each of several causes.
//!
//! [`Cox`] regresses hazards on the covariates of a [`Design`], from [`Spells`] one a row, which it counts first; [`FineGray`]
//! regresses the cumulative incidence of a cause.
//!
//! With more than one state to be in, a [`TransitionTable`] counts who moves from which state to which ([`Histories`] are its rows):
//! [`StateOccupation`] gives the probabilities of the states and the times in them, [`TransitionProbabilities`] the whole
//! matrix, and [`Cox::fit_transitions`] a regression for each transition.
//!
//! [`TreatmentEffect`] compares two arms, randomised or not, along [`OutcomePaths`].
//!
//! [`RestrictedMean`] gives mean times instead, [`Curve::quantile`] medians and other quantiles; a [`Contrast`] sets groups
//! against each other.
//!
//! ```
//! use afgang_models::{AalenJohansen, EventTable};
//!
//! // Two spells end in cause 0 and 1, one is censored, at months 1, 2 and 3.
//! let table = EventTable::from_times(2, &[(1.0, Some(0)), (2.0, Some(1)), (3.0, None)])?;
//! let curves = AalenJohansen::new().fit(&table)?;
//! assert!((curves[0].at(3.0) - 1.0 / 3.0).abs() < 1e-15);
//! assert!((curves[1].at(3.0) - 1.0 / 3.0).abs() < 1e-15);
//! # Ok::<(), afgang_models::Error>(())
//! ```

mod aalen_johansen;
mod band;
mod cells;
mod clustered;
mod contrast;
mod cox;
mod curve;
mod descriptive;
mod design;
mod discrete;
mod draws;
mod effect;
mod error;
mod event_table;
mod fine_gray;
mod fleming_harrington;
mod gray;
mod group_covariance;
mod groups;
mod hazard_ties;
mod influence;
mod interval;
mod joint;
mod kaplan_meier;
mod log_rank;
mod logistic;
mod multi_state;
mod multiplicity;
mod nelson_aalen;
mod pairwise;
mod panel;
mod persons;
mod proportion;
mod quantile;
mod restricted_mean;
mod robust;
mod robust_score;
mod score_test;
mod spells;
mod summation;
mod units;
mod values;
mod variance;

pub use aalen_johansen::AalenJohansen;
pub use band::{Band, BandError, ConfidenceBand};
pub use clustered::{Exit, ExitPair};
pub use contrast::{
    Contrast, Contrasted, Contrasts, Estimate, JointEstimates, WaldTest, equal_estimates,
};
pub use cox::{
    ChiSquare, Coefficient, Collinear, Concordance, Convergence, Counts, Cox, CoxFit, CoxFits,
    OnCollinear, PartialLikelihood, Profile, ProportionalHazards, Schoenfeld, Stopped, Ties,
    TiesError, TimeScale,
};
pub use curve::{Curve, Point};
pub use descriptive::{Correlations, SampleError, SampleQuantile, correlations};
pub use design::{Design, DesignBuilder, Factor, Term, TermKind, b_splines, quantile_knots};
pub use discrete::{
    Clock, DiscreteCounts, DiscreteError, DiscreteFit, DiscreteHazard, ExitModel, Information,
    Link, Shape,
};
pub use effect::{
    Assignment, Balance, BalanceRow, ByArm, EffectBand, EffectError, EffectMethod, EffectPath,
    NoEstimate, OutcomeModel, OutcomePaths, Target, TreatmentEffect,
};
pub use error::{Error, Result};
pub use event_table::EventTable;
pub use fine_gray::{
    CensoringTies, Convention, FineGray, FineGrayCounts, FineGrayFit, FineGrayVariance,
};
pub use fleming_harrington::FlemingHarrington;
pub use gray::{Gray, GroupedPair};
pub use groups::{Closed, GroupMeans, Histogram, group_means, histogram, quantile_groups};
pub use hazard_ties::HazardTies;
pub use interval::Interval;
pub use kaplan_meier::KaplanMeier;
pub use log_rank::{LogRank, TestWeights};
pub use logistic::{Logistic, LogisticCounts, LogisticFit, Outcomes};
pub use multi_state::{
    Episode, Histories, StateError, StateGraph, StateOccupation, TimesInStates, TransitionFits,
    TransitionMatrix, TransitionProbabilities, TransitionTable,
};
pub use multiplicity::{benjamini_hochberg, holm};
pub use nelson_aalen::NelsonAalen;
pub use pairwise::{PairwiseTests, TestedPair};
pub use panel::{
    Cluster, CrossSectionDependence, ErrorComponent, FTest, FirstStage, FixedEffect, FixedEffects,
    Hausman, HcType, InstrumentalFit, Instruments, LagrangeMultiplier, MultiplierForm,
    MultiplierTest, Overidentification, Panel, PanelCoefficient, PanelConvention, PanelCounts,
    PanelCovariance, PanelError, PanelEstimator, PanelFit, PanelMoments, PanelOls, PanelVariance,
    PoissonFit, RSquared, RandomEffects, RandomEffectsFit, RecoveredEffects, SerialCorrelation,
    SerialCorrelationTest, Signs, VarianceComponents, WildBootstrap, WildTest, breusch_pagan,
    cross_section_dependence, hausman, variance_inflation,
};
pub use persons::Persons;
pub use proportion::{Proportion, proportion, weighted_proportion};
pub use quantile::{Quantile, QuantileRule};
pub use restricted_mean::{GroupedMeans, RestrictedMean, RestrictedMeans};
pub use score_test::{GroupTest, TestedGroup, Trend};
pub use spells::{Spells, Weights};
pub use values::{GroupedValues, ValuesAt};
pub use variance::Variance;
