//! What can be asked of `afgang curve`.

use afgang_models::{HazardTies, Interval, QuantileRule, Variance};

use super::plot::Plot;
use crate::rows::{Columns, Rows};

/// What is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Estimator {
    /// The survival function, by Kaplan–Meier.
    KaplanMeier,
    /// The cumulative hazard, by Nelson–Aalen.
    NelsonAalen,
    /// The survival function by way of the cumulative hazard.
    FlemingHarrington,
    /// The cumulative incidence of each cause, by Aalen–Johansen.
    CumulativeIncidence,
}

/// What to estimate from which columns of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The estimator.
    pub estimator: Estimator,
    /// The columns; each combination of the by-columns gets curves of its own.
    pub columns: Columns,
    /// Kind of pointwise interval.
    pub interval: Interval,
    /// Confidence level.
    pub level: f64,
    /// Kind of standard error; the estimator's own default if absent.
    pub std_error: Option<StdError>,
    /// What tied events add to a hazard.
    pub ties: HazardTies,
    /// Curves of those who are still in at a time, from then on.
    pub given: Option<f64>,
    /// A simultaneous band.
    pub band: Option<BandRequest>,
    /// What is asked of the curves.
    pub question: Question,
    /// A figure of the curves.
    pub plot: Option<Plot>,
    /// Whether curves go on behind their last time, for restricted means.
    pub extend: bool,
    /// The program whose conventions are asked for, by name.
    pub convention: Option<&'static str>,
}

/// How standard errors are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StdError {
    /// From counts.
    Counts(Variance),
    /// By the infinitesimal jackknife of rows or clusters.
    Jackknife,
}

/// A simultaneous band.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandRequest {
    /// Its kind.
    pub kind: BandKind,
    /// Times between which it is to hold; all if absent.
    pub range: Option<(f64, f64)>,
    /// Seed of the simulated kind.
    pub seed: u64,
}

/// Kinds of simultaneous bands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BandKind {
    /// Hall and Wellner.
    HallWellner,
    /// Equal precision, Nair.
    EqualPrecision,
    /// Equal precision with a factor simulated from influences.
    Influence,
}

/// What is asked of the curves.
#[derive(Debug, Clone, PartialEq)]
pub enum Question {
    /// The curves at every time of the data.
    Curves,
    /// The curves at some times.
    At(Vec<f64>),
    /// Times by which some parts have left.
    Quantiles(Vec<f64>, QuantileRule),
    /// Mean times up to a horizon.
    RestrictedMean(f64),
}

impl Request {
    /// Whether the curves are products of chances, which nothing changes once all have left; sums of hazards are not.
    pub(super) const fn is_product(&self) -> bool {
        matches!(self.estimator, Estimator::KaplanMeier | Estimator::CumulativeIncidence)
    }

    /// Whether rows of curves are all that is looked at, one after the other, so that no curve need be kept.
    pub(super) const fn passes_once(&self) -> bool {
        matches!(self.question, Question::Curves | Question::At(_))
            && self.band.is_none()
            && self.plot.is_none()
    }

    /// Places of the causes that have curves, `None` where there is one kind of event.
    pub(super) fn causes(&self, rows: &Rows) -> Vec<Option<usize>> {
        match self.estimator {
            Estimator::CumulativeIncidence => rows.shown.iter().copied().map(Some).collect(),
            _ => vec![None],
        }
    }

    /// Whether standard errors look at rows.
    pub(super) fn jackknife(&self, rows: &Rows) -> bool {
        rows.by_influence() || self.std_error == Some(StdError::Jackknife)
    }

    /// The variance from counts that is asked for.
    pub(super) fn variance(&self) -> Option<Variance> {
        match self.std_error {
            Some(StdError::Counts(variance)) => Some(variance),
            _ => None,
        }
    }
}
