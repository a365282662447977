//! What tied events do to the likelihood.

use crate::hazard_ties::{log_shares, reciprocals};

/// How events at one time share their risk set.
///
/// Default `Efron`, as in R's `coxph`; SAS, Stata and `cmprsk::crr` have Breslow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ties {
    /// Events leave one after another in unknown order, so that the $l$-th of $d$ meets the risk set less
    /// $(l-1)/d$ of the events (Efron 1977). Close to exact even with many ties.
    #[default]
    Efron,
    /// Every event meets the whole risk set (Breslow 1974; Peto 1972). Draws estimates towards 0 where ties are many.
    Breslow,
    /// The chance of just these events among all equally large subsets of the risk set: the conditional logistic
    /// likelihood of discrete time (Cox 1972), by the recursion of Gail, Lubin and Rubinstein (1981).
    ///
    /// $O(Y d p^2)$ for each time with $d$ events among $Y$: for small risk sets. Its coefficients are logarithms of
    /// odds ratios, not of hazard ratios.
    Exact,
}

/// Sums over the events of one time: with $q_l = S_0 - f_l D_0$, $f_l = (l-1)/d$ (Breslow: 0) and mean weight
/// $\bar w$.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TieSums {
    /// $\sum_l \bar w \log q_l$.
    pub(crate) log: f64,
    /// $\sum_l \bar w / q_l$, the increment of the cumulative hazard.
    pub(crate) hazard: f64,
    /// $\sum_l \bar w f_l / q_l$, what events are spared of it.
    pub(crate) spared: f64,
    /// $\sum_l \bar w / q_l^2$.
    pub(crate) square: f64,
    /// $\sum_l \bar w f_l / q_l^2$.
    pub(crate) cross: f64,
    /// $\sum_l \bar w f_l^2 / q_l^2$.
    pub(crate) spared_square: f64,
}

impl Ties {
    /// `events` of total weight `weight`, with sums of risks `s0` of all and `d0` of events.
    pub(crate) fn sums(self, s0: f64, d0: f64, events: f64, weight: f64) -> TieSums {
        if self != Self::Efron || events <= 1.0 {
            let hazard = weight / s0;
            let log = weight * s0.ln();
            return TieSums { log, hazard, square: hazard / s0, ..TieSums::default() };
        }
        // Sums of fractional weights miss whole numbers by rounding.
        let whole = events.round();
        let events = if (events - whole).abs() <= 1e-9 * events { whole } else { events };
        if events > MANY {
            return many(s0, d0, events, weight);
        }
        let mean = weight / events;
        let mut of = TieSums::default();
        for l in 0..events.ceil() as u64 {
            let f = l as f64 / events;
            let q = s0 - f * d0;
            // A part of an event left over comes last.
            let mean = mean * (events - l as f64).min(1.0);
            let h = mean / q;
            of.log += mean * q.ln();
            of.hazard += h;
            of.spared += f * h;
            let square = h / q;
            of.square += square;
            of.cross += f * square;
            of.spared_square += f * f * square;
        }
        of
    }
}

/// Efron's sums over more events than this are not taken one by one.
const MANY: f64 = 4096.0;

