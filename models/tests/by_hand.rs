//! Small samples worked out by hand, with fractions written as fractions.

#![expect(clippy::float_cmp, reason = "counts are exact, and so are values without rounding")]

use afgang_models::{AalenJohansen, EventTable, Interval, KaplanMeier, NelsonAalen, Variance};

/// A handful of operations on doubles near 1.
const ROUNDING: f64 = 4.0 * f64::EPSILON;

/// There from the start.
const START: f64 = f64::NEG_INFINITY;

#[track_caller]
fn assert_close(got: &[f64], want: &[f64]) {
    assert_eq!(got.len(), want.len(), "got {got:?}, want {want:?}");
    for (a, b) in got.iter().zip(want) {
        let same = (a.is_nan() && b.is_nan()) || (a - b).abs() <= ROUNDING * b.abs().max(1.0);
        assert!(same, "got {got:?}, want {want:?}");
    }
}

fn squares(values: &[f64]) -> Vec<f64> {
    values.iter().map(|x| x * x).collect()
}

/// Event and censoring at the first time, and at the last.
#[test]
fn events_come_before_censorings() {
    let rows = [(1.0, Some(0)), (1.0, None), (2.0, Some(0)), (3.0, None), (3.0, Some(0))];
    let table = EventTable::from_times(1, &rows).unwrap();

    let survival = KaplanMeier::new().fit(&table).unwrap();
    assert_eq!(survival.time, [1.0, 2.0, 3.0]);
    assert_eq!(survival.n_risk, [5.0, 3.0, 2.0]);
    assert_eq!(survival.n_event, [1.0, 1.0, 1.0]);
    assert_eq!(survival.n_censor, [1.0, 0.0, 1.0]);
    assert_close(&survival.estimate, &[4.0 / 5.0, 8.0 / 15.0, 4.0 / 15.0]);
    assert_close(
        &squares(&survival.std_error),
        &[
            16.0 / 25.0 * (1.0 / 20.0),
            64.0 / 225.0 * (1.0 / 20.0 + 1.0 / 6.0),
            16.0 / 225.0 * (1.0 / 20.0 + 1.0 / 6.0 + 1.0 / 2.0),
        ],
    );

    let hazard = NelsonAalen::new().fit(&table).unwrap();
    assert_close(&hazard.estimate, &[1.0 / 5.0, 8.0 / 15.0, 31.0 / 30.0]);
    let poisson = [1.0 / 25.0, 1.0 / 25.0 + 1.0 / 9.0, 1.0 / 25.0 + 1.0 / 9.0 + 1.0 / 4.0];
    assert_close(&squares(&hazard.std_error), &poisson);
    let hazard = NelsonAalen::new().variance(Variance::Greenwood).fit(&table).unwrap();
    let binomial = [4.0 / 125.0, 4.0 / 125.0 + 2.0 / 27.0, 4.0 / 125.0 + 2.0 / 27.0 + 1.0 / 8.0];
    assert_close(&squares(&hazard.std_error), &binomial);
}

