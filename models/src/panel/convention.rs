//! What programs do differently with the same sums.

/// The program whose degrees of freedom, multipliers of variances and adjusted R² are used.
///
/// With $N$ rows, $k$ slopes, $L$ absorbed parameters (the constant included), $G$ clusters and $T$ times; $L_n$ is 1 more than
/// the absorbed parameters that are not nested in clusters. models/PANEL.md has the table.
///
/// | | variance by clusters | df of t | adjusted R² |
/// |---|---|---|---|
/// | `StataXtreg` | $\frac{G}{G-1}\frac{N-1}{N-k-1}$ | $G-1$ | $1-(1-R_w^2)\frac{N-1}{N-L-k}$; by clusters $N-k-1$ |
/// | `StataAreg` | $\frac{G}{G-1}\frac{N-1}{N-L-k}$ | $G-1$ | $1-(1-R^2)\frac{N-1}{N-L-k}$ |
/// | `Reghdfe`, `Fixest` | $\frac{G_{\min}}{G_{\min}-1}\frac{N-1}{N-L_n-k}$ | $G_{\min}-1$ | as `StataAreg` |
/// | `Plm` | $1$ | $N-L-k$ | $1-(1-R_w^2)\frac{N-1}{N-L-k}$ |
/// | `Linearmodels` | $\frac{N}{N-L-k}$; of one effect nested in every clustering $\frac{N}{N-k}$ | $N-L-k$ | none |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PanelConvention {
    /// Stata's `xtreg, fe`. Its `robust`, HC1, is a variance by clusters of units (Stock and Watson 2008).
    #[default]
    StataXtreg,
    /// Stata's `areg`, or `regress` with indicators.
    StataAreg,
    /// `reghdfe` of Stata (Correia 2017); drops singletons.
    Reghdfe,
    /// R's `fixest` (Bergé 2018) and Python's `pyfixest`.
    Fixest,
    /// R's `plm` (Croissant and Millo 2008), with variances as its `vcovHC`, `vcovSCC` and `vcovNW`.
    Plm,
    /// Python's `linearmodels` (Sheppard), debiased.
    Linearmodels,
}

/// Numbers that multipliers are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub(super) rows: f64,
    pub(super) slopes: f64,
    /// Absorbed parameters, the constant included.
    pub(super) absorbed: f64,
}

impl Sizes {
    pub(super) fn residual_df(self) -> f64 {
        self.rows - self.absorbed - self.slopes
    }
}

impl PanelConvention {
    /// The name as options and tables write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::StataXtreg => "stata-xtreg",
            Self::StataAreg => "stata-areg",
            Self::Reghdfe => "reghdfe",
            Self::Fixest => "fixest",
            Self::Plm => "plm",
            Self::Linearmodels => "linearmodels",
        }
    }

    /// Multiplier of a variance by clusters; `not_nested` counts absorbed parameters outside clusters and the constant. `counted` is
    /// false only of one effect that is nested in every clustering.
    pub(super) fn by_clusters(
        self,
        sizes: Sizes,
        clusters: f64,
        not_nested: f64,
        counted: bool,
    ) -> f64 {
        let Sizes { rows, slopes, .. } = sizes;
        let few = clusters / (clusters - 1.0) * (rows - 1.0);
        match self {
            Self::StataXtreg => few / (rows - slopes - 1.0),
            Self::StataAreg => few / sizes.residual_df(),
            Self::Reghdfe | Self::Fixest => few / (rows - slopes - not_nested),
            Self::Plm => 1.0,
            Self::Linearmodels if counted => rows / sizes.residual_df(),
            Self::Linearmodels => rows / (rows - slopes),
        }
    }

    /// Multiplier of the variance HC1.
    pub(super) fn hc1(self, sizes: Sizes) -> f64 {
        match self {
            // Its degrees of freedom leave the effects out.
            Self::Plm => sizes.rows / (sizes.rows - sizes.slopes),
            _ => sizes.rows / sizes.residual_df(),
        }
    }

    /// Multiplier of the variance of Driscoll and Kraay.
    pub(super) fn by_times(self, sizes: Sizes, times: f64) -> f64 {
        let Sizes { rows, .. } = sizes;
        match self {
            Self::Plm => 1.0,
            Self::Linearmodels => rows / sizes.residual_df(),
            _ => times / (times - 1.0) * (rows - 1.0) / sizes.residual_df(),
        }
    }

    /// Multiplier of the variance of Newey and West within units.
    pub(super) fn within_units(self, sizes: Sizes, times: f64) -> f64 {
        match self {
            Self::Plm => 1.0,
            Self::Fixest => self.by_times(sizes, times),
            _ => sizes.rows / sizes.residual_df(),
        }
    }

    /// Degrees of freedom of $t$ with the variance of Newey and West within units.
    pub(super) fn df_within_units(self, sizes: Sizes, times: f64) -> f64 {
        match self {
            Self::Fixest => self.df_of_groups(sizes, times),
            _ => sizes.residual_df(),
        }
    }

    /// Degrees of freedom of $t$ of random effects; the normal distribution has no end of them.
    pub(super) fn df_of_random_effects(self, sizes: Sizes) -> f64 {
        match self {
            Self::Linearmodels => sizes.residual_df(),
            _ => f64::INFINITY,
        }
    }

    /// Lags of Driscoll and Kraay where none are asked for.
    pub(super) fn default_lag(self, times: f64) -> usize {
        match self {
            Self::Plm | Self::Fixest => times.powf(0.25).floor() as usize,
            _ => (4.0 * (times / 100.0).powf(2.0 / 9.0)).floor() as usize,
        }
    }

    /// Degrees of freedom of $t$ with a variance of `groups` clusters or times.
    pub(super) fn df_of_groups(self, sizes: Sizes, groups: f64) -> f64 {
        match self {
            Self::Plm | Self::Linearmodels => sizes.residual_df(),
            _ => groups - 1.0,
        }
    }

    /// Whether rows alone in a level of an effect are dropped.
    pub(super) const fn drops_singletons(self) -> bool {
        matches!(self, Self::Reghdfe)
    }
}
