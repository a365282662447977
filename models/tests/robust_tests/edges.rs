//! Groups that tell nothing, or nothing any more, and refusals.

use afgang_models::{Error, Gray, LogRank, Spells, TestWeights, Weights};

use crate::{Kind, Row, START, groups, spells};

/// Groups that leave one after the other: the pooled incidence is above 1 in the end, and no power of what is left of it
/// may spoil the score.
#[test]
fn groups_that_leave_one_after_the_other() {
    let exit = vec![1.0, 1.5, 2.0, 3.0, 3.5, 4.0, 5.0, 5.5, 6.0, 7.0, 7.5, 8.0];
    let spells = Spells::new(1, exit, vec![Some(0); 12]).unwrap();
    let group: Vec<usize> = (0..12).map(|row| row / 3).collect();
    let test = Gray::new(0).rho(0.5).fit_spells(&spells, &group, None).unwrap();
    assert!(test.statistic.is_finite() && test.score.iter().all(|u| u.is_finite()));
    assert!(test.score.iter().sum::<f64>().abs() < 1e-12);
}

/// The first of a group to be there leave while nobody else of it is: the group's survival is 0, though fractional weights leave
/// something of it by rounding, and the group counts no more.
#[test]
fn a_group_whose_survival_is_0_counts_no_more() {
    let row = |group, entry, exit, cause, weight| Row {
        group,
        stratum: 0,
        entry,
        exit,
        cause,
        weight,
        person: 0,
    };
    let first = [(Some(0), 0.1), (Some(0), 0.2), (Some(1), 0.3)];
    let mut rows = first.map(|(cause, weight)| row(0, START, 1.0, cause, weight)).to_vec();
    for exit in [2.0, 3.0, 4.0] {
        rows.extend([0, 1, 2].map(|group| row(group, 1.5, exit, Some(0), 0.1)));
    }
    rows.extend([1, 2].map(|group| row(group, START, 5.0, None, 0.1)));
    let test =
        Gray::new(0).fit_spells(&spells(&rows, Kind::Sampling), &groups(&rows), None).unwrap();
    // At 1 they are 0.6, 0.1 and 0.1 of 0.8, and 0.3 leave; afterwards there are only the last two groups, which are alike.
    for (score, want) in test.score.iter().zip([0.3 - 0.3 * 0.75, -0.3 / 8.0, -0.3 / 8.0]) {
        assert!((score - want).abs() < 1e-12, "{score} is not {want}");
    }
}

