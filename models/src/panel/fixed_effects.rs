//! Regression with fixed effects.

use super::absorb::{n_absorbed, without_singletons};
use super::convention::PanelConvention;
use super::covariance::{Cluster, PanelCovariance};
use super::effects::{RecoveredEffects, recover};
use super::fit::{Regression, absorb_and_solve, mean_one};
use super::result::{FTest, PanelEstimator, PanelFit};
use super::wild_bootstrap::{WildBootstrap, WildTest};
use super::{Effect, Panel, TIME, UNIT};
use crate::error::Result;

/// Within estimator: $y_{it} = x_{it}^\top \beta + \alpha_i + \varepsilon_{it}$, by least squares of deviations from the means of
/// units (or of several effects; Frisch and Waugh 1933, Lovell 1963).
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, FixedEffects, Panel};
///
/// // Deviations from the units' means: x -1, 0, 1 and -1, 1; y -2, 0, 2 and -1, 1.
/// let design = Design::builder().numeric("x", vec![1.0, 2.0, 3.0, 0.0, 2.0]).build()?;
/// let unit = Factor::new(&["A", "A", "A", "B", "B"]);
/// let y = vec![0.0, 2.0, 4.0, 7.0, 9.0];
/// let panel = Panel::new(&y, &design, &unit, &[1, 2, 3, 1, 2])?;
/// let fit = FixedEffects::units().fit(&panel)?;
/// // (2 + 0 + 2 + 1 + 1) / (1 + 0 + 1 + 1 + 1)
/// assert!((fit.coefficients[0].estimate.estimate - 1.5).abs() < 1e-14);
/// // Residuals -0.5, 0, 0.5, 0.5, -0.5 on 5 - 2 - 1 degrees of freedom; 4 is the square sum of x.
/// assert!((fit.coefficients[0].estimate.std_error - (1.0_f64 / 2.0 / 4.0).sqrt()).abs() < 1e-14);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct FixedEffects {
    absorbed: Vec<Absorb>,
    pub(super) convention: PanelConvention,
    pub(super) covariance: PanelCovariance,
    drop_singletons: Option<bool>,
    pub(super) level: f64,
}

#[derive(Debug, Clone, PartialEq)]
enum Absorb {
    Unit,
    Time,
    Named(String),
}

impl FixedEffects {
    /// Effects of units.
    pub fn units() -> Self {
        Self {
            absorbed: vec![Absorb::Unit],
            convention: PanelConvention::default(),
            covariance: PanelCovariance::default(),
            drop_singletons: None,
            level: 0.95,
        }
    }

    /// Effects of units and of times.
    pub fn units_and_times() -> Self {
        let mut spec = Self::units();
        spec.absorbed.push(Absorb::Time);
        spec
    }

    /// Effects of partitions of the panel by name, those of units and times among them. None is a regression with a constant.
    pub fn of<Name: Into<String>>(effects: impl IntoIterator<Item = Name>) -> Self {
        let absorbed = effects.into_iter().map(|effect| Absorb::Named(effect.into())).collect();
        Self { absorbed, ..Self::units() }
    }

    /// Effects of another partition of the panel beside.
    pub fn and(mut self, effect: impl Into<String>) -> Self {
        self.absorbed.push(Absorb::Named(effect.into()));
        self
    }

    /// Whose degrees of freedom and multipliers are used.
    pub fn convention(mut self, convention: PanelConvention) -> Self {
        self.convention = convention;
        self
    }

    /// Kind of covariance. Default conventional.
    pub fn covariance(mut self, covariance: PanelCovariance) -> Self {
        self.covariance = covariance;
        self
    }

    /// Whether rows alone in a level of an effect are dropped, until there are none. They tell nothing of slopes, but count in
    /// multipliers. Default as the convention: `Reghdfe` drops them.
    pub fn drop_singletons(mut self, drop: bool) -> Self {
        self.drop_singletons = Some(drop);
        self
    }

    /// Level of the intervals.
    pub fn level(mut self, level: f64) -> Self {
        self.level = level;
        self
    }

    pub(super) fn places(&self, panel: &Panel) -> Result<Vec<usize>> {
        let place = |absorb: &Absorb| match absorb {
            Absorb::Unit => Ok(UNIT),
            Absorb::Time => Ok(TIME),
            Absorb::Named(name) => panel.effect(name),
        };
        self.absorbed.iter().map(place).collect()
    }

    /// Whether effects of units alone are absorbed.
    pub(super) fn only_units(&self) -> bool {
        self.absorbed == [Absorb::Unit]
    }

    /// Whether rows alone in a level go.
    pub(super) fn drops_singletons(&self) -> bool {
        self.drop_singletons.unwrap_or_else(|| self.convention.drops_singletons())
    }

    /// The rows that are used, and the number of singletons and whether they are gone.
    pub(super) fn rows(&self, panel: &Panel, places: &[usize]) -> (Option<Panel>, (usize, bool)) {
        let effects: Vec<&Effect> = places.iter().map(|&e| &panel.effects[e]).collect();
        let keep = without_singletons(&effects);
        let singletons = keep.as_ref().map_or(0, |keep| panel.len() - keep.len());
        let drop = self.drops_singletons();
        let selected = keep.filter(|_| drop).map(|keep| panel.select(&keep));
        (selected, (singletons, drop))
    }

