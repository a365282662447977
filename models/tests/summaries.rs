//! Restricted means, time lost and their influences: finite differences and identities.

#![expect(clippy::unwrap_used, reason = "a strategy makes spells that are right")]
#![expect(clippy::float_cmp, reason = "some values are without rounding")]

use std::collections::BTreeMap;

use afgang_models::{
    AalenJohansen, Contrast, Curve, Error, EventTable, JointEstimates, KaplanMeier, NelsonAalen,
    QuantileRule, RestrictedMean, RestrictedMeans, Spells, ValuesAt, Variance, Weights,
};
use proptest::prelude::*;

/// Entry, exit, cause, weight and cluster of each spell.
type Row = (f64, f64, Option<usize>, f64, u64);

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let late = prop_oneof![3 => Just(None), 1 => (0_u8..5).prop_map(Some)];
    let row =
        (late, 1_u8..5, prop_oneof![Just(None), (0_usize..2).prop_map(Some)], 1_u8..4, 0_u64..8);
    let row = row.prop_map(|(entry, length, cause, weight, cluster)| {
        let from = entry.map_or(f64::NEG_INFINITY, f64::from);
        (from, f64::from(entry.unwrap_or(0) + length), cause, f64::from(weight), cluster)
    });
    prop::collection::vec(row, 6..30).prop_map(|mut rows| {
        // Somebody is there from the start to the end, so that no risk set is emptied in between.
        rows.extend([
            (f64::NEG_INFINITY, 11.0, None, 2.0, 3),
            (f64::NEG_INFINITY, 11.0, None, 1.0, 5),
        ]);
        rows
    })
}

/// Between months and at them.
fn horizon() -> impl Strategy<Value = f64> {
    (1_u8..=22).prop_map(|half_months| f64::from(half_months) / 2.0)
}

fn weighted(rows: &[Row]) -> Vec<(f64, f64, Option<usize>, f64)> {
    rows.iter().map(|r| (r.0, r.1, r.2, r.3)).collect()
}

fn table(rows: &[Row]) -> EventTable {
    EventTable::from_weighted_spells(2, &weighted(rows)).unwrap()
}

fn spells(rows: &[Row], weights: impl Fn(Vec<f64>) -> Weights) -> Spells {
    Spells::new(2, rows.iter().map(|r| r.1).collect(), rows.iter().map(|r| r.2).collect())
        .and_then(|spells| spells.with_entry(rows.iter().map(|r| r.0).collect()))
        .and_then(|spells| spells.with_weights(weights(rows.iter().map(|r| r.3).collect())))
        .unwrap()
}

fn clusters(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|r| r.4).collect()
}

/// The mean time in and the times lost, or their standard errors.
fn column(means: &RestrictedMeans, of: fn(&afgang_models::Estimate) -> f64) -> Vec<f64> {
    std::iter::once(&means.time_in).chain(&means.lost).map(of).collect()
}

fn std_errors(means: &RestrictedMeans) -> Vec<f64> {
    column(means, |mean| mean.std_error)
}

/// Changes of the three means with the weight of each row, by central differences.
fn influences(rows: &[Row], spec: RestrictedMean) -> Vec<Vec<f64>> {
    let step = 1e-4;
    let means = |row: usize, by: f64| {
        let mut changed = rows.to_vec();
        changed[row].3 += by;
        column(&spec.fit(&table(&changed)).unwrap(), |mean| mean.estimate)
    };
    (0..rows.len())
        .map(|row| {
            let (up, down) = (means(row, step), means(row, -step));
            up.iter().zip(&down).map(|(up, down)| (up - down) / (2.0 * step)).collect()
        })
        .collect()
}

/// Roots of the sums over what counts as one observation of the squares of its influence.
fn by_definition(
    rows: &[Row],
    influences: &[Vec<f64>],
    observation: impl Fn(usize) -> u64,
    factor: impl Fn(f64) -> f64,
) -> Vec<f64> {
    (0..3)
        .map(|mean| {
            let mut sums = BTreeMap::new();
            for (i, row) in rows.iter().enumerate() {
                *sums.entry(observation(i)).or_insert(0.0) += factor(row.3) * influences[i][mean];
            }
            sums.values().map(|sum: &f64| sum * sum).sum::<f64>().sqrt()
        })
        .collect()
}

