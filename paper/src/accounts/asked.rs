//! What an output of the accounts shows.

use std::ops::RangeInclusive;

use afgang_models::{PanelConvention, SampleQuantile};

/// A number by year of the whole country.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Expenditure by item: main accounts, corrections, refunds.
    Expenditure,
    /// Expenditure on main account 5 by target group.
    ExpenditureByGroup,
    /// Full-time unemployed by target group.
    Unemployed,
    /// Expenditure on main account 5 per full-time unemployed by target group.
    PerUnemployed,
}

/// Regressions of several outcomes in several periods on the same regressors, with effects of job centres and indicators of
/// years after the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Models {
    /// Outcomes.
    pub outcomes: Vec<String>,
    /// Regressors, without the indicators of years.
    pub regressors: Vec<String>,
    /// Periods.
    pub periods: Vec<RangeInclusive<i32>>,
    /// Whose degrees of freedom and adjusted R².
    pub convention: PanelConvention,
}

/// What an output shows. Variables are those of the panel of job centres.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Asked {
    /// Sums or ratios of the whole country by year.
    Yearly {
        /// Which.
        quantity: Quantity,
        /// Items or target groups, in order.
        rows: Vec<String>,
        /// Years.
        years: RangeInclusive<i32>,
        /// Whether it is a figure of stacked bars.
        drawn: bool,
        /// Column of the numbers.
        unit: String,
    },
    /// Correlations over job centres and years: outcomes with each other, and each variable with each outcome.
    Correlations {
        /// Outcomes.
        outcomes: Vec<String>,
        /// Other variables.
        variables: Vec<String>,
        /// Years.
        years: RangeInclusive<i32>,
    },
    /// Coefficients of regressions.
    Regression(Models),
    /// Fit of the regressions of another output.
    RegressionFit {
        /// The other output.
        of: String,
        /// Its regressions.
        models: Models,
    },
    /// Minimum, quartiles and maximum over job centres of their mean over years.
    Quantiles {
        /// The variable.
        variable: String,
        /// Years.
        years: RangeInclusive<i32>,
        /// Definition of quartiles.
        definition: SampleQuantile,
        /// Column of the numbers.
        unit: String,
    },
    /// Job centres by class of their mean over years.
    Histogram {
        /// The variable.
        variable: String,
        /// Years.
        years: RangeInclusive<i32>,
        /// Limits of classes; a limit belongs to the class above it.
        limits: Vec<i64>,
    },
    /// Means over the job centres of a group, by year.
    GroupMeans {
        /// The variable.
        variable: String,
        /// The grouping of job centres.
        by: String,
        /// What data call the groups, in order.
        names: Vec<String>,
        /// Years.
        years: RangeInclusive<i32>,
        /// Column of the numbers.
        unit: String,
    },
    /// All job centres by their mean over years.
    Ranking {
        /// The variable.
        variable: String,
        /// Years.
        years: RangeInclusive<i32>,
        /// Column of the numbers.
        unit: String,
    },
}

impl Asked {
    /// Target groups of full-time unemployed that it shows.
    pub fn target_groups(&self) -> &[String] {
        match self {
            Self::Yearly {
                quantity: Quantity::Unemployed | Quantity::PerUnemployed, rows, ..
            } => rows,
            _ => &[],
        }
    }

    /// The columns of the output's table that tell its rows apart.
    pub fn keys(&self) -> Vec<&str> {
        match self {
            Self::Yearly { quantity: Quantity::Expenditure, .. } => vec!["item", "year"],
            Self::Yearly { .. } => vec!["group", "year"],
            Self::Correlations { .. } => vec!["row", "column"],
            Self::Regression(_) => vec!["period", "outcome", "term"],
            Self::RegressionFit { .. } => vec!["period", "outcome"],
            Self::Quantiles { .. } => vec!["statistic"],
            Self::Histogram { .. } => vec!["bin"],
            Self::GroupMeans { .. } => vec!["figure", "group", "year"],
            Self::Ranking { .. } => vec!["job_centre"],
        }
    }

    /// The columns of the output's table that hold numbers.
    pub fn values(&self) -> Vec<&str> {
        match self {
            Self::Yearly { unit, .. }
            | Self::Quantiles { unit, .. }
            | Self::GroupMeans { unit, .. }
            | Self::Ranking { unit, .. } => vec![unit],
            Self::Correlations { .. } => vec!["r"],
            Self::Regression(_) => vec!["coefficient", "standard_error"],
            Self::RegressionFit { .. } => vec!["observations", "job_centres", "adj_r2", "max_vif"],
            Self::Histogram { .. } => vec!["job_centres"],
        }
    }

    /// The columns of the output's table that hold marks: stars, or yes and no.
    pub fn marks(&self) -> &'static [&'static str] {
        match self {
            Self::Correlations { .. } => &["p_below_0_05"],
            Self::Regression(_) => &["stars"],
            _ => &[],
        }
    }

    /// Whether its rows are numbers by year, some of which sum up others.
    pub fn is_yearly(&self) -> bool {
        matches!(self, Self::Yearly { .. })
    }

    /// Whether the output is a table rather than a figure.
    pub fn is_table(&self) -> bool {
        !matches!(
            self,
            Self::Yearly { drawn: true, .. }
                | Self::Histogram { .. }
                | Self::GroupMeans { .. }
                | Self::Ranking { .. }
        )
    }
}
