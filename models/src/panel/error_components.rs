//! Lagrange multiplier tests of effects of units and times.

use super::fit::absorb_and_solve;
use super::{Effect, Panel, TIME, UNIT};
use crate::error::{Error, Result};
use crate::score_test::upper_tail;

/// Form of a [`LagrangeMultiplier`] test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum MultiplierForm {
    /// Two-sided, $\chi^2$ (Breusch and Pagan 1980).
    #[default]
    BreuschPagan,
    /// One-sided, normal: variances are not below 0 (Honda 1985).
    Honda,
    /// One-sided with the locally best weights of the two effects (King and Wu 1997); of one effect, Honda's.
    KingWu,
    /// Both effects, those with a negative multiplier left out (Gourieroux, Holly and Monfort 1982).
    GourierouxHollyMonfort,
}

/// What is said to have no effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum ErrorComponent {
    /// Units.
    #[default]
    Unit,
    /// Times.
    Time,
    /// Neither units nor times.
    Both,
}

/// Result of a [`LagrangeMultiplier`] test.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MultiplierTest {
    /// The statistic.
    pub statistic: f64,
    /// Its p-value.
    pub p_value: f64,
    /// Signed multipliers of units and of times, $N(0, 1)$ each without effects.
    pub multipliers: [f64; 2],
}

/// Lagrange multiplier test that units, times or both have no random effects, from pooled residuals $e$; balanced or not
/// (Baltagi and Li 1990; Baltagi 2021, 4.2).
///
/// With $A_1 = \sum_i (\sum_t e_{it})^2 / \sum e_{it}^2 - 1$, $M_1 = \sum_i T_i^2$, and $A_2$, $M_2$ likewise over times, the
/// multipliers are $m_j = N A_j / \sqrt{2 (M_j - N)}$, and the statistics
///
/// | form | units or times | both |
/// |---|---|---|
/// | Breusch–Pagan | $m_j^2 \sim \chi^2_1$ | $m_1^2 + m_2^2 \sim \chi^2_2$ |
/// | Honda | $m_j \sim N$ | $(m_1 + m_2)/\sqrt 2 \sim N$ |
/// | King–Wu | $m_j \sim N$ | $\frac{\sqrt{M_1 - N}\, m_1 + \sqrt{M_2 - N}\, m_2}{\sqrt{M_1 + M_2 - 2N}} \sim N$ |
/// | Gourieroux–Holly–Monfort | $\max(m_j, 0)^2 \sim \frac12 \chi^2_0 + \frac12 \chi^2_1$ | $\max(m_1, 0)^2 + \max(m_2, 0)^2 \sim \frac14 \chi^2_0 + \frac12 \chi^2_1 + \frac14 \chi^2_2$ |
///
/// # Examples
///
/// ```
/// use afgang_models::{Design, Factor, LagrangeMultiplier, MultiplierForm, Panel};
///
/// // Deviations 2, 2, -2, -2 of two units: A = (16 + 16) / 16 - 1 = 1, m = 4 / sqrt(2 (8 - 4)) = sqrt 2.
/// let design = Design::builder().rows(4).build()?;
/// let unit = Factor::new(&["A", "A", "B", "B"]);
/// let panel = Panel::new(&[5.0, 5.0, 1.0, 1.0], &design, &unit, &[1, 2, 1, 2])?;
/// let test = LagrangeMultiplier::new().form(MultiplierForm::Honda).test(&panel)?;
/// assert!((test.statistic - 2.0_f64.sqrt()).abs() < 1e-14);
/// // Upper tail of the normal distribution.
/// assert!((test.p_value - 0.078_649_603_525_142_58).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[must_use]
pub struct LagrangeMultiplier {
    form: MultiplierForm,
    component: ErrorComponent,
}

impl LagrangeMultiplier {
    /// Breusch and Pagan's test of units.
    pub fn new() -> Self {
        Self::default()
    }