/// The limits of S = 2/3 with z = 2, from their definitions.
#[test]
fn limits_at_two_standard_errors() {
    // 4 of 12 leave: S = 2/3, variance 2/3 * 1/3 / 12 = 1/54, of log S 1/24.
    let table = EventTable::from_counts(1, &[1.0], &[4], &[8], None).unwrap();
    let level = 0.954_499_736_103_641_6; // twice the normal distribution function at 2, less 1
    let limits = |interval| {
        let curve = KaplanMeier::new().interval(interval).level(level).fit(&table).unwrap();
        [curve.conf_low[0], curve.conf_high[0]]
    };
    let (p, se) = (2.0_f64 / 3.0, (1.0_f64 / 54.0).sqrt());
    let close = |got: [f64; 2], want: [f64; 2]| {
        for (got, want) in got.into_iter().zip(want) {
            assert!((got - want).abs() < 1e-13, "got {got}, want {want}");
        }
    };
    close(limits(Interval::Plain), [p - 2.0 * se, p + 2.0 * se]);
    let f = (2.0 * (1.0_f64 / 24.0).sqrt()).exp();
    close(limits(Interval::Log), [p / f, 1.0]); // p * f = 1.003 is cut
    let f = (2.0 * se / (p * -p.ln())).exp();
    close(limits(Interval::LogLog), [p.powf(f), p.powf(1.0 / f)]);
    let f = (2.0 * se / (2.0 / 9.0)).exp(); // odds of 2
    close(limits(Interval::Logit), [2.0 / f / (1.0 + 2.0 / f), 2.0 * f / (1.0 + 2.0 * f)]);
    let (a, half) = (p.sqrt().asin(), 2.0 * se / (2.0 * (2.0_f64 / 9.0).sqrt()));
    close(limits(Interval::Arcsine), [(a - half).sin().powi(2), (a + half).sin().powi(2)]);
}

/// Two causes that tie. Nobody is censored before 3, so shares of the four are the answer.
#[test]
fn causes_that_tie_share_the_risk_set() {
    let rows = [(1.0, Some(0)), (1.0, Some(1)), (2.0, Some(0)), (3.0, None)];
    let table = EventTable::from_times(2, &rows).unwrap();

    let curves = AalenJohansen::new().fit(&table).unwrap();
    assert_eq!(curves[0].n_risk, [4.0, 2.0, 1.0]);
    assert_eq!(curves[0].n_event, [1.0, 1.0, 0.0]);
    assert_eq!(curves[1].n_event, [1.0, 0.0, 0.0]);
    assert_close(&curves[0].estimate, &[1.0 / 4.0, 1.0 / 2.0, 1.0 / 2.0]);
    assert_close(&curves[1].estimate, &[1.0 / 4.0, 1.0 / 4.0, 1.0 / 4.0]);
    // Binomial: p (1 - p) / 4.
    assert_close(&squares(&curves[0].std_error), &[3.0 / 64.0, 1.0 / 16.0, 1.0 / 16.0]);
    assert_close(&squares(&curves[1].std_error), &[3.0 / 64.0; 3]);

    // Aalen: at 1 the hazards have variance 1/16 each, at 2 it is 1/4 and the survival before is 1/2.
    // An error at 1 moves F_0(2) by 1 - (1/4) / (1/2) = 1/2 for cause 0 and by -1/2 for cause 1.
    let curves = AalenJohansen::new().variance(Variance::Aalen).fit(&table).unwrap();
    let at_two = 1.0 / 4.0 / 16.0 + 1.0 / 4.0 / 16.0 + 1.0 / 4.0 / 4.0;
    assert_close(&squares(&curves[0].std_error), &[1.0 / 16.0, at_two, at_two]);
    assert_close(&squares(&curves[1].std_error), &[1.0 / 16.0; 3]);
}

/// Two exits of one cause at once: the factor (Y - d) / (Y - 1) of Aalen's variance.
#[test]
fn ties_within_a_cause_shrink_the_aalen_variance() {
    let rows = [(1.0, Some(0)), (1.0, Some(0)), (1.0, Some(1)), (2.0, None), (2.0, None)];
    let table = EventTable::from_times(2, &rows).unwrap();
    let curves = AalenJohansen::new().variance(Variance::Aalen).fit(&table).unwrap();
    let of_two = 2.0 / 25.0 * (3.0 / 4.0);
    assert_close(&squares(&curves[0].std_error), &[of_two; 2]);
    assert_close(&squares(&curves[1].std_error), &[1.0 / 25.0; 2]);
}

