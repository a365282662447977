//! Robust tests of rows against R: `coxph`'s robust score test, and influences by `survfit` for Gray's.

use std::collections::BTreeMap;

use afgang_models::{Gray, GroupTest, LogRank, Spells, TestWeights, Weights};
use serde::Deserialize;

use crate::answers::{LIMITS, assert_near, read_with};

#[derive(Deserialize)]
struct Data {
    entry: Option<Vec<f64>>,
    exit: Vec<f64>,
    /// 0 is censored.
    cause: Vec<usize>,
    /// From 1.
    group: Vec<usize>,
    stratum: Option<Vec<usize>>,
    weight: Option<Vec<f64>>,
    cluster: Option<Vec<usize>>,
}

/// All but the first group.
#[derive(Deserialize)]
struct Answer {
    /// As the package gives it, for the log-rank test.
    rscore: Option<f64>,
    statistic: f64,
    score: Vec<f64>,
    variance: Vec<Vec<f64>>,
}

impl Data {
    fn spells(&self) -> Spells {
        let cause = self.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let mut spells = Spells::new(1, self.exit.clone(), cause).unwrap();
        if let Some(entry) = &self.entry {
            spells = spells.with_entry(entry.clone()).unwrap();
        }
        if let Some(weight) = &self.weight {
            spells = spells.with_weights(Weights::Sampling(weight.clone())).unwrap();
        }
        if let Some(cluster) = &self.cluster {
            spells = spells.with_clusters(cluster).unwrap();
        }
        spells
    }

    /// One over the mean weight of rows with an exit.
    fn rows_a_weight(&self) -> f64 {
        let Some(weight) = &self.weight else { return 1.0 };
        let exits: Vec<f64> =
            (0..weight.len()).filter(|&row| self.cause[row] > 0).map(|row| weight[row]).collect();
        exits.len() as f64 / exits.iter().sum::<f64>()
    }
}

#[test]
fn log_rank_families_by_coxph() {
    let mut cases = 0;
    for (name, data, answers) in read_with::<Data, BTreeMap<String, Answer>>("robust_tests") {
        let group: Vec<usize> = data.group.iter().map(|group| group - 1).collect();
        for (family, want) in answers {
            let what = format!("{name}, {family}");
            // Gehan's times are weighed by sums of weights there, by the number of rows that they stand for here.
            let (weights, scale) = match family.as_str() {
                "log_rank" => (TestWeights::LogRank, 1.0),
                "gehan" => (TestWeights::Gehan, data.rows_a_weight()),
                "g_rho" => (TestWeights::g_rho(1.0), 1.0),
                "fleming_harrington" => (TestWeights::FlemingHarrington { p: 0.5, q: 1.0 }, 1.0),
                _ => panic!("unknown family {family}"),
            };
            let test = LogRank::new()
                .weights(weights)
                .fit_spells(&data.spells(), &group, data.stratum.as_deref())
                .unwrap();
            assert_eq!(test.df, want.score.len(), "{what}");
            assert_near(&what, test.statistic, want.statistic, LIMITS);
            if let Some(rscore) = want.rscore {
                assert_near(&what, test.statistic, rscore, LIMITS);
            }
            same_parts(&what, &test, &want, scale);
            cases += 1;
        }
    }
    assert_eq!(cases, 8 * 4);
}

/// Scores and variances, relative to standard deviations.
fn same_parts(what: &str, test: &GroupTest, want: &Answer, scale: f64) {
    let spread = |g: usize| scale * want.variance[g][g].sqrt();
    for (g, row) in want.variance.iter().enumerate() {
        let off = (test.score[g + 1] - scale * want.score[g]) / spread(g);
        assert!(off.abs() < LIMITS, "{what}: score {g} is off by {off:e}");
        for (h, want) in row.iter().enumerate() {
            let off =
                (test.variance[g + 1][h + 1] - scale * scale * want) / (spread(g) * spread(h));
            assert!(off.abs() < LIMITS, "{what}: variance {g}, {h} is off by {off:e}");
        }
    }
}

/// Spells of one group, of which the others are copies with other weights.
#[derive(Deserialize)]
struct Copies {
    entry: Vec<f64>,
    exit: Vec<f64>,
    cause: Vec<usize>,
    weight: Vec<f64>,
    factors: Vec<f64>,
    /// Of all rows, copy by copy.
    cluster: Vec<usize>,
}

#[derive(Deserialize)]
struct OfCause {
    cause: usize,
    rho: f64,
    variance: Vec<Vec<f64>>,
}

#[test]
fn gray_where_groups_are_alike_by_survfit() {
    let mut cases = 0;
    for (name, data, answers) in read_with::<Copies, Vec<OfCause>>("robust_gray") {
        let (n, k) = (data.exit.len(), data.factors.len());
        let cause = data.cause.iter().map(|cause| cause.checked_sub(1)).collect::<Vec<_>>();
        let weight =
            data.factors.iter().flat_map(|factor| data.weight.iter().map(move |w| factor * w));
        let spells = Spells::new(2, data.exit.repeat(k), cause.repeat(k))
            .and_then(|spells| spells.with_entry(data.entry.repeat(k)))
            .and_then(|spells| spells.with_weights(Weights::Sampling(weight.collect())))
            .and_then(|spells| spells.with_clusters(&data.cluster))
            .unwrap();
        let group: Vec<usize> = (0..n * k).map(|row| row / n).collect();
        for want in answers {
            let what = format!("{name}, cause {}", want.cause);
            let gray = Gray::new(want.cause - 1).rho(want.rho).influences_alone();
            let test = gray.fit_spells(&spells, &group, None).unwrap();
            for (g, row) in want.variance.iter().enumerate() {
                let scale = |g: usize| want.variance[g][g].sqrt();
                assert!(test.score[g].abs() < LIMITS * scale(g), "{what}: groups are alike");
                for (h, want) in row.iter().enumerate() {
                    let off = (test.variance[g][h] - want) / (scale(g) * scale(h));
                    assert!(off.abs() < LIMITS, "{what}: variance {g}, {h} is off by {off:e}");
                }
            }
            cases += 1;
        }
    }
    assert_eq!(cases, 4 * 2);
}