fn near(got: &[f64], want: &[f64], tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert_eq!(got.len(), want.len());
    for (got, want) in got.iter().zip(want) {
        prop_assert!((got - want).abs() <= tolerance, "{} is not {}", got, want);
    }
    Ok(())
}

/// Area under a curve up to a horizon, by its rows.
fn area(curve: &Curve, horizon: f64) -> f64 {
    let (mut area, mut from, mut value) = (0.0, 0.0, curve.start);
    for (&time, &estimate) in curve.time.iter().zip(&curve.estimate) {
        let until = time.min(horizon);
        area += value * (until - from);
        (from, value) = (until, estimate);
    }
    area + value * (horizon - from).max(0.0)
}

/// Time lost to cause 0 if the hazards of the two causes at the times were these.
fn lost(times: &[f64], hazards: &[[f64; 2]], horizon: f64) -> f64 {
    let (mut survival, mut lost) = (1.0, 0.0);
    for (&time, hazard) in times.iter().zip(hazards) {
        if time <= horizon {
            lost += survival * hazard[0] * (horizon - time);
            survival *= 1.0 - hazard[0] - hazard[1];
        }
    }
    lost
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn standard_errors_are_those_of_the_definition(rows in rows(), horizon in horizon()) {
        let spec = RestrictedMean::new(horizon);
        let moved = influences(&rows, spec);
        let alone = |row: usize| row as u64;
        let person = |row: usize| rows[row].4;
        // Central differences of step 1e-4 leave about 1e-8 of the third derivative, times ten months.
        let same = |spells: &Spells, want: &[f64]| {
            near(&std_errors(&spec.fit_spells(spells).unwrap()), want, 1e-5)
        };
        same(&spells(&rows, Weights::Case), &by_definition(&rows, &moved, alone, f64::sqrt))?;
        same(&spells(&rows, Weights::Sampling), &by_definition(&rows, &moved, alone, |w| w))?;
        let by_person = by_definition(&rows, &moved, person, |w| w);
        for weights in [Weights::Case, Weights::Sampling] {
            same(&spells(&rows, weights).with_clusters(&clusters(&rows)).unwrap(), &by_person)?;
        }
    }

    #[test]
    fn without_late_entry_the_jackknife_of_rows_is_greenwoods(rows in rows(), horizon in horizon()) {
        let rows: Vec<Row> = rows.iter().map(|r| (f64::NEG_INFINITY, r.1, r.2, r.3, r.4)).collect();
        let spec = RestrictedMean::new(horizon);
        let by_influence = spec.fit_spells(&spells(&rows, Weights::Case)).unwrap();
        near(&std_errors(&by_influence), &std_errors(&spec.fit(&table(&rows)).unwrap()), 1e-12)?;
    }

    #[test]
    fn variances_follow_from_those_of_the_hazards(rows in rows(), horizon in horizon()) {
        let table = table(&rows);
        let (times, at_risk) = (table.times(), table.at_risk());
        let events: Vec<[f64; 2]> = (0..table.len())
            .map(|row| [0, 1].map(|cause| table.events_at(row)[cause]))
            .collect();
        let hazards: Vec<[f64; 2]> =
            events.iter().zip(&at_risk).map(|(d, y)| d.map(|d| if d > 0.0 { d / y } else { 0.0 })).collect();
        let slope = |row: usize, cause: usize| {
            let at = |by: f64| {
                let mut moved = hazards.clone();
                moved[row][cause] += by;
                lost(times, &moved, horizon)
            };
            (at(1e-3) - at(-1e-3)) / 2e-3 // linear in each hazard
        };
        let (mut greenwood, mut aalen) = (0.0, 0.0);
        for (row, (&y, &[d, o])) in at_risk.iter().zip(&events).enumerate() {
            if d + o > 0.0 {
                let (own, other) = (slope(row, 0), slope(row, 1));
                let ties = |d: f64| if d > 1.0 { (y - d) / (y - 1.0) } else { 1.0 };
                greenwood += (own * own * d * (y - d) + other * other * o * (y - o)
                    - 2.0 * own * other * d * o) / y.powi(3);
                aalen += (own * own * d * ties(d) + other * other * o * ties(o)) / (y * y);
            }
        }
        let of = |kind| RestrictedMean::new(horizon).variance(kind).fit(&table).unwrap().lost[0].std_error;
        near(&[of(Variance::Greenwood), of(Variance::Aalen)], &[greenwood.sqrt(), aalen.sqrt()], 1e-9)?;
    }

    #[test]
    fn means_are_areas_and_add_up(rows in rows(), horizon in horizon()) {
        let table = table(&rows);
        let means = RestrictedMean::new(horizon).fit(&table).unwrap();
        let mut areas = vec![area(&KaplanMeier::new().fit(&table).unwrap(), horizon)];
        for curve in AalenJohansen::new().fit(&table).unwrap() {
            areas.push(area(&curve, horizon));
        }
        let found = column(&means, |mean| mean.estimate);
        near(&found, &areas, 1e-12)?;
        near(&[found.iter().sum()], &[horizon], 1e-12)?;
        // The rows give the same as their table.
        let by_rows = RestrictedMean::new(horizon).fit_spells(&spells(&rows, Weights::Case)).unwrap();
        near(&column(&by_rows, |mean| mean.estimate), &found, 0.0)?;
    }

    #[test]
    fn with_one_cause_time_lost_is_time_not_in(rows in rows(), horizon in horizon()) {
        let rows: Vec<_> =
            weighted(&rows).iter().map(|&(entry, exit, cause, w)| (entry, exit, cause.map(|_| 0), w)).collect();
        let table = EventTable::from_weighted_spells(1, &rows).unwrap();
        for kind in [Variance::Greenwood, Variance::Aalen] {
            let means = RestrictedMean::new(horizon).variance(kind).fit(&table).unwrap();
            near(&[means.lost[0].std_error], &[means.time_in.std_error], 1e-12)?;
        }
    }

    #[test]
    fn case_weights_are_copies_and_sampling_weights_have_no_scale(rows in rows(), horizon in horizon()) {
        let spec = RestrictedMean::new(horizon);
        let copies: Vec<Row> = rows
            .iter()
            .flat_map(|&row| std::iter::repeat_n((row.0, row.1, row.2, 1.0, row.4), row.3 as usize))
            .collect();
        let expanded = spec.fit_spells(&spells(&copies, |_| Weights::None)).unwrap();
        let of = |spells: &Spells| std_errors(&spec.fit_spells(spells).unwrap());
        near(&of(&spells(&rows, Weights::Case)), &std_errors(&expanded), 1e-12)?;
        let scaled = |by: f64| {
            of(&spells(&rows, |weights| Weights::Sampling(weights.iter().map(|w| w * by).collect())))
        };
        near(&scaled(1.0), &scaled(8.0), 1e-12)?;
    }

    #[test]
    fn groups_are_as_alone_and_their_clusters_tie_them(rows in rows(), horizon in horizon()) {
        let spec = RestrictedMean::new(horizon);
        // Two halves that both reach the end: groups by turns, the last two rows being one of each.
        let group: Vec<usize> = (0..rows.len()).map(|row| (rows.len() - 1 - row) % 2).collect();
        let all = spells(&rows, Weights::Sampling).with_clusters(&clusters(&rows)).unwrap();
        let joint = spec.fit_groups(&all, &group).unwrap();
        for g in 0..2 {
            let own: Vec<Row> = rows.iter().zip(&group).filter(|(_, of)| **of == g).map(|(&r, _)| r).collect();
            let alone = spells(&own, Weights::Sampling).with_clusters(&clusters(&own)).unwrap();
            let alone = spec.fit_spells(&alone).unwrap();
            near(&column(&joint.groups[g], |mean| mean.estimate), &column(&alone, |mean| mean.estimate), 1e-12)?;
            near(&std_errors(&joint.groups[g]), &std_errors(&alone), 1e-12)?;
        }
        // Without clusters nothing ties groups; with one row a cluster neither.
        let apart = spec.fit_groups(&spells(&rows, Weights::Sampling), &group).unwrap();
        let ids: Vec<usize> = (0..rows.len()).collect();
        let by_row = spells(&rows, Weights::Sampling).with_clusters(&ids).unwrap();
        let by_row = spec.fit_groups(&by_row, &group).unwrap();
        for means in [&apart, &by_row] {
            prop_assert_eq!(means.time_in.covariance(0, 1), Some(0.0));
            prop_assert_eq!(means.lost[1].covariance(1, 0), Some(0.0));
        }
        near(&std_errors(&apart.groups[1]), &std_errors(&by_row.groups[1]), 1e-12)?;
    }
}

