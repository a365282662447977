//! From linear predictors to hazards, and what a cell adds to the likelihood.

use super::lines::Events;

/// How the hazard $h$ depends on the linear predictor $\eta$.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Link {
    /// $\log(h / (1 - h)) = \eta$: coefficients are logarithms of odds ratios. Default.
    #[default]
    Logit,
    /// $\log(-\log(1 - h)) = \eta$: coefficients are logarithms of hazard ratios of a proportional hazards model in continuous
    /// time, of which only whole times are seen (Prentice and Gloeckler 1978).
    CLogLog,
}

/// Which information covariances are the inverse of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Information {
    /// Minus the second derivatives of the log-likelihood. Default.
    #[default]
    Observed,
    /// Their expectation, as in R's `glm`. Of the logit link it is the same.
    Expected,
}

/// What a cell adds: to the log-likelihood, and by exit to its derivatives by the linear predictors.
pub(crate) trait Exits: Sync {
    /// Puts the first derivatives into `residual` and minus the second into `weight` (pairs of exits in the order 00, 01, …, 11,
    /// …); gives the log-likelihood.
    fn cell(
        &self,
        at_risk: f64,
        events: &[Events],
        eta: &[f64],
        residual: &mut [f64],
        weight: &mut [f64],
    ) -> f64;

    /// The first derivative of somebody who stays.
    fn stay(&self, eta: &[f64], residual: &mut [f64]);

    /// What the first derivative of an exit has more of somebody who leaves by it.
    fn leave(&self, stay: f64) -> f64;

    /// Hazards, and their derivatives by the linear predictors (in rows).
    fn hazards(&self, eta: &[f64], hazard: &mut [f64], slope: &mut [f64]);
}

pub(crate) struct Logit;

impl Exits for Logit {
    fn cell(
        &self,
        at_risk: f64,
        events: &[Events],
        eta: &[f64],
        residual: &mut [f64],
        weight: &mut [f64],
    ) -> f64 {
        let eta = eta[0];
        let small = (-eta.abs()).exp();
        let (less, more) = (small / (1.0 + small), 1.0 / (1.0 + small));
        let (p, q) = if eta < 0.0 { (less, more) } else { (more, less) };
        let log = small.ln_1p();
        weight[0] = at_risk * p * q;
        match events {
            [] => {
                residual[0] = -at_risk * p;
                -at_risk * (log + eta.max(0.0))
            }
            [of, ..] => {
                let stay = (at_risk - of.weight).max(0.0);
                residual[0] = of.weight * q - stay * p;
                -of.weight * (log + (-eta).max(0.0)) - stay * (log + eta.max(0.0))
            }
        }
    }

    fn stay(&self, eta: &[f64], residual: &mut [f64]) {
        residual[0] = -1.0 / (1.0 + (-eta[0]).exp());
    }

    fn leave(&self, _stay: f64) -> f64 {
        1.0
    }

    fn hazards(&self, eta: &[f64], hazard: &mut [f64], slope: &mut [f64]) {
        hazard[0] = 1.0 / (1.0 + (-eta[0]).exp());
        slope[0] = hazard[0] / (1.0 + eta[0].exp());
    }
}

/// With the expected information or the observed one.
pub(crate) struct CLogLog(pub(crate) Information);

/// $\lambda / (e^\lambda - 1)$.
fn ratio(lambda: f64) -> f64 {
    if lambda < 1e-300 { 1.0 } else { lambda.min(800.0) / lambda.min(800.0).exp_m1() }
}

/// $\lambda / (e^\lambda - 1) + \lambda - 1$.
fn excess(lambda: f64) -> f64 {
    if lambda < 0.05 {
        // The next term is below 1e-16 of these.
        let square = lambda * lambda;
        return lambda * (0.5 + lambda / 12.0 * (1.0 - square / 60.0 * (1.0 - square / 42.0)));
    }
    ratio(lambda) + lambda - 1.0
}

impl Exits for CLogLog {
    fn cell(
        &self,
        at_risk: f64,
        events: &[Events],
        eta: &[f64],
        residual: &mut [f64],
        weight: &mut [f64],
    ) -> f64 {
        let lambda = eta[0].exp();
        let left = events.first().map_or(0.0, |of| of.weight);
        let stay = (at_risk - left).max(0.0);
        let share = ratio(lambda);
        residual[0] = left * share - stay * lambda;
        weight[0] = match self.0 {
            Information::Observed => left * share * excess(lambda) + stay * lambda,
            Information::Expected => at_risk * lambda * share,
        };
        let of_events = if left > 0.0 { left * (-(-lambda).exp_m1()).ln() } else { 0.0 };
        of_events - stay * lambda
    }

    fn stay(&self, eta: &[f64], residual: &mut [f64]) {
        residual[0] = -eta[0].exp();
    }

    fn leave(&self, stay: f64) -> f64 {
        ratio(-stay) - stay
    }

    fn hazards(&self, eta: &[f64], hazard: &mut [f64], slope: &mut [f64]) {
        let lambda = eta[0].exp();
        hazard[0] = -(-lambda).exp_m1();
        slope[0] = if lambda > 700.0 { 0.0 } else { lambda * (-lambda).exp() };
    }
}

/// Several exits, with staying as the base.
pub(crate) struct Multinomial(pub(crate) usize);