/// The example in the tests of R's survival package (`testci.R`): states after 2, 3 and 6.
#[test]
fn two_causes_with_censoring_at_event_times() {
    let rows = [
        (1.0, None),
        (2.0, Some(0)),
        (2.0, None),
        (3.0, Some(1)),
        (3.0, None),
        (3.0, Some(1)),
        (5.0, None),
        (6.0, Some(1)),
    ];
    let table = EventTable::from_times(2, &rows).unwrap();
    let survival = KaplanMeier::new().fit(&table).unwrap();
    let curves = AalenJohansen::new().fit(&table).unwrap();
    assert_eq!(survival.n_risk, [8.0, 7.0, 5.0, 2.0, 1.0]);
    for (t, s, first, second) in [
        (2.0, 6.0 / 7.0, 1.0 / 7.0, 0.0),
        (3.0, 18.0 / 35.0, 1.0 / 7.0, 12.0 / 35.0),
        (6.0, 0.0, 1.0 / 7.0, 6.0 / 7.0),
    ] {
        assert_close(&[survival.at(t), curves[0].at(t), curves[1].at(t)], &[s, first, second]);
    }
    // Of the first cause only the exit of one of seven matters, to the end.
    assert_close(&squares(&curves[0].std_error[1..]), &[6.0 / 343.0; 4]);
    assert_close(&squares(&curves[1].std_error[4..]), &[6.0 / 343.0]);
}

/// Who enters at the time of an event is not at risk for it.
#[test]
fn entries_come_last() {
    let rows = [(START, 2.0, Some(0)), (START, 3.0, None), (2.0, 4.0, Some(0)), (2.0, 5.0, None)];
    let table = EventTable::from_spells(1, &rows).unwrap();
    let survival = KaplanMeier::new().fit(&table).unwrap();
    assert_eq!(survival.time, [2.0, 3.0, 4.0, 5.0]);
    assert_eq!(survival.n_risk, [2.0, 3.0, 2.0, 1.0]);
    assert_close(&survival.estimate, &[1.0 / 2.0, 1.0 / 2.0, 1.0 / 4.0, 1.0 / 4.0]);
    // Greenwood: 1/2, then 1/2 + 1/2.
    assert_close(&squares(&survival.std_error), &[1.0 / 8.0, 1.0 / 8.0, 1.0 / 16.0, 1.0 / 16.0]);
    assert_eq!(table.at_risk_at(2.5), 3.0);
}

/// The two first are gone at 2; the two last are there from 5 on.
#[test]
fn an_empty_risk_set_changes_nothing() {
    let rows = [(0.0, 1.0, Some(0)), (0.0, 2.0, None), (5.0, 7.0, Some(1)), (5.0, 8.0, None)];
    let table = EventTable::from_spells(2, &rows).unwrap();
    for (t, at_risk) in [(0.0, 0.0), (0.5, 2.0), (2.0, 1.0), (3.0, 0.0), (5.0, 0.0), (5.5, 2.0)] {
        assert_eq!(table.at_risk_at(t), at_risk, "at {t}");
    }
    let survival = KaplanMeier::new().fit(&table).unwrap();
    assert_eq!(survival.time, [1.0, 2.0, 7.0, 8.0]); // not the entries
    assert_close(&survival.estimate, &[1.0 / 2.0, 1.0 / 2.0, 1.0 / 4.0, 1.0 / 4.0]);
    let curves = AalenJohansen::new().fit(&table).unwrap();
    assert_close(&[curves[0].at(8.0), curves[1].at(8.0)], &[1.0 / 2.0, 1.0 / 4.0]);
    assert_close(&[curves[1].at(5.0)], &[0.0]);
}

/// When the only one at risk leaves, the curve is 0 for good; the hazard goes on.
#[test]
fn a_curve_at_zero_stays_there() {
    let rows = [(0.0, 1.0, Some(0)), (2.0, 3.0, Some(0)), (2.0, 4.0, None)];
    let table = EventTable::from_spells(1, &rows).unwrap();
    let survival = KaplanMeier::new().fit(&table).unwrap();
    assert_eq!(survival.estimate, [0.0; 3]);
    assert!(survival.std_error.iter().all(|se| se.is_nan()));
    assert!(survival.conf_low.iter().chain(&survival.conf_high).all(|limit| limit.is_nan()));
    let incidence = &AalenJohansen::new().fit(&table).unwrap()[0];
    assert_eq!(incidence.estimate, [1.0; 3]);
    assert_eq!(incidence.std_error, [0.0; 3]);
    let hazard = NelsonAalen::new().fit(&table).unwrap();
    assert_close(&hazard.estimate, &[1.0, 3.0 / 2.0, 3.0 / 2.0]);
}