/// Two of four leave for cause 0 at 1, one for cause 1 at 2, one is censored at 3; up to 3.
#[test]
fn time_lost_by_hand() {
    let rows = [(1.0, Some(0)), (1.0, Some(0)), (2.0, Some(1)), (3.0, None)];
    let table = EventTable::from_times(2, &rows).unwrap();
    let fit = |kind| RestrictedMean::new(3.0).variance(kind).fit(&table).unwrap();
    let means = fit(Variance::Greenwood);
    // S is 1, 1/2, 1/4 over three months; F0 is 0, 1/2, 1/2; F1 is 0, 0, 1/4.
    let found = column(&means, |mean| mean.estimate);
    for (got, want) in found.iter().zip([7.0 / 4.0, 1.0, 1.0 / 4.0]) {
        assert!((got - want).abs() < 1e-15, "{got} is not {want}");
    }
    // All is known of the four, so that Greenwood's variances are those of four numbers: 1, 1, 2, 3 months in,
    // 2, 2, 0, 0 lost to cause 0 and 0, 0, 1, 0 lost to cause 1.
    let squares = [11.0 / 4.0, 4.0, 3.0 / 4.0]; // of the distances from the means
    for (got, want) in std_errors(&means).iter().zip(squares) {
        assert!((got * got - want / 16.0).abs() < 1e-15, "{got} squared is not {want} / 16");
    }
    // Aalen's: of cause 0 only the two exits count, 2² * 2/16 * (4 - 2)/(4 - 1). One who is in after month 1 loses
    // half a month to cause 1: an exit for cause 0 at 1 moves it by -1/2, one for cause 1 at 2 by the half left.
    let aalen = fit(Variance::Aalen);
    let squares = [4.0 / 12.0, 1.0 / 4.0 / 12.0 + 1.0 / 4.0 / 4.0];
    for (got, want) in aalen.lost.iter().zip(squares) {
        let got = got.std_error * got.std_error;
        assert!((got - want).abs() < 1e-15, "{got} is not {want}");
    }
}

