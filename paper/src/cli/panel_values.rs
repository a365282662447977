//! Values of the options of `fit panel` that are words.

use afgang_models::{PanelConvention, VarianceComponents};
use clap::ValueEnum;
use clap::builder::PossibleValue;

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

/// A convention under the name that it has everywhere, and what `--help` says of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct ConventionArg(PanelConvention, &'static str);

impl ValueEnum for ConventionArg {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self(PanelConvention::StataXtreg, "Stata's `xtreg`"),
            Self(PanelConvention::StataAreg, "Stata's `areg`, or `regress` with indicators"),
            Self(PanelConvention::Reghdfe, "Stata's `reghdfe`"),
            Self(PanelConvention::Fixest, "R's fixest and Python's pyfixest"),
            Self(PanelConvention::Plm, "R's plm"),
            Self(PanelConvention::Linearmodels, "Python's linearmodels"),
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()).help(self.1))
    }
}

impl From<ConventionArg> for PanelConvention {
    fn from(of: ConventionArg) -> Self {
        of.0
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
