//! Values of the options of `fit panel` that are words.

use afgang_models::{PanelConvention, VarianceComponents};
use clap::ValueEnum;

use crate::panel::Streaming;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ComponentsArg {
    /// Swamy and Arora; as R's plm and Stata's `xtreg, re sa`.
    Swar,
    /// The same with the harmonic mean of the numbers of rows, as Stata's `xtreg, re`.
    Stata,
    /// Amemiya.
    Amemiya,
    /// Wallace and Hussain.
    Walhus,
    /// Nerlove.
    Nerlove,
}

impl From<ComponentsArg> for VarianceComponents {
    fn from(of: ComponentsArg) -> Self {
        match of {
            ComponentsArg::Swar => Self::SwamyArora,
            ComponentsArg::Stata => Self::StataHarmonic,
            ComponentsArg::Amemiya => Self::Amemiya,
            ComponentsArg::Walhus => Self::WallaceHussain,
            ComponentsArg::Nerlove => Self::Nerlove,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum ConventionArg {
    /// Stata's `xtreg`.
    StataXtreg,
    /// Stata's `areg`, or `regress` with indicators.
    StataAreg,
    /// Stata's `reghdfe`.
    Reghdfe,
    /// R's fixest and Python's pyfixest.
    Fixest,
    /// R's plm.
    Plm,
    /// Python's linearmodels.
    Linearmodels,
}

impl From<ConventionArg> for PanelConvention {
    fn from(of: ConventionArg) -> Self {
        match of {
            ConventionArg::StataXtreg => Self::StataXtreg,
            ConventionArg::StataAreg => Self::StataAreg,
            ConventionArg::Reghdfe => Self::Reghdfe,
            ConventionArg::Fixest => Self::Fixest,
            ConventionArg::Plm => Self::Plm,
            ConventionArg::Linearmodels => Self::Linearmodels,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SingletonsArg {
    /// They count in N and the multipliers.
    Keep,
    /// They are left out, until there are none.
    Drop,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum StreamingArg {
    /// From a million rows on, where one pass gives all that is asked for.
    Auto,
    /// One pass, or a refusal.
    Always,
    /// All rows in memory.
    Never,
}

impl From<StreamingArg> for Streaming {
    fn from(of: StreamingArg) -> Self {
        match of {
            StreamingArg::Auto => Self::Auto,
            StreamingArg::Always => Self::Always,
            StreamingArg::Never => Self::Never,
        }
    }
}