/// Nobody leaves before the horizon: the mean is the horizon, without error, and cannot be compared.
#[test]
fn before_the_first_exit() {
    let table = EventTable::from_times(1, &[(2.0, Some(0)), (4.0, None)]).unwrap();
    let means = RestrictedMean::new(1.5).fit(&table).unwrap();
    assert_eq!((means.time_in.estimate, means.time_in.std_error), (1.5, 0.0));
    assert_eq!((means.lost[0].estimate, means.lost[0].conf_high), (0.0, 0.0));
    let groups: JointEstimates = [means.time_in, means.time_in].into_iter().collect();
    assert_eq!(
        Contrast::Difference.between(&groups, 0, 1, 0.95).unwrap_err(),
        Error::NoInformation
    );
    assert_eq!(Contrast::Difference.equal(&groups).unwrap_err(), Error::NoInformation);
}

/// Spells that are all alike, each of its own person or with its own sampling weight: no influence is anything but rounding.
#[test]
fn spells_that_are_alike_have_no_spread() {
    for n in 2..60 {
        let ids: Vec<usize> = (0..n).collect();
        let weights: Vec<f64> = (0..n).map(|i| 0.3 + i as f64 / 7.0).collect();
        let alike = Spells::new(2, vec![3.7; n], vec![Some(0); n])
            .and_then(|spells| spells.with_entry(vec![0.9; n]))
            .unwrap();
        let persons = alike.clone().with_clusters(&ids).unwrap();
        let sampled = alike.with_weights(Weights::Sampling(weights)).unwrap();
        for spells in [&persons, &sampled] {
            let means = RestrictedMean::new(6.1).fit_groups(spells, &vec![0; n]).unwrap();
            let values = ValuesAt::new(3.7).fit_groups(spells, &vec![0; n]).unwrap();
            for joint in means.lost.iter().chain(&values.incidence).chain([&means.time_in]) {
                assert!(joint.get(0).unwrap().1 <= 0.0, "{n}: {joint:?}");
            }
            let hazard = NelsonAalen::new().fit_spells(spells).unwrap();
            let incidence = AalenJohansen::new().fit_spells(spells).unwrap();
            for curve in incidence.iter().chain([&hazard]) {
                assert!(curve.std_error[0] <= 0.0, "{n}: {curve:?}");
            }
        }
    }
}