#[test]
fn all_censored() {
    let table = EventTable::from_times(2, &[(1.0, None), (2.0, None), (2.0, None)]).unwrap();
    for interval in [Interval::Plain, Interval::Log] {
        let survival = KaplanMeier::new().interval(interval).fit(&table).unwrap();
        assert_eq!(survival.estimate, [1.0; 2]);
        assert_eq!(survival.std_error, [0.0; 2]);
        assert_eq!((&*survival.conf_low, &*survival.conf_high), (&[1.0; 2][..], &[1.0; 2][..]));
    }
    for interval in [Interval::LogLog, Interval::Logit, Interval::Arcsine] {
        let survival = KaplanMeier::new().interval(interval).fit(&table).unwrap();
        assert!(survival.conf_low.iter().chain(&survival.conf_high).all(|limit| limit.is_nan()));
    }
    for curve in AalenJohansen::new().interval(Interval::Plain).fit(&table).unwrap() {
        assert_eq!((curve.n_risk, curve.n_censor), (vec![3.0, 2.0], vec![1.0, 2.0]));
        assert_eq!((curve.estimate, curve.std_error), (vec![0.0; 2], vec![0.0; 2]));
        assert_eq!((curve.conf_low, curve.conf_high), (vec![0.0; 2], vec![0.0; 2]));
    }
    let hazard = NelsonAalen::new().fit(&table).unwrap();
    assert_eq!((hazard.estimate, hazard.std_error), (vec![0.0; 2], vec![0.0; 2]));
    assert!(hazard.conf_low.iter().all(|limit| limit.is_nan()));
}

/// Counts by month are the spells; the table needs no order of causes or rows.
#[test]
fn counts_and_spells_agree() {
    let spells = [
        (0.0, 1.0, Some(1)),
        (0.0, 3.0, Some(0)),
        (0.0, 3.0, Some(0)),
        (1.0, 3.0, None),
        (2.0, 4.0, Some(1)),
    ];
    let by_spells = EventTable::from_spells(2, &spells).unwrap();
    let by_counts = EventTable::from_counts(
        2,
        &[0.0, 1.0, 2.0, 3.0, 4.0],
        &[0, 0, 0, 1, 0, 0, 2, 0, 0, 1],
        &[0, 0, 0, 1, 0],
        Some(&[3, 1, 1, 0, 0]),
    )
    .unwrap();
    assert_eq!(by_spells, by_counts);
    assert_eq!(by_spells.at_risk(), [0.0, 3.0, 3.0, 4.0, 1.0]);
    assert_eq!(by_spells.total(), 5.0);
    assert_eq!([by_spells.total_events(0), by_spells.total_events(1)], [2.0, 2.0]);
}

/// A point before, between, at and after the times.
#[test]
fn a_curve_is_a_step_function() {
    let table = EventTable::from_times(1, &[(2.0, Some(0)), (4.0, None)]).unwrap();
    let curve = AalenJohansen::new().fit(&table).unwrap().swap_remove(0);
    let before = curve.point(1.0);
    assert_eq!((before.estimate, before.std_error, before.conf_high), (0.0, 0.0, 0.0));
    assert_eq!((curve.at(2.0), curve.at(3.0), curve.at(4.0)), (0.5, 0.5, 0.5));
    assert_eq!(curve.point(3.0).conf_low.to_bits(), curve.conf_low[0].to_bits());
    assert!(curve.at(4.5).is_nan() && curve.at(f64::NAN).is_nan());
}