    /// Fits the regression.
    ///
    /// # Errors
    ///
    /// - [`Error::TooFewRows`](crate::Error::TooFewRows) for as many parameters as rows;
    /// - [`PanelError::UnknownEffect`](crate::PanelError::UnknownEffect), [`Error::Level`](crate::Error::Level);
    /// - [`PanelError::OneCluster`](crate::PanelError::OneCluster), [`PanelError::NotNested`](crate::PanelError::NotNested) where Stata's `xtreg`
    ///   refuses, [`PanelError::TooManyLags`](crate::PanelError::TooManyLags);
    /// - [`PanelError::LeverageOfEffects`](crate::PanelError::LeverageOfEffects), [`PanelError::LeverageOfLevels`](crate::PanelError::LeverageOfLevels),
    ///   [`PanelError::FullLeverage`](crate::PanelError::FullLeverage) for HC2 and HC3.
    pub fn fit(&self, panel: &Panel) -> Result<PanelFit> {
        let absorbed = self.places(panel)?;
        let (selected, singletons) = self.rows(panel, &absorbed);
        let panel = selected.as_ref().unwrap_or(panel);
        Regression {
            estimator: PanelEstimator::Within,
            panel,
            of: panel,
            absorbed,
            convention: self.convention,
            covariance: &self.covariance,
            level: self.level,
            singletons,
        }
        .fit()
    }

    /// That all effects are alike: $F$ of the residual square sums without and with them, which takes rows as independent.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::OneLevel`](crate::PanelError::OneLevel) if there are no effects to tell apart.
    pub fn test_effects(&self, panel: &Panel) -> Result<FTest> {
        let places = self.places(panel)?;
        let (selected, _) = self.rows(panel, &places);
        let panel = selected.as_ref().unwrap_or(panel);
        let effects: Vec<&Effect> = places.iter().map(|&e| &panel.effects[e]).collect();
        let weights = mean_one(panel);
        let with = absorb_and_solve(panel, &effects, weights.as_deref())?;
        let mut same = panel.clone();
        let kept = &with.solution.kept.columns;
        same.columns = kept.iter().map(|&column| panel.columns[column].clone()).collect();
        same.names = kept.iter().map(|&column| panel.names[column].clone()).collect();
        let without = absorb_and_solve(&same, &[], weights.as_deref())?;
        let df = n_absorbed(&effects) as f64 - 1.0;
        if df < 1.0 {
            let names: Vec<&str> = effects.iter().map(|effect| effect.name.as_str()).collect();
            return Err(super::error::PanelError::OneLevel { effect: names.join(" and ") }.into());
        }
        let residual_df = panel.len() as f64 - df - 1.0 - kept.len() as f64;
        let gain = without.solution.rss - with.solution.rss;
        Ok(FTest::new(gain / df / (with.solution.rss / residual_df), df, residual_df))
    }

    /// Tests that the coefficient of a column is `value` by the wild cluster bootstrap, for few clusters.
    ///
    /// ```
    /// use afgang_models::{Cluster, Design, Factor, FixedEffects, Panel, WildBootstrap};
    ///
    /// // Three units, two rows each: all 8 draws of signs. Differences of x are 1 and of y 1, 2 and 3.
    /// let design = Design::builder().numeric("x", vec![0.0, 1.0, 0.0, 1.0, 0.0, 1.0]).build()?;
    /// let unit = Factor::new(&["A", "A", "B", "B", "C", "C"]);
    /// let panel = Panel::new(&[0.0, 1.0, 0.0, 2.0, 0.0, 3.0], &design, &unit, &[1, 2, 1, 2, 1, 2])?;
    /// let test = FixedEffects::units().wild_test(&panel, &Cluster::Unit, "x", 0.0, &WildBootstrap::new())?;
    /// // Only all signs alike give a mean difference as far from 0 against their spread: 2 of 8.
    /// assert!(test.exhaustive);
    /// assert_eq!(test.p_value, 0.25);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::NotNestedForBootstrap`](crate::PanelError::NotNestedForBootstrap) for effects that clusters cross,
    /// [`PanelError::UnknownEffect`](crate::PanelError::UnknownEffect) for a column that the fit does not have.
    pub fn wild_test(
        &self,
        panel: &Panel,
        clusters: &Cluster,
        column: &str,
        value: f64,
        bootstrap: &WildBootstrap,
    ) -> Result<WildTest> {
        let places = self.places(panel)?;
        let (selected, _) = self.rows(panel, &places);
        let panel = selected.as_ref().unwrap_or(panel);
        let effects: Vec<&Effect> = places.iter().map(|&e| &panel.effects[e]).collect();
        bootstrap.test(panel, &effects, clusters.of(panel)?, column, value)
    }

    /// The effects themselves, with the number of rows of each.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit).
    pub fn effects(&self, panel: &Panel) -> Result<RecoveredEffects> {
        let places = self.places(panel)?;
        let (selected, _) = self.rows(panel, &places);
        let panel = selected.as_ref().unwrap_or(panel);
        let effects: Vec<&Effect> = places.iter().map(|&e| &panel.effects[e]).collect();
        recover(panel, &effects)
    }
}