/// Persons who stay as long in one group as in the other vary together: nothing but rounding is left of the difference.
#[test]
fn a_difference_that_does_not_vary_is_not_tested() {
    let (third, seventh) = (1.0 / 3.0, 1.0 / 7.0);
    let near = [vec![third, third], vec![third, third * (1.0 + 4e-16)]];
    let groups = JointEstimates::new(&[1.0 + seventh, 1.0], &near).unwrap();
    assert!(matches!(Contrast::Difference.equal(&groups), Err(Error::NoInformation)));
    let between = Contrast::Difference.between(&groups, 1, 0, 0.95);
    assert!(matches!(between, Err(Error::NoInformation)));
}

#[test]
fn what_is_refused() {
    let table = EventTable::from_times(1, &[(2.0, Some(0)), (4.0, None)]).unwrap();
    for horizon in [0.0, -1.0, f64::NAN, f64::INFINITY, 4.5] {
        let refused = RestrictedMean::new(horizon).fit(&table).unwrap_err();
        assert!(matches!(refused, Error::Horizon { last: 4.0, .. }), "{horizon}: {refused}");
    }
    assert!(RestrictedMean::new(4.5).extend(true).fit(&table).is_ok());
    // Nobody is left at the end: what follows is known.
    let all_left = EventTable::from_times(1, &[(2.0, Some(0)), (4.0, Some(0))]).unwrap();
    let mean = RestrictedMean::new(100.0).fit(&all_left).unwrap().time_in;
    assert_eq!(mean.estimate, 3.0);
    let early = EventTable::from_times(1, &[(-1.0, Some(0)), (4.0, None)]).unwrap();
    assert_eq!(
        RestrictedMean::new(2.0).fit(&early).unwrap_err(),
        Error::NegativeTime { time: -1.0 }
    );
    assert_eq!(
        RestrictedMean::new(2.0).level(1.0).fit(&table).unwrap_err(),
        Error::Level { level: 1.0 }
    );

    let spells = Spells::new(1, vec![2.0, 4.0], vec![Some(0), None]).unwrap();
    let groups = |group: &[usize]| RestrictedMean::new(2.0).fit_groups(&spells, group).unwrap_err();
    assert_eq!(groups(&[0]), Error::Length { column: "group", found: 1, expected: 2 });
    assert_eq!(groups(&[1, 1]), Error::EmptyTable); // nobody in group 0
    assert_eq!(groups(&[0, usize::MAX]), Error::EmptyTable);
    let none = Spells::new(1, Vec::new(), Vec::new()).unwrap();
    assert_eq!(RestrictedMean::new(2.0).fit_spells(&none).unwrap_err(), Error::EmptyTable);

    let two = [(0.5, 0.1), (1.0, 0.1)];
    let between = |contrast: Contrast, groups: &[(f64, f64)], of: usize| {
        contrast.between(groups, of, 0, 0.95).unwrap_err()
    };
    let missing = Error::Length { column: "groups", found: 2, expected: 3 };
    assert_eq!(between(Contrast::Difference, &two, 2), missing);
    assert_eq!(between(Contrast::Difference, &two, 0), Error::NoInformation); // with itself
    assert_eq!(between(Contrast::CumulativeHazardRatio, &two, 1), Error::NoInformation); // log of 1
    let negative = [(-0.5, 0.1), (-1.0, 0.1)];
    assert_eq!(between(Contrast::Ratio, &negative, 1), Error::NoInformation);
    assert_eq!(
        between(Contrast::Difference, &[(1.0, 0.1), (f64::NAN, 0.1)], 1),
        Error::NoInformation
    );
    let alone = Contrast::Ratio.pairwise(&two[..1], 0.95).unwrap_err();
    assert_eq!(alone, Error::TooFewGroups { found: 1 });
    assert_eq!(Contrast::Ratio.equal(&two[..1]).unwrap_err(), Error::TooFewGroups { found: 1 });
    let known = [(0.5, 0.1), (0.6, 0.0)];
    assert_eq!(Contrast::Difference.equal(&known).unwrap_err(), Error::NoInformation);
    let covariance = JointEstimates::new(&[1.0, 2.0], &[vec![1.0, 0.0], vec![0.0]]).unwrap_err();
    assert_eq!(covariance, Error::Length { column: "covariance", found: 1, expected: 2 });
}

