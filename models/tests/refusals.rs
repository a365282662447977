//! What is refused, and in which words.

#![expect(clippy::unwrap_used, reason = "a test fails where nothing is refused")]

use afgang_models::{AalenJohansen, Error, EventTable, KaplanMeier, NelsonAalen};

#[track_caller]
fn assert_refused<T: std::fmt::Debug>(result: Result<T, Error>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn spells() {
    let refuse = |n_causes, entry, exit, cause, weight, message: &str| {
        let rows = [(0.0, 1.0, None, 1.0), (entry, exit, cause, weight)];
        assert_refused(EventTable::from_weighted_spells(n_causes, &rows), message);
    };
    refuse(0, 0.0, 1.0, None, 1.0, "a table needs at least one cause of exit, found 0");
    refuse(1, 0.0, f64::NAN, None, 1.0, "row 1: time NaN is not a finite number");
    refuse(1, 0.0, f64::INFINITY, None, 1.0, "row 1: time inf is not a finite number");
    refuse(1, f64::NAN, 2.0, None, 1.0, "row 1: time NaN is not a finite number");
    for entry in [2.0, 3.0] {
        let message =
            format!("row 1: entry {entry} is not before exit 2; a spell is in over (entry, exit]");
        refuse(1, entry, 2.0, None, 1.0, &message);
    }
    let message = "row 1: cause 2 is outside 0..2; causes count from 0, None is censored";
    refuse(2, 0.0, 1.0, Some(2), 1.0, message);
    let message = "row 1: weight -1 must be a finite number of at least 0";
    refuse(1, 0.0, 1.0, None, -1.0, message);
    let message = "row 1: weight NaN must be a finite number of at least 0";
    refuse(1, 0.0, 1.0, None, f64::NAN, message);
}

#[test]
fn counts() {
    let times = [1.0, 2.0];
    assert_refused(
        EventTable::from_counts(2, &times, &[1, 2, 3], &[0, 0], None),
        "column events holds 3 values, expected 4",
    );
    assert_refused(
        EventTable::from_counts(1, &times, &[1, 2], &[0], None),
        "column censored holds 1 values, expected 2",
    );
    assert_refused(
        EventTable::from_counts(1, &times, &[1, 2], &[0, 0], Some(&[1])),
        "column entered holds 1 values, expected 2",
    );
    for second in [1.0, 0.5] {
        assert_refused(
            EventTable::from_counts(1, &[1.0, second], &[1, 2], &[0, 0], None),
            &format!(
                "row 1: time {second} does not come after 1; sort the rows and add up equal times"
            ),
        );
    }
    assert_refused(
        EventTable::from_counts(1, &[f64::NEG_INFINITY, 1.0], &[1, 2], &[0, 0], None),
        "row 0: time -inf is not a finite number",
    );
    assert_refused(
        EventTable::from_counts(2, &times, &[1, 2, 3, (1 << 53) + 1], &[0, 0], None),
        "row 1: count 9007199254740993 is above 2^53 and would be rounded",
    );
    assert_refused(
        EventTable::from_weighted_counts(2, &times, &[1.0, 1.0, 1.0, f64::NAN], &[0.0; 2], None),
        "row 1: weight NaN must be a finite number of at least 0",
    );
    // Three leave at 1, of whom two enter only then.
    assert_refused(
        EventTable::from_counts(1, &times, &[3, 1], &[0, 0], Some(&[2, 0])),
        "time 1: 3 exits from 2 at risk; an entry must come before its exit",
    );
}

#[test]
fn questions() {
    let one = EventTable::from_times(1, &[(1.0, Some(0))]).unwrap();
    let two = EventTable::from_times(2, &[(1.0, Some(0))]).unwrap();
    let message = "tables of 1 and 2 causes cannot be merged; build both with the same causes";
    assert_refused(one.merge(&two), message);
    assert_refused(two.cause_specific(2), "cause 2 asked for, the table has causes 0..2");

    let empty = EventTable::empty(1).unwrap();
    let message =
        "the event table holds no exits; give at least one spell, or leave the stratum out";
    assert_refused(KaplanMeier::new().fit(&empty), message);
    assert_refused(NelsonAalen::new().fit(&empty), message);
    assert_refused(AalenJohansen::new().fit(&empty), message);
    // Weight 0 is no spell.
    let none = EventTable::from_weighted_spells(1, &[(0.0, 1.0, Some(0), 0.0)]).unwrap();
    assert_refused(KaplanMeier::new().fit(&none), message);

    for level in [0.0, 1.0, 95.0, f64::NAN] {
        let message = format!("confidence level {level} must lie between 0 and 1, as in 0.95");
        assert_refused(KaplanMeier::new().level(level).fit(&one), &message);
        assert_refused(NelsonAalen::new().level(level).fit(&one), &message);
        assert_refused(AalenJohansen::new().level(level).fit(&one), &message);
    }
}