impl Multinomial {
    /// Puts $e^{\eta_k - m}$ into `share`; gives $m$, the largest predictor or 0, and the logarithm of their sum with $e^{-m}$.
    fn shares(eta: &[f64], share: &mut [f64]) -> (f64, f64) {
        let largest = eta.iter().fold(0.0, |a: f64, &b| a.max(b));
        let mut rest = 0.0;
        // One term is 1: the others are added to it last, so that it does not swallow them.
        let mut one = largest > 0.0;
        if one {
            rest += (-largest).exp();
        }
        for (share, eta) in share.iter_mut().zip(eta) {
            *share = (eta - largest).exp();
            if one && eta.total_cmp(&largest).is_eq() {
                one = false;
            } else {
                rest += *share;
            }
        }
        (largest, rest.ln_1p())
    }
}

impl Exits for Multinomial {
    fn cell(
        &self,
        at_risk: f64,
        events: &[Events],
        eta: &[f64],
        residual: &mut [f64],
        weight: &mut [f64],
    ) -> f64 {
        let (largest, log) = Self::shares(eta, residual);
        let total = (-log).exp();
        for share in residual.iter_mut() {
            *share *= total;
        }
        let mut pair = 0;
        for k in 0..self.0 {
            // 1 - p_k as the sum of the others, so that it keeps its digits near 0.
            let others: f64 = (0..self.0).filter(|&l| l != k).map(|l| residual[l]).sum();
            weight[pair] = at_risk * residual[k] * (others + (-largest - log).exp());
            pair += 1;
            for l in k + 1..self.0 {
                weight[pair] = -at_risk * residual[k] * residual[l];
                pair += 1;
            }
        }
        for residual in residual.iter_mut() {
            *residual *= -at_risk;
        }
        let (mut likelihood, mut left) = (0.0, 0.0);
        for of in events {
            let exit = of.exit as usize;
            residual[exit] += of.weight;
            likelihood -= of.weight * (largest - eta[exit] + log);
            left += of.weight;
        }
        likelihood - (at_risk - left).max(0.0) * (largest + log)
    }

    fn stay(&self, eta: &[f64], residual: &mut [f64]) {
        let (_, log) = Self::shares(eta, residual);
        for residual in residual.iter_mut() {
            *residual *= -(-log).exp();
        }
    }

    fn leave(&self, _stay: f64) -> f64 {
        1.0
    }

    fn hazards(&self, eta: &[f64], hazard: &mut [f64], slope: &mut [f64]) {
        let (_, log) = Self::shares(eta, hazard);
        for hazard in hazard.iter_mut() {
            *hazard *= (-log).exp();
        }
        for k in 0..self.0 {
            for l in 0..self.0 {
                let own = if k == l { 1.0 } else { 0.0 };
                slope[k * self.0 + l] = hazard[k] * (own - hazard[l]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(of: &[(u32, f64)]) -> Vec<Events> {
        of.iter().map(|&(exit, weight)| Events { cell: 0, exit, weight }).collect()
    }

    /// First and second derivatives against differences of what comes before them.
    #[track_caller]
    fn derivatives(of: &impl Exits, at_risk: f64, left: &[(u32, f64)], eta: &[f64]) {
        let k = eta.len();
        let at = |eta: &[f64]| {
            let (mut residual, mut weight) = (vec![0.0; k], vec![0.0; k * (k + 1) / 2]);
            let value = of.cell(at_risk, &events(left), eta, &mut residual, &mut weight);
            (value, residual, weight)
        };
        let (_, residual, weight) = at(eta);
        let step = 1e-5;
        let moved = |k: usize, by: f64| {
            let mut eta = eta.to_vec();
            eta[k] += by;
            at(&eta)
        };
        let mut pair = 0;
        for a in 0..k {
            let (up, down) = (moved(a, step), moved(a, -step));
            assert!((residual[a] - (up.0 - down.0) / (2.0 * step)).abs() < 1e-6);
            for b in a..k {
                let slope = (down.1[b] - up.1[b]) / (2.0 * step);
                assert!((weight[pair] - slope).abs() < 1e-6, "{a} {b}");
                pair += 1;
            }
        }
        // Those who stay and those who leave add up to the cell.
        let mut sum = vec![0.0; k];
        of.stay(eta, &mut sum);
        for (exit, sum) in (0..k as u32).zip(&mut sum) {
            let own: f64 = left.iter().filter(|of| of.0 == exit).map(|of| of.1).sum();
            *sum = at_risk * *sum + own * of.leave(*sum);
        }
        for (got, want) in sum.iter().zip(&residual) {
            assert!((got - want).abs() < 1e-12);
        }
    }

    #[test]
    fn cells_are_derivatives() {
        for eta in [-7.0, -1.3, 0.0, 0.4, 2.0] {
            for left in [&[][..], &[(0, 2.0)], &[(0, 5.0)]] {
                derivatives(&Logit, 5.0, left, &[eta]);
                derivatives(&CLogLog(Information::Observed), 5.0, left, &[eta]);
                derivatives(&Multinomial(1), 5.0, left, &[eta]);
            }
        }
        for eta in [[-3.0, -2.0, -5.0], [0.5, -1.0, 2.0], [1.0, 1.0, 0.0]] {
            derivatives(&Multinomial(3), 7.0, &[(0, 2.0), (2, 1.0)], &eta);
        }
    }

    #[test]
    fn series_meets_the_formula() {
        for lambda in [0.049_999, 0.05, 0.050_001] {
            let direct = lambda / f64::exp_m1(lambda) + lambda - 1.0;
            assert!((excess(lambda) - direct).abs() < 1e-15);
        }
    }
}
