//! As many spells as take several tasks, against sums in one pass and against finite differences.

use afgang_models::{Design, Factor, FineGray, FineGrayFit, Interval, Profile, Spells, Weights};

const N: usize = 60_000;

/// Numbers between 0 and 1 that look random (SplitMix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

struct Data {
    exit: Vec<f64>,
    cause: Vec<Option<usize>>,
    x: Vec<f64>,
    stratum: Vec<u32>,
    group: Vec<u32>,
    weight: Vec<f64>,
}

fn data() -> Data {
    let mut of = Numbers(20_261_121);
    let x: Vec<f64> = (0..N).map(|_| 2.0 * of.next() - 1.0).collect();
    let exit = x.iter().map(|x| -of.next().ln() * (-0.4 * x).exp()).collect();
    let cause = (0..N).map(|_| [None, Some(0), Some(1)][(3.0 * of.next()) as usize]).collect();
    let mut code = || (0..N).map(|_| (2.0 * of.next()) as u32).collect();
    let (stratum, group) = (code(), code());
    Data { exit, cause, x, stratum, group, weight: vec![1.0; N] }
}

impl Data {
    fn spells(&self) -> Spells {
        let spells = Spells::new(2, self.exit.clone(), self.cause.clone()).unwrap();
        spells.with_weights(Weights::Case(self.weight.clone())).unwrap()
    }

    fn design(&self) -> Design {
        let strata = Factor::from_codes(self.stratum.clone(), ["a", "b"]).unwrap();
        Design::builder().numeric("x", self.x.clone()).strata("s", strata).build().unwrap()
    }

    fn spec(&self) -> FineGray {
        let groups = Factor::from_codes(self.group.clone(), ["a", "b"]).unwrap();
        FineGray::new(0).censoring_groups(groups)
    }

    fn fit(&self) -> FineGrayFit {
        self.spec().fit(&self.spells(), &self.design()).unwrap()
    }

    /// The log partial likelihood and its score, by one pass over sorted exits, without ties.
    fn by_passes(&self, beta: f64) -> [f64; 2] {
        let mut order: Vec<usize> = (0..N).collect();
        order.sort_by(|&a, &b| self.exit[a].total_cmp(&self.exit[b]));
        let risk: Vec<f64> = self.x.iter().map(|x| (beta * x).exp()).collect();
        // At risk, by stratum: everybody at first.
        let mut own = [[0.0; 2]; 2];
        let mut at_risk = [0.0; 2];
        for row in 0..N {
            let sums = &mut own[self.stratum[row] as usize];
            *sums = [sums[0] + risk[row], sums[1] + risk[row] * self.x[row]];
            at_risk[self.group[row] as usize] += 1.0;
        }
        let (mut left, mut free) = ([[[0.0; 2]; 2]; 2], [1.0; 2]);
        let (mut log_likelihood, mut score) = (0.0, 0.0);
        for row in order {
            let (s, g, x) = (self.stratum[row] as usize, self.group[row] as usize, self.x[row]);
            let at = |k: usize| own[s][k] + free[0] * left[s][0][k] + free[1] * left[s][1][k];
            match self.cause[row] {
                Some(0) => {
                    log_likelihood += beta * x - at(0).ln();
                    score += x - at(1) / at(0);
                }
                Some(_) => {
                    let weight = risk[row] / free[g];
                    left[s][g] = [left[s][g][0] + weight, left[s][g][1] + weight * x];
                }
                None => free[g] *= 1.0 - 1.0 / at_risk[g],
            }
            own[s] = [own[s][0] - risk[row], own[s][1] - risk[row] * x];
            at_risk[g] -= 1.0;
        }
        [log_likelihood, score]
    }
}

#[test]
fn likelihood_of_many_spells() {
    let data = data();
    for beta in [0.0, 0.7] {
        let [log_likelihood, score] = data.by_passes(beta);
        let at = data.spec().partial_likelihood(&data.spells(), &data.design(), &[beta]).unwrap();
        // The simple pass subtracts, so it loses digits itself.
        assert!((at.log_likelihood / log_likelihood - 1.0).abs() < 1e-11);
        let unit = at.information[(0, 0)].sqrt();
        assert!((at.score[0] - score).abs() < 1e-8 * unit, "{} {score}", at.score[0]);
    }
}

#[test]
fn influences_of_many_spells() {
    let mut data = data();
    let fit = data.fit();
    let curve = fit.incidence(&Profile::new(vec![0.3]), Interval::LogLog).unwrap();
    let moved = fit.influences();
    let variance: f64 = moved.iter().map(|of| of * of).sum();
    assert!((variance / fit.covariance[(0, 0)] - 1.0).abs() < 1e-10);
    let typical = (variance / N as f64).sqrt();
    for row in (0..N).step_by(N / 5) {
        let mut at = |weight: f64| {
            data.weight[row] = weight;
            data.fit().coefficients[0].estimate.estimate
        };
        let slope = (at(1.5) - at(0.5)) / 1.0;
        at(1.0);
        assert!((slope - moved[(row, 0)]).abs() < 1e-3 * typical, "{slope} {}", moved[(row, 0)]);
    }
    assert!(curve.std_error.iter().all(|error| *error > 0.0 && *error < 0.01));
}

#[test]
fn many_spells_in_any_number_of_threads() {
    let data = data();
    let of = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| {
            let fit = data.fit();
            let curve = fit.incidence(&Profile::new(vec![0.3]), Interval::LogLog).unwrap();
            (fit.log_likelihood, fit.coefficients, fit.covariance, curve)
        })
    };
    assert!(of(1) == of(3));
}
