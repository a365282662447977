//! Pointwise confidence intervals.

use statrs::distribution::{ContinuousCDF, Normal};

use crate::error::{Error, Result};

/// The scale on which a pointwise interval is symmetric.
///
/// With an estimate $p$ of standard error $\sigma$, and $z$ the normal quantile of the level
/// (1.96 for 0.95), the limits are $g^{-1}(g(p) \pm z\\,\sigma\\,|g'(p)|)$:
///
/// | | $g(p)$ | limits |
/// |---|---|---|
/// | `Plain` | $p$ | $p \pm z\sigma$, cut to $[0, 1]$ |
/// | `Log` | $\log p$ | $p \exp(\pm z\sigma/p)$, cut at 1 |
/// | `LogLog` | $\log(-\log p)$ | $p^{\exp(\pm z\sigma/(p \log p))}$ |
/// | `Logit` | $\log(p / (1 - p))$ | from $\log(p/(1-p)) \pm z\sigma/(p(1-p))$ |
/// | `Arcsine` | $\arcsin\sqrt p$ | $\sin^2(\arcsin\sqrt p \pm z\sigma / (2\sqrt{p(1-p)}))$ |
///
/// The default is `Log`, as in R's `survfit`; SAS and Stata use `LogLog`.
///
/// At the ends of the scale the limits are those of R's `survfit`: `NaN` (R: `NA`) at an estimate of 0,
/// save the plain limits 0 and 0 of a cumulative incidence that is still 0; at an estimate of 1 both limits
/// are 1 for `Plain` and `Log` and `NaN` for the others.
///
/// For a cumulative hazard see [`NelsonAalen`](crate::NelsonAalen).
///
/// # Examples
///
/// Half of four spells end at once: the survival 1/2 has variance 1/2 * 1/2 / 4 = 1/16, standard error
/// 1/4.
///
/// ```
/// use afgang_models::{EventTable, Interval, KaplanMeier};
///
/// let table = EventTable::from_counts(1, &[1.0], &[2], &[2], None)?;
/// let limits = |interval| {
///     let curve = KaplanMeier::new().interval(interval).fit(&table)?;
///     Ok::<_, afgang_models::Error>((curve.conf_low[0], curve.conf_high[0]))
/// };
/// let z = 1.959963984540054;
///
/// let (low, high) = limits(Interval::Plain)?; // 1/2 -+ z/4
/// assert!((low - (0.5 - z / 4.0)).abs() < 1e-12 && (high - (0.5 + z / 4.0)).abs() < 1e-12);
///
/// let (low, high) = limits(Interval::Log)?; // 1/2 * exp(-+ z/2), cut at 1
/// assert!((low - 0.5 * (-z / 2.0_f64).exp()).abs() < 1e-12 && high == 1.0);
///
/// let (low, high) = limits(Interval::Logit)?; // odds exp(-+ z), since 1/4 / (1/2 * 1/2) = 1
/// assert!((low / (1.0 - low) - (-z).exp()).abs() < 1e-12);
/// assert!((high / (1.0 - high) - z.exp()).abs() < 1e-12);
/// # Ok::<(), afgang_models::Error>(())
/// ```
///
/// References: Kalbfleisch and Prentice (1980), The Statistical Analysis of Failure Time Data;
/// Thomas and Grunkemeier (1975); Borgan and Liestøl (1990).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interval {
    /// Symmetric on the scale of the estimate.
    Plain,
    /// Symmetric in the logarithm. The default.
    #[default]
    Log,
    /// Symmetric in the logarithm of minus the logarithm.
    LogLog,
    /// Symmetric in the log odds.
    Logit,
    /// Symmetric in the arcsine of the square root.
    Arcsine,
}

impl Interval {
    /// Limits around the probability `p`; `log_se` is the standard error of $\log p$.
    pub(crate) fn of_probability(self, p: f64, log_se: f64, z: f64) -> (f64, f64) {
        let width = z * log_se;
        let limits = |g: f64, half: f64, back: fn(f64) -> f64| (back(g - half), back(g + half));
        let (low, high) = match self {
            Self::Plain => (p - width * p, p + width * p),
            _ if p <= 0.0 => (f64::NAN, f64::NAN),
            Self::Log => limits(p.ln(), width, f64::exp),
            _ if p >= 1.0 => (f64::NAN, f64::NAN),
            Self::LogLog => limits((-p.ln()).ln(), -width / p.ln(), |x| (-x.exp()).exp()),
            Self::Logit => {
                limits((p / (1.0 - p)).ln(), width / (1.0 - p), |x| 1.0 / (1.0 + (-x).exp()))
            }
            Self::Arcsine => limits(p.sqrt().asin(), 0.5 * width * (p / (1.0 - p)).sqrt(), |x| {
                x.clamp(0.0, std::f64::consts::FRAC_PI_2).sin().powi(2)
            }),
        };
        // On the log-log scale a larger value is a smaller probability.
        let (low, high) = if self == Self::LogLog { (high, low) } else { (low, high) };
        (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0))
    }

    /// Limits around the survival at the cumulative hazard `h`; `log_se` is the standard error of $\log h$. They are right where the
    /// survival is 1 or 0 in a double.
    pub(crate) fn of_survival(self, h: f64, log_se: f64, z: f64) -> (f64, f64) {
        match self {
            Self::Log => {
                let limit = |part: f64| (-h * part).exp().min(1.0);
                (limit(1.0 + z * log_se), limit(1.0 - z * log_se))
            }
            Self::LogLog => {
                let (low, high) = self.of_hazard(h, h * log_se, z);
                ((-high).exp(), (-low).exp())
            }
            Self::Plain | Self::Logit | Self::Arcsine => {
                self.of_probability((-h).exp(), h * log_se, z)
            }
        }
    }

    /// Limits around the cumulative hazard `h` of standard error `se`.
    pub(crate) fn of_hazard(self, h: f64, se: f64, z: f64) -> (f64, f64) {
        match self {
            Self::Plain => ((h - z * se).max(0.0), h + z * se),
            // Symmetric in log h, which is log(-log S), whatever the name.
            Self::Log | Self::LogLog => {
                let factor = if h > 0.0 { (z * se / h).exp() } else { f64::NAN };
                (h / factor, h * factor)
            }
            Self::Logit | Self::Arcsine => {
                let (low, high) = self.of_probability((-h).exp(), se, z);
                (0.0 - high.ln(), 0.0 - low.ln()) // not -0
            }
        }
    }
}

/// The normal quantile $z$ of a two-sided level.
pub(crate) fn normal_quantile(level: f64) -> Result<f64> {
    if level > 0.0 && level < 1.0 {
        Ok(-Normal::standard().inverse_cdf((1.0 - level) / 2.0))
    } else {
        Err(Error::Level { level })
    }
}