/// Efron's sums in constant time: with the mean risk $r = D_0/d$ of an event and $N = S_0/r$, $q_l = r (N - l)$ for $l = 0, \dots,
/// d - 1$, so that all are sums of $\log(1 - l/N)$ and of powers of $1/(N - l)$.
fn many(s0: f64, d0: f64, events: f64, weight: f64) -> TieSums {
    let (mean, risk) = (weight / events, d0 / events);
    // Rounding must not leave fewer at risk than have the event.
    let n = (s0 / risk).max(events);
    let [first, second, _] = reciprocals(n, events);
    let (h, square) = (mean / risk, mean / (risk * risk));
    let rest = events.fract();
    let of_rest = if rest > 0.0 { rest * ((n - events.floor()) / n).ln() } else { 0.0 };
    // f = l/d, and l/(N - l) = N/(N - l) - 1.
    TieSums {
        log: weight * s0.ln() + mean * (log_shares(n, events.floor()) + of_rest),
        hazard: h * first,
        spared: h * (n * first - events) / events,
        square: square * second,
        cross: square * (n * second - first) / events,
        spared_square: square * (n * (n * second - 2.0 * first) + events) / (events * events),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums of the definition, at twice as many events as are taken one by one.
    #[test]
    fn sums_over_many_events() {
        for (s0, d0, weight) in [(1e4, 9e3, 8192.0), (8192.0, 8192.0, 4096.0), (3e7, 50.0, 1e5)] {
            let events = 8192.0;
            let of = Ties::Efron.sums(s0, d0, events, weight);
            let mean = weight / events;
            let sum = |term: &dyn Fn(f64, f64) -> f64| -> f64 {
                let l = (0..8192).map(|l| f64::from(l) / events);
                l.map(|f| mean * term(f, s0 - f * d0)).sum()
            };
            // What a sum is for is at risk times it: rounding counts beside the sum without f.
            for (got, want, size) in [
                (of.log, sum(&|_, q| q.ln()), of.log.abs()),
                (of.hazard, sum(&|_, q| 1.0 / q), of.hazard),
                (of.spared * d0, sum(&|f, q| f / q) * d0, of.hazard * s0),
                (of.square, sum(&|_, q| 1.0 / (q * q)), of.square),
                (of.cross * d0, sum(&|f, q| f / (q * q)) * d0, of.square * s0),
                (
                    of.spared_square * d0 * d0,
                    sum(&|f, q| (f / q).powi(2)) * d0 * d0,
                    of.square * s0 * s0,
                ),
            ] {
                assert!((got - want).abs() < 1e-11 * size, "{s0} {d0}: {got} is not {want}");
            }
        }
    }

    /// One and a half events of risk 1 among three: 1/3, and half of 1/2.
    #[test]
    fn a_part_of_an_event_comes_last() {
        let of = Ties::Efron.sums(3.0, 1.5, 1.5, 1.5);
        assert!((of.hazard - (1.0 / 3.0 + 0.5 / 2.0)).abs() < 1e-15);
        assert!((of.log - (3.0_f64.ln() + 0.5 * 2.0_f64.ln())).abs() < 1e-15);
        assert!((of.spared - 0.5 / 2.0 / 1.5).abs() < 1e-15);
        // Three times three tenths are nine tenths, and ten times are three events.
        let three: f64 = std::iter::repeat_n(0.3, 10).sum();
        let of = Ties::Efron.sums(three, three, three, three);
        assert!((of.hazard - (1.0 + 0.5 + 1.0 / 3.0)).abs() < 1e-12);
    }

    /// Also among many.
    #[test]
    fn a_part_of_many_events_comes_last() {
        let (s0, d0, events) = (20_000.0, 5000.25, 5000.25);
        let of = Ties::Efron.sums(s0, d0, events, events);
        let q = |l: f64| s0 - l;
        let whole: f64 = (0..5000).map(|l| 1.0 / q(f64::from(l))).sum();
        assert!((of.hazard / (whole + 0.25 / q(5000.0)) - 1.0).abs() < 1e-13);
        let logs: f64 = (0..5000).map(|l| q(f64::from(l)).ln()).sum();
        assert!((of.log / (logs + 0.25 * q(5000.0).ln()) - 1.0).abs() < 1e-13);
        let spared: f64 = (0..5000).map(|l| f64::from(l) / q(f64::from(l))).sum::<f64>() / events;
        let want = spared + 0.25 * 5000.0 / q(5000.0) / events;
        assert!((of.spared / want - 1.0).abs() < 1e-11);
    }

    /// A thousand million events of as many at risk: the harmonic number for the hazard.
    #[test]
    fn a_thousand_million_events_take_no_time() {
        let n = 1e9;
        let of = Ties::Efron.sums(n, n, n, n);
        let want = n.ln() + 0.577_215_664_901_532_9 + 0.5 / n;
        assert!((of.hazard / want - 1.0).abs() < 1e-13);
    }
}
