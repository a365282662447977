//! Tests of groups against R: `survdiff`, and `cuminc` of cmprsk.

use afgang_models::{EventTable, Gray, LogRank, TestWeights};
use serde::Deserialize;

use crate::answers::{PACKAGE_VARIANCE, assert_near, read_with};

#[derive(Deserialize)]
struct Data {
    exit: Vec<f64>,
    cause: Vec<usize>,
    group: Vec<usize>,
    stratum: Option<Vec<usize>>,
    weight: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Answer {
    log_rank: Vec<Ranked>,
    gray: Option<Vec<Grays>>,
}

#[derive(Deserialize)]
struct Ranked {
    rho: f64,
    statistic: f64,
    df: usize,
    p_value: f64,
    n: Vec<f64>,
    observed: Vec<f64>,
    expected: Vec<f64>,
    variance: Vec<f64>,
}

#[derive(Deserialize)]
struct Grays {
    rho: f64,
    statistic: Vec<f64>,
    p_value: Vec<f64>,
    df: Vec<usize>,
}

impl Data {
    fn strata(&self) -> Vec<Vec<EventTable>> {
        let n_causes = *self.cause.iter().max().unwrap();
        let n_groups = *self.group.iter().max().unwrap();
        let stratum = |row| self.stratum.as_ref().map_or(1, |strata: &Vec<usize>| strata[row]);
        let n_strata = (0..self.exit.len()).map(stratum).max().unwrap();
        let table = |s: usize, g: usize| {
            let rows: Vec<_> = (0..self.exit.len())
                .filter(|&row| stratum(row) == s && self.group[row] == g)
                .map(|row| {
                    let weight = self.weight.as_ref().map_or(1.0, |weight| weight[row]);
                    (f64::NEG_INFINITY, self.exit[row], self.cause[row].checked_sub(1), weight)
                })
                .collect();
            EventTable::from_weighted_spells(n_causes, &rows).unwrap()
        };
        (1..=n_strata).map(|s| (1..=n_groups).map(|g| table(s, g)).collect()).collect()
    }
}

#[test]
fn log_rank_and_g_rho_of_survdiff() {
    for (name, data, answer) in read_with::<Data, Answer>("group_tests") {
        for want in answer.log_rank {
            let weights = TestWeights::g_rho(want.rho);
            let test = LogRank::new().weights(weights).fit(&data.strata()).unwrap();
            let what = format!("{name}, rho {}", want.rho);
            assert_eq!(test.df, want.df, "{what}");
            assert_near(&what, test.statistic, want.statistic, PACKAGE_VARIANCE);
            assert_near(&what, test.p_value, want.p_value, 1e-9);
            for (g, group) in test.groups.iter().enumerate() {
                assert_near(&what, group.n, want.n[g], 0.0);
                assert_near(&what, group.observed, want.observed[g], PACKAGE_VARIANCE);
                assert_near(&what, group.expected, want.expected[g], PACKAGE_VARIANCE);
                assert_near(&what, test.variance[g][0], want.variance[g], PACKAGE_VARIANCE);
            }
        }
    }
}

#[test]
fn gray_of_cmprsk() {
    let mut cases = 0;
    for (name, data, answer) in read_with::<Data, Answer>("group_tests") {
        for want in answer.gray.into_iter().flatten() {
            for cause in 0..want.statistic.len() {
                let test = Gray::new(cause).rho(want.rho).fit(&data.strata()).unwrap();
                let what = format!("{name}, cause {cause}, rho {}", want.rho);
                assert_eq!(test.df, want.df[cause], "{what}");
                assert_near(&what, test.statistic, want.statistic[cause], PACKAGE_VARIANCE);
                // cmprsk takes the tail as one minus the rest: 15 decimals, not digits.
                assert!((test.p_value - want.p_value[cause]).abs() < 1e-14, "{what}");
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 9 * 3 * 2 + 2 * 3);
}
