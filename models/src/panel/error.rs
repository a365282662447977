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
    /// A column too large or too small to compute with.
    #[error(
        "column {column} has numbers up to {largest:e}, whose squares and products cannot be computed; put it in other units"
    )]
    Size {
        /// The column.
        column: String,
        /// Its largest number, without its sign.
        largest: f64,
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
    /// An outcome of which the effects, or the mean, leave nothing.
    #[error(
        "the outcome does not vary{}, so that there is nothing to explain; take another outcome or fewer effects",
        if effects.is_empty() { String::new() } else { format!(" within {}", effects.join(" and ")) }
    )]
    ConstantOutcome {
        /// The absorbed effects.
        effects: Vec<String>,
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
    /// Leverages of more than two effects.
    #[error(
        "HC2 and HC3 need the leverage of the absorbed effects, which is computed of one effect or two; take HC1 or clusters"
    )]
    LeverageOfEffects,
    /// Leverages of two effects of many levels.
    #[error(
        "HC2 and HC3 need the leverage of the absorbed effects, which is computed up to {most} connected levels of the smaller of two \
         effects, and there are {levels}; take HC1 or clusters"
    )]
    LeverageOfLevels {
        /// Levels of the smaller effect that rows connect.
        levels: usize,
        /// The most with which leverages are computed.
        most: usize,
    },
    /// A row that its own parameter fits.
    #[error(
        "row {row} has leverage 1 (alone in its unit, or all that connects two parts of the panel, say), so HC2 and HC3 are not \
         defined; drop singletons, or take HC1"
    )]
    FullLeverage {
        /// Row of the input.
        row: usize,
    },
    /// Weights where variance components have none.
    #[error("random effects are for panels without weights")]
    WeightedComponents,
    /// No means of units to test.
    #[error(
        "no regressor varies both within units and between them, so the regression form of Hausman's test has no coefficient to test"
    )]
    NoMeans,
    /// A joint test of as many coefficients as there are clusters, or more.
    #[error(
        "{clusters} clusters give the covariance no rank for a test of {coefficients} coefficients; take fewer regressors, or other standard \
         errors"
    )]
    TooFewClusters {
        /// Clusters, or times.
        clusters: usize,
        /// Coefficients tested.
        coefficients: usize,
    },
    /// First differences of units that are seen once.
    #[error("no unit has two {}times, so there are no differences", if *successive { "successive " } else { "" })]
    NoDifferences {
        /// Whether differences are of successive times alone.
        successive: bool,
    },
    /// Effects of one level.
    #[error("all rows are of one level of {effect}, whose effect cannot be told from the constant")]
    OneLevel {
        /// The effect.
        effect: String,
    },
    /// Rows that are all alone in a level of an effect.
    #[error("all {rows} rows are singletons, alone in a level of {}, and were dropped; absorb fewer effects", effects.join(" or "))]
    AllSingletons {
        /// Rows dropped.
        rows: usize,
        /// The absorbed effects.
        effects: Vec<String>,
    },
    /// Two fits without a coefficient in common.
    #[error("the two fits have no coefficient in common to compare")]
    NothingInCommon,
    /// Weights where a test has none.
    #[error("the test of {test} is for panels without weights")]
    WeightedTest {
        /// What is tested.
        test: &'static str,
    },
    /// Units that never meet.
    #[error(
        "no two units have residuals that vary over two common times; their dependence cannot be tested"
    )]
    NoCommonTimes,
    /// A count below 0.
    #[error("row {row}: the outcome {value} of a Poisson regression is below 0")]
    NegativeOutcome {
        /// Row of the input.
        row: usize,
        /// The outcome.
        value: f64,
    },
    /// No outcome above 0.
    #[error("no row with an outcome above 0 is left for a Poisson regression")]
    NoEvents,
    /// Newton's method does not settle.
    #[error(
        "Poisson regression did not settle in {steps} steps; columns may be nearly collinear or differ much in size, put them in \
         other units or leave one out"
    )]
    PoissonNotConverged {
        /// Steps done.
        steps: usize,
    },
    /// Leverages of an estimator that has none.
    #[error("HC2 and HC3 are not defined for {estimator}; take HC1 or clusters")]
    NoLeverage {
        /// The estimator.
        estimator: &'static str,
    },
    /// A column that the panel does not have.
    #[error("column {name} is not among the panel's: {}", columns.join(", "))]
    UnknownColumn {
        /// The name asked for.
        name: String,
        /// The names there are.
        columns: Vec<String>,
    },
    /// Fewer instruments than endogenous columns, or no endogenous column.
    #[error(
        "{} instruments ({}) for {} endogenous columns ({}); name an endogenous column, and an instrument that others and \
         the effects do not determine for each",
        instruments.len(), instruments.join(", "), endogenous.len(), endogenous.join(", ")
    )]
    TooFewInstruments {
        /// Instruments that are left.
        instruments: Vec<String>,
        /// Endogenous columns.
        endogenous: Vec<String>,
    },
    /// An endogenous column of which instruments predict nothing.
    #[error("the instruments predict nothing of {column} that other regressors do not")]
    NotIdentified {
        /// The column.
        column: String,
    },
    /// What sums do not tell.
    #[error("{what} cannot be had from sums of rows; fit the rows in memory")]
    NeedsRows {
        /// What was asked for.
        what: &'static str,
    },
    /// Rows taken up too early.
    #[error("ask for sums by clusters, and for times, before the first rows")]
    RowsBefore,
    /// A unit seen twice at one time, by its number.
    #[error(
        "unit {unit} is there twice at time {time}; a unit has one row a time, add them up or leave one out"
    )]
    UnitTwice {
        /// The number of the unit.
        unit: u64,
        /// The time.
        time: i64,
    },
    /// More times than sums tell apart.
    #[error("there are more than {most} different times; fit the rows in memory, or without times")]
    TooManyTimes {
        /// The most that are told apart.
        most: usize,
    },
    /// Rows with times for sums without, or the reverse.
    #[error("rows have times if and only if the sums were asked for with times")]
    TimesOrNot,
    /// Too few or too many columns.
    #[error("{found} columns given for {expected} regressors")]
    ColumnCount {
        /// Columns given.
        found: usize,
        /// Regressors.
        expected: usize,
    },
    /// Sums of different regressions.
    #[error(
        "sums of different regressors, or by clusters and not, or with times and without, cannot be merged"
    )]
    DifferentMoments,
}