    /// Form of the test.
    pub fn form(mut self, form: MultiplierForm) -> Self {
        self.form = form;
        self
    }

    /// What is said to have no effects.
    pub fn component(mut self, component: ErrorComponent) -> Self {
        self.component = component;
        self
    }

    /// The test on the pooled residuals of a panel, rows alike.
    ///
    /// # Errors
    ///
    /// As [`PanelOls::fit`](crate::PanelOls::fit); [`Error::TooFewRows`] if no unit (or time) has two rows.
    pub fn test(&self, panel: &Panel) -> Result<MultiplierTest> {
        let residuals = absorb_and_solve(panel, &[], None)?.solution.residuals;
        let n = panel.len() as f64;
        let both = self.component == ErrorComponent::Both;
        // Multiplier and M - N; of what is not asked for, nothing.
        let of = |effect: &Effect, asked: bool| {
            let (ratio, pairs) = of_groups(effect, &residuals);
            match (asked, pairs > 0.0) {
                (false, _) => Ok((0.0, 0.0)),
                (true, true) => Ok((n * ratio / (2.0 * pairs).sqrt(), pairs)),
                (true, false) => {
                    Err(Error::TooFewRows { rows: panel.len(), parameters: panel.len() })
                }
            }
        };
        let (unit, pairs_of_units) =
            of(&panel.effects[UNIT], both || self.component == ErrorComponent::Unit)?;
        let (time, pairs_of_times) =
            of(&panel.effects[TIME], both || self.component == ErrorComponent::Time)?;
        let squares = unit.powi(2) + time.powi(2);
        let positive = unit.max(0.0).powi(2) + time.max(0.0).powi(2);
        let components = if both { 2 } else { 1 };
        let (statistic, p_value) = match self.form {
            MultiplierForm::BreuschPagan => (squares, upper_tail(squares, components)),
            MultiplierForm::Honda | MultiplierForm::KingWu if !both => {
                (unit + time, normal_upper_tail(unit + time))
            }
            MultiplierForm::Honda => {
                let statistic = (unit + time) / 2.0_f64.sqrt();
                (statistic, normal_upper_tail(statistic))
            }
            MultiplierForm::KingWu => {
                let sum = pairs_of_units.sqrt() * unit + pairs_of_times.sqrt() * time;
                let statistic = sum / (pairs_of_units + pairs_of_times).sqrt();
                (statistic, normal_upper_tail(statistic))
            }
            MultiplierForm::GourierouxHollyMonfort if positive > 0.0 => {
                let (one, two) = (upper_tail(positive, 1), upper_tail(positive, 2));
                (positive, if both { 0.5 * one + 0.25 * two } else { 0.5 * one })
            }
            MultiplierForm::GourierouxHollyMonfort => (0.0, 1.0),
        };
        Ok(MultiplierTest { statistic, p_value, multipliers: [unit, time] })
    }
}

/// Upper tail of the normal distribution.
fn normal_upper_tail(z: f64) -> f64 {
    let outside = upper_tail(z * z, 1) / 2.0;
    if z < 0.0 { 1.0 - outside } else { outside }
}

/// $\sum_g (\sum_{i \in g} e_i)^2 / \sum e_i^2 - 1$ and $\sum_g n_g^2 - N$.
fn of_groups(effect: &Effect, residuals: &[f64]) -> (f64, f64) {
    let (mut sums, mut rows) = (vec![0.0; effect.levels.len()], vec![0.0; effect.levels.len()]);
    for (&code, e) in effect.codes.iter().zip(residuals) {
        sums[code as usize] += e;
        rows[code as usize] += 1.0;
    }
    let square_sum = |v: &[f64]| v.iter().map(|v| v * v).sum::<f64>();
    let ratio = square_sum(&sums) / square_sum(residuals) - 1.0;
    (ratio, square_sum(&rows) - residuals.len() as f64)
}