#[test]
fn comparisons_with_one_group() {
    let groups = [(10.0, 3.0), (8.0, 4.0), (2.0, 4.0)];
    let of = Contrast::Difference.against(&groups, 1, 0.95).unwrap();
    let pairs: Vec<_> =
        of.pairs.iter().map(|p| (p.group, p.reference, p.estimate.estimate)).collect();
    assert_eq!(pairs, [(0, 1, 2.0), (2, 1, -6.0)]);
    assert_eq!(of.pairs[0], Contrast::Difference.between(&groups, 0, 1, 0.95).unwrap());
    assert_eq!(of.p_holm, afgang_models::holm(&[of.pairs[0].p_value, of.pairs[1].p_value]));
}

/// A quantile asks for a part of all.
#[test]
fn quantiles_of_no_part_at_all() {
    let table = EventTable::from_times(1, &[(2.0, Some(0)), (4.0, Some(0))]).unwrap();
    let curve = KaplanMeier::new().fit(&table).unwrap();
    for probability in [0.0, -0.5, 1.5, f64::NAN] {
        let found = curve.quantile(probability, QuantileRule::First);
        assert!(found.estimate.is_nan() && found.conf_low.is_nan() && found.conf_high.is_nan());
    }
    assert_eq!(curve.quantile(1.0, QuantileRule::First).estimate, 4.0);
}

/// Uniform numbers in [0, 1) by a counter (SplitMix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, n: f64) -> f64 {
        (self.next() * n).floor()
    }
}

/// Monthly hazards of the two causes; those of a person are half of them or half as much again.
const HAZARDS: [f64; 2] = [0.06, 0.04];
const FACTORS: [f64; 2] = [0.5, 1.5];
const HORIZON: f64 = 12.0;

/// Spells of persons with `at_most` spells each, some known only from a later month on, and the persons.
fn register(draws: &mut Draws, persons: usize, at_most: f64, late: bool) -> (Vec<Row>, Vec<usize>) {
    let (mut rows, mut group) = (Vec::new(), Vec::new());
    for person in 0..persons {
        let factor = FACTORS[draws.below(2.0) as usize];
        for spell in 0..=draws.below(at_most) as usize {
            let entry = if late { draws.below(5.0) } else { 0.0 };
            let censored = 6.0 + draws.below(18.0);
            let (mut month, mut cause) = (0.0, None);
            while cause.is_none() && month < censored {
                month += 1.0;
                let u = draws.next();
                let [one, two] = HAZARDS.map(|h| h * factor);
                cause = if u < one { Some(0) } else { (u < one + two).then_some(1) };
            }
            if month > entry {
                rows.push((entry, month, cause, 1.0, person as u64));
                group.push(spell % 2);
            }
        }
    }
    (rows, group)
}

/// The mean time in and the times lost up to the horizon, over persons of both kinds.
fn truth() -> Vec<f64> {
    let mut means = vec![0.0; 3];
    for factor in FACTORS {
        let [one, two] = HAZARDS.map(|h| h * factor);
        let mut survival = 0.5;
        for month in 0..HORIZON as usize {
            let rest = HORIZON - 1.0 - month as f64;
            means[0] += survival;
            means[1] += survival * one * rest;
            means[2] += survival * two * rest;
            survival *= 1.0 - one - two;
        }
    }
    means
}

