//! What can be wrong with a panel.

/// Everything that panel regressions refuse beyond what other regressions do; it comes as
/// [`Error::Panel`](crate::Error::Panel).
///
/// ```
/// use afgang_models::{Design, Error, Factor, Panel, PanelError};
///
/// let design = Design::builder().rows(2).build()?;
/// let error = Panel::new(&[1.0, 2.0], &design, &Factor::new(&["A", "A"]), &[2019, 2019]).unwrap_err();
/// let twice = PanelError::DuplicateRow { unit: "A".to_owned(), time: 2019, rows: [0, 1] };
/// assert_eq!(error, Error::Panel(twice));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PanelError {
    /// A panel without rows.
    #[error("the panel holds no rows")]
    EmptyPanel,
    /// A unit seen twice at one time.
    #[error(
        "rows {} and {} are both of unit {unit} at time {time}; a unit has one row a time, add them up or leave one out",
        rows[0], rows[1]
    )]
    DuplicateRow {
        /// The unit.
        unit: String,
        /// The time.
        time: i64,
        /// The two rows of the input.
        rows: [usize; 2],
    },
    /// An effect that the panel does not have.
    #[error("effect {name} is not among the panel's: {}", effects.join(", "))]
    UnknownEffect {
        /// The name asked for.
        name: String,
        /// The names there are.
        effects: Vec<String>,
    },
    /// Effects that projections do not separate.
    #[error(
        "the effects were not taken out after {rounds} rounds: too few rows connect their levels; merge levels or leave an \
         effect out"
    )]
    AbsorptionNotConverged {
        /// Rounds done.
        rounds: usize,
    },
    /// A variance of one cluster.
    #[error("all rows are of one cluster of {clusters}; a variance needs at least two")]
    OneCluster {
        /// What is clustered by.
        clusters: String,
    },
    /// Clusters that units cross, where a convention refuses them.
    #[error(
        "{effect} is not nested within clusters of {clusters}, which stata-xtreg refuses; take another convention, such as \
         reghdfe"
    )]
    NotNested {
        /// The absorbed effect.
        effect: String,
        /// What is clustered by.
        clusters: String,
    },
    /// Clusters that effects cross, where draws need them whole.
    #[error(
        "{effect} is not nested within clusters of {clusters}; the wild bootstrap draws whole clusters, make the effect a \
         regressor instead"
    )]
    NotNestedForBootstrap {
        /// The absorbed effect.
        effect: String,
        /// What is clustered by.
        clusters: String,
    },
    /// More lags than there are times.
    #[error("{lag} lags asked for, but there are {times} times; take fewer lags")]
    TooManyLags {
        /// Lags asked for.
        lag: usize,
        /// Different times.
        times: usize,
    },
    /// Leverages of several effects in an unbalanced panel.
    #[error(
        "HC2 and HC3 need the leverage of the absorbed effects, known for one effect or a balanced panel without weights; \
         take HC1 or clusters"
    )]
    LeverageOfEffects,
    /// A row that its own parameter fits.
    #[error(
        "row {row} has leverage 1 (alone in its unit, say), so HC2 and HC3 are not defined; drop singletons"
    )]
    FullLeverage {
        /// Row of the input.
        row: usize,
    },
    /// Weights where variance components have none.
    #[error("random effects are for panels without weights")]
    WeightedComponents,
    /// A method for balanced panels.
    #[error("these variance components need a balanced panel; take Swamy and Arora's")]
    UnbalancedComponents,
    /// Two fits without a coefficient in common.
    #[error("the two fits have no coefficient in common to compare")]
    NothingInCommon,
}
