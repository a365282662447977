//! What tied events do to the likelihood.

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
        let mean = weight / events;
        let mut of = TieSums::default();
        for l in 0..events as u64 {
            let f = l as f64 / events;
            let q = s0 - f * d0;
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