/// The results stand in METHODS.md. Run it with `cargo test --release -p afgang-models -- --ignored --nocapture`.
#[test]
#[ignore = "40,000 simulated registers"]
fn coverage_and_size_by_simulation() {
    const RUNS: u32 = 5000;
    let spec = RestrictedMean::new(HORIZON);
    let settings = [(1.0, false), (1.0, true), (5.0, false), (5.0, true)];
    let sizes = [200, 1000];
    for (n, (at_most, late)) in sizes.into_iter().flat_map(|n| settings.map(|of| (n, of))) {
        // With 200 persons and late entry there are 40 at risk in the first month.
        let fair = if n < 1000 { 0.915..0.965 } else { 0.935..0.965 };
        let mut draws = Draws(20_000_101 + at_most as u64 + u64::from(late));
        // Intervals that hold the truth: three means by rows, the same by persons; rejections of equal groups.
        let (mut by_rows, mut by_persons, mut rejected) = ([0_u32; 3], [0_u32; 3], [0_u32; 2]);
        for _ in 0..RUNS {
            let (rows, group) = register(&mut draws, n, at_most, late);
            let alone = spells(&rows, |_| Weights::None);
            let persons = alone.clone().with_clusters(&clusters(&rows)).unwrap();
            for (spells, counts) in [(&alone, &mut by_rows), (&persons, &mut by_persons)] {
                let means = spec.fit_spells(spells).unwrap();
                for ((count, truth), mean) in counts
                    .iter_mut()
                    .zip(truth())
                    .zip(std::iter::once(&means.time_in).chain(&means.lost))
                {
                    *count += u32::from(mean.conf_low <= truth && truth <= mean.conf_high);
                }
            }
            if at_most > 1.0 {
                for (spells, count) in [&alone, &persons].into_iter().zip(&mut rejected) {
                    let groups = spec.fit_groups(spells, &group).unwrap().time_in;
                    let test = Contrast::Difference.equal(&groups).unwrap();
                    *count += u32::from(test.p_value < 0.05);
                }
            }
        }
        let share = |count: &u32| f64::from(*count) / f64::from(RUNS);
        let shares = |counts: &[u32]| counts.iter().map(share).collect::<Vec<_>>();
        println!(
            "{n} persons, spells 1 to {at_most}, late {late}: coverage by rows {:?}, by persons {:?}, size {:?}",
            shares(&by_rows),
            shares(&by_persons),
            shares(&rejected)
        );
        for count in &by_persons {
            assert!(fair.contains(&share(count)), "{}", share(count));
        }
        if at_most > 1.0 {
            assert!((0.04..0.06).contains(&share(&rejected[1])), "{}", share(&rejected[1]));
        }
    }
}

/// Rows of one cluster tell nothing of others: a group of one person has no standard error, and fewer persons than groups no test.
#[test]
fn groups_of_few_clusters() {
    let spells = |clusters: &[u64]| {
        let exit = vec![1.0, 2.0, 3.0, 1.5, 2.5, 4.0];
        let spells = Spells::new(1, exit, vec![Some(0); 6]).unwrap();
        spells.with_clusters(clusters).unwrap()
    };
    let group = [0, 0, 0, 1, 1, 1];
    let spec = RestrictedMean::new(2.0);
    let fit = |clusters: &[u64]| spec.fit_groups(&spells(clusters), &group);
    let means = fit(&[1, 1, 1, 2, 3, 4]).unwrap();
    assert!(means.time_in.get(0).unwrap().1.is_nan());
    assert!(means.time_in.get(1).unwrap().1 > 0.0);
    assert_eq!(Contrast::Difference.equal(&means.time_in).unwrap_err(), Error::NoInformation);
    assert_eq!(fit(&[7; 6]).unwrap_err(), Error::TooFewClusters { clusters: 1, groups: 2 });
    let values = ValuesAt::new(2.0);
    let refused = values.fit_groups(&spells(&[7; 6]), &group).unwrap_err();
    assert_eq!(refused, Error::TooFewClusters { clusters: 1, groups: 2 });
}
