//! Restricted means standardised to strata, against R's `survfit` in each group and stratum.

use afgang_models::{Error, EventTable, RestrictedMean, Spells, equal_estimates};
use serde::Deserialize;

use crate::answers::{CLOSED_FORM, LIMITS, assert_near, assert_values, read_with};

#[derive(Deserialize)]
struct Data {
    exit: Vec<f64>,
    cause: Vec<usize>,
    group: Vec<f64>,
    stratum: Vec<f64>,
    cluster: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Answer {
    horizon: f64,
    mean: Vec<f64>,
    se: Vec<f64>,
    statistic: f64,
    covariance: Option<Vec<Vec<f64>>>,
    statistic_of_persons: Option<f64>,
}

fn whole(numbers: &[f64]) -> Vec<usize> {
    numbers.iter().map(|&number| number as usize).collect()
}

#[test]
fn tables_rows_and_persons() {
    let mut of_persons = 0;
    for (name, data, want) in read_with::<Data, Answer>("standardised_means") {
        let (group, stratum) = (whole(&data.group), whole(&data.stratum));
        let cause: Vec<_> = data.cause.iter().map(|cause| cause.checked_sub(1)).collect();
        let most = |numbers: &[usize]| *numbers.iter().max().unwrap();
        let table = |s: usize, g: usize| {
            let rows: Vec<_> = (0..data.exit.len())
                .filter(|&row| group[row] == g && stratum[row] == s)
                .map(|row| (data.exit[row], cause[row]))
                .collect();
            EventTable::from_times(1, &rows).unwrap()
        };
        let strata: Vec<Vec<EventTable>> = (0..=most(&stratum))
            .map(|s| (0..=most(&group)).map(|g| table(s, g)).collect())
            .collect();
        let spec = RestrictedMean::new(want.horizon);
        let of_tables = spec.fit_strata(&strata).unwrap();
        let spells = Spells::new(1, data.exit.clone(), cause).unwrap();
        let of_rows = spec.fit_groups_in_strata(&spells, &group, &stratum).unwrap();
        for means in [&of_tables, &of_rows] {
            let estimates: Vec<f64> = means.groups.iter().map(|g| g.time_in.estimate).collect();
            let errors: Vec<f64> = means.groups.iter().map(|g| g.time_in.std_error).collect();
            assert_values(&name, &estimates, &want.mean, CLOSED_FORM);
            assert_values(&name, &errors, &want.se, LIMITS);
            let test = equal_estimates(&means.time_in).unwrap();
            assert_near(&name, test.statistic, want.statistic, LIMITS);
            for mean in &means.groups {
                let all = mean.time_in.estimate + mean.lost[0].estimate;
                assert_near(&name, all, want.horizon, CLOSED_FORM);
            }
        }
        let Some(covariance) = &want.covariance else { continue };
        let persons = whole(data.cluster.as_ref().unwrap());
        let spells = spells.with_clusters(&persons).unwrap();
        let joint = spec.fit_groups_in_strata(&spells, &group, &stratum).unwrap().time_in;
        for (g, row) in covariance.iter().enumerate() {
            for (h, want) in row.iter().enumerate() {
                assert_near(&name, joint.covariance(g, h).unwrap(), *want, LIMITS);
            }
        }
        let test = equal_estimates(&joint).unwrap();
        assert_near(&name, test.statistic, want.statistic_of_persons.unwrap(), LIMITS);
        of_persons += 1;
    }
    assert_eq!(of_persons, 1);
}

/// One stratum changes nothing, and what a group has not in a stratum is said.
#[test]
fn one_stratum_and_empty_ones() {
    let spells = |times: &[f64]| {
        let cause = times.iter().map(|&time| (time < 4.0).then_some(0)).collect();
        Spells::new(1, times.to_vec(), cause).unwrap()
    };
    let all = spells(&[1.0, 2.0, 4.0, 3.0, 4.0, 1.0, 4.0, 2.0]);
    let group = [0, 0, 0, 1, 1, 1, 1, 0];
    let spec = RestrictedMean::new(3.5);
    let alone = spec.fit_groups(&all, &group).unwrap();
    assert_eq!(spec.fit_groups_in_strata(&all, &group, &[0; 8]).unwrap(), alone);
    let absent = spec.fit_groups_in_strata(&all, &group, &[0, 0, 0, 0, 1, 1, 1, 0]).unwrap_err();
    assert_eq!(absent, Error::NotInStratum { group: 0, stratum: 1 });
    assert!(absent.to_string().contains("no spells in stratum 1; leave the stratum out"));
    // Of stratum 1 nobody of group 0 leaves before the horizon: there is no telling how such means spread.
    let stratum = [0, 0, 1, 1, 0, 0, 1, 0];
    let means = spec.fit_groups_in_strata(&all, &group, &stratum).unwrap();
    assert!(means.groups[0].time_in.std_error.is_nan());
    assert!(means.time_in.covariance(0, 1).unwrap().is_nan());
    assert!(means.groups[1].time_in.std_error > 0.0);
}