#[test]
fn refusals() {
    let spells = Spells::new(
        2,
        vec![1.0, 1.0, 2.0, 2.0, 2.0, 2.0],
        vec![Some(0), Some(1), None, Some(0), None, Some(0)],
    )
    .unwrap();
    let fit = |group: &[usize], stratum: Option<&[usize]>| {
        let log_rank = LogRank::new().fit_spells(&spells, group, stratum);
        let gray = Gray::new(0).fit_spells(&spells, group, stratum);
        assert_eq!(log_rank.as_ref().err(), gray.as_ref().err());
        log_rank
    };
    assert!(fit(&[0, 1, 0, 1, 1, 0], Some(&[5, 5, 900, 900, 900, 900])).is_ok());
    let error = |group: &[usize], stratum| fit(group, stratum).unwrap_err();
    assert_eq!(error(&[0, 1], None), Error::Length { column: "group", found: 2, expected: 6 });
    assert_eq!(
        error(&[0, 1, 0, 1, 0, 1], Some(&[0])),
        Error::Length { column: "stratum", found: 1, expected: 6 }
    );
    assert_eq!(error(&[0; 6], None), Error::TooFewGroups { found: 1 });
    assert_eq!(error(&[0, 2, 0, 2, 0, 2], None), Error::EmptyGroup { group: 1 });
    assert_eq!(error(&[0, usize::MAX, 1, 2, 1, 2], None), Error::EmptyGroup { group: 3 });
    assert_eq!(
        error(&[0, usize::MAX, 0, 2, 0, 2], None).to_string(),
        "no row is of group 1; number the groups from 0 without gaps"
    );
    // Each in a stratum of its own.
    assert_eq!(error(&[0, 1, 0, 1, 0, 1], Some(&[0, 1, 2, 3, 4, 5])), Error::NoInformation);
    let few = spells.clone().with_clusters(&[1; 6]).unwrap();
    assert_eq!(
        Gray::new(0).fit_spells(&few, &[0, 1, 0, 1, 0, 1], None).unwrap_err().to_string(),
        "2 groups cannot be told apart by a variance of 1 clusters; it needs at least as many clusters (or \
         rows) of positive weight as groups"
    );
    let weightless = spells.clone().with_weights(Weights::Sampling(vec![0.0; 6])).unwrap();
    assert_eq!(
        LogRank::new().fit_spells(&weightless, &[0, 1, 0, 1, 0, 1], None).unwrap_err(),
        Error::TooFewClusters { clusters: 0, groups: 2 }
    );
    assert_eq!(
        Gray::new(2).fit_spells(&spells, &[0, 1, 0, 1, 0, 1], None).unwrap_err(),
        Error::UnknownCause { cause: 2, n_causes: 2 }
    );
    let power = Gray::new(0).rho(-1.0).fit_spells(&spells, &[0, 1, 0, 1, 0, 1], None).unwrap_err();
    assert_eq!(power, Error::TestPower { p: -1.0, q: 0.0 });
    let weights = TestWeights::g_rho(f64::NAN);
    let power = LogRank::new().weights(weights).fit_spells(&spells, &[0, 1, 0, 1, 0, 1], None);
    assert!(matches!(power.unwrap_err(), Error::TestPower { .. }));
    assert_eq!(
        spells.cause_specific(2).unwrap_err(),
        Error::UnknownCause { cause: 2, n_causes: 2 }
    );
    // Only groups 0 and 1 are at risk of anything together.
    let apart = Spells::new(1, vec![1.0, 1.0, 2.0, 3.0], vec![Some(0), None, None, Some(0)])
        .and_then(|spells| spells.with_entry(vec![0.0, 0.0, 1.5, 1.5]))
        .unwrap();
    let pairs = LogRank::new().pairwise_spells(&apart, &[0, 1, 1, 2], None).unwrap();
    assert_eq!(pairs.apart, [(2, 0), (2, 1)]);
    // The pair that is left stands as if it were alone.
    assert_eq!((pairs.pairs.len(), pairs.pairs[0].group, pairs.pairs[0].reference), (1, 1, 0));
    assert_eq!(pairs.p_holm, [pairs.pairs[0].test.p_value]);
    let apart = Spells::new(1, vec![1.0, 2.0], vec![Some(0), Some(0)])
        .and_then(|spells| spells.with_entry(vec![0.0, 1.5]))
        .unwrap();
    let none = LogRank::new().pairwise_spells(&apart, &[0, 1], None).unwrap_err();
    assert_eq!(none, Error::NoInformationBetween { group: 1, reference: 0 });
    assert_eq!(
        none.to_string(),
        "nothing tells groups 0 and 1 apart: while both were at risk no event that has a weight happened, or all left at \
         once; leave one out, or join it with another"
    );
}

/// Persons with the same spells in both groups, of which one was sampled more thinly: nothing but rounding is left.
#[test]
fn persons_who_are_alike_in_both_groups_tell_nothing() {
    let exit = vec![0.7, 1.9, 3.1, 4.3, 0.7, 1.9, 3.1, 4.3];
    let weights = [0.3, 1.7, 0.9, 1.1];
    let weights = weights.iter().chain(&weights.map(|w| 0.7 * w)).copied().collect();
    let spells = Spells::new(1, exit, vec![Some(0); 8])
        .and_then(|spells| spells.with_weights(Weights::Sampling(weights)))
        .and_then(|spells| spells.with_clusters(&[1, 2, 3, 4, 1, 2, 3, 4]))
        .unwrap();
    let group = [0, 0, 0, 0, 1, 1, 1, 1];
    let rank = LogRank::new().fit_spells(&spells, &group, None);
    let gray = Gray::new(0).fit_spells(&spells, &group, None);
    for test in [rank, gray] {
        assert_eq!(test.unwrap_err(), Error::NoInformation);
    }
}
