//! Boundary cases with numbers that can be redone by hand.

use afgang_engine::week::{
    Calendrical, Classes, Label, MonthRule, Same, Step, Ties, Units, WeekSet, WeekSpells,
    WeekTable, Window,
};

use crate::register::{Person, Setting, week};

/// Sickness benefit.
const SICK: i16 = 890;
/// Social assistance: activity-ready, and in a private work placement.
const ASSISTANCE: i16 = 730;
const PLACEMENT: i16 = 737;
/// Disability pension.
const PENSION: i16 = 783;

fn sick() -> WeekSet {
    WeekSet::states(["sygedagpenge"])
}

fn assistance() -> WeekSet {
    WeekSet::states(["kontanthjaelp_aktivitetsparat", "kontanthjaelp_jobparat"])
}

fn spells(set: WeekSet, gap: usize) -> WeekSpells {
    WeekSpells { of: Classes::one("in", set), gap }
}

/// 2013 and 2014 to week 40; the reference week is week 20 of 2014.
fn setting() -> Setting {
    Setting::new(week(2013, 1), week(2014, 40))
}

fn stock(set: WeekSet, dims: Vec<(&str, Label)>) -> WeekTable {
    WeekTable {
        units: Units::Stock { week: week(2014, 20), of: Classes::one("in", set) },
        only: Vec::new(),
        dims: dims.into_iter().map(|(name, label)| (name.to_owned(), label)).collect(),
    }
}

fn labels(found: &[(Vec<String>, u64)]) -> Vec<(String, u64)> {
    found.iter().map(|(labels, count)| (labels.join(" "), *count)).collect()
}

fn of(pairs: &[(&str, u64)]) -> Vec<(String, u64)> {
    pairs.iter().map(|&(label, count)| (label.to_owned(), count)).collect()
}

fn seniority(gap: usize, gaps_count: bool, bounds: &[u32]) -> Label {
    Label::Seniority { spells: spells(sick(), gap), gaps_count, bounds: bounds.to_vec() }
}

#[test]
fn gaps_of_three_weeks_do_not_end_a_spell_and_gaps_of_four_do() {
    let setting = setting();
    // Weeks 1-10, a gap of three weeks, weeks 14-20: 20 weeks with the gap, 17 without.
    let three = setting
        .person(&[(SICK, week(2014, 1), week(2014, 10)), (SICK, week(2014, 14), week(2014, 20))]);
    // A gap of four weeks: the spell is weeks 15-20.
    let four = setting
        .person(&[(SICK, week(2014, 1), week(2014, 10)), (SICK, week(2014, 15), week(2014, 20))]);
    let persons = [three, four];
    let count = |label| labels(&setting.count(&persons, stock(sick(), vec![("weeks", label)])));
    let bounds = [6, 7, 17, 18, 20, 21];
    assert_eq!(count(seniority(3, true, &bounds)), of(&[("6", 1), ("20", 1)]));
    assert_eq!(count(seniority(3, false, &bounds)), of(&[("6", 1), ("17", 1)]));
    // With a gap of two both spells begin after their gap.
    assert_eq!(count(seniority(2, true, &[6, 7, 8])), of(&[("6", 1), ("7", 1)]));
}

#[test]
fn a_spell_runs_over_new_year_and_week_53() {
    // 2009 has a week 53: weeks 52 and 53 of 2009 and 1 and 2 of 2010 are four weeks in a row.
    let setting = Setting::new(week(2009, 40), week(2010, 20));
    let person = setting.person(&[(SICK, week(2009, 52), week(2010, 2))]);
    let table = WeekTable {
        units: Units::Ends {
            spells: spells(sick(), 3),
            left_truncated: false,
            from: week(2009, 40),
            to: week(2010, 20),
        },
        only: Vec::new(),
        dims: vec![
            ("year".to_owned(), Label::Calendar(Calendrical::Year)),
            ("weeks".to_owned(), Label::Duration { gaps_count: true, bounds: vec![] }),
        ],
    };
    assert_eq!(labels(&setting.count(&[person], table)), of(&[("2010 4", 1)]));
}

#[test]
fn who_is_in_a_gap_in_the_reference_week_is_not_in_the_stock() {
    let setting = setting();
    let person = setting
        .person(&[(SICK, week(2014, 1), week(2014, 19)), (SICK, week(2014, 21), week(2014, 30))]);
    let table = stock(sick(), vec![("weeks", seniority(3, true, &[]))]);
    assert_eq!(setting.count(std::slice::from_ref(&person), table), []);
    // The spell that starts is one all the same.
    let table = WeekTable {
        units: Units::Starts {
            spells: spells(sick(), 3),
            clean: 4,
            once: false,
            from: week(2014, 1),
            to: week(2014, 40),
        },
        only: Vec::new(),
        dims: vec![("weeks".to_owned(), Label::Duration { gaps_count: true, bounds: vec![] })],
    };
    assert_eq!(labels(&setting.count(&[person], table)), of(&[("30", 1)]));
}

#[test]
fn a_spell_whose_start_is_before_the_data_is_only_known_to_be_long() {
    let setting = setting();
    // In since week 4 of 2013: only three weeks without are seen before.
    let person = setting.person(&[(SICK, week(2013, 4), week(2014, 20))]);
    let of_weeks = |bounds: &[u32]| {
        let table = stock(sick(), vec![("weeks", seniority(3, true, bounds))]);
        labels(&setting.count(std::slice::from_ref(&person), table))
    };
    // 49 weeks of 2013 and 20 of 2014.
    assert_eq!(of_weeks(&[69]), of(&[("69+", 1)]));
    assert_eq!(of_weeks(&[70]), of(&[("unobserved", 1)]));
    let starts = WeekTable {
        units: Units::Starts {
            spells: spells(sick(), 3),
            clean: 4,
            once: false,
            from: week(2013, 1),
            to: week(2014, 40),
        },
        only: Vec::new(),
        dims: vec![],
    };
    assert_eq!(setting.count(&[person], starts), []);
}

#[test]
fn eighty_per_cent_of_52_weeks_are_42() {
    let setting = setting();
    // Weeks 21 of 2013 to 20 of 2014 are the 52 weeks to the reference week; in the last 42 and 41 of them.
    let enough = setting.person(&[(SICK, week(2013, 31), week(2014, 20))]);
    let short = setting.person(&[(SICK, week(2013, 32), week(2014, 20))]);
    let look_back =
        |with_anchor| Label::LookBack { set: sick(), weeks: 52, percent: 80, with_anchor };
    let count = |persons: &[Person], with_anchor| {
        labels(&setting.count(persons, stock(sick(), vec![("long", look_back(with_anchor))])))
    };
    assert_eq!(count(&[enough.clone(), short], true), of(&[("no", 1), ("yes", 1)]));
    // The 52 weeks before the reference week hold only 41 of the first person's.
    assert_eq!(count(&[enough], false), of(&[("no", 1)]));
    // 73 weeks before the reference week are not in the data.
    let table = stock(
        sick(),
        vec![("long", Label::LookBack { set: sick(), weeks: 73, percent: 80, with_anchor: true })],
    );
    let person = setting.person(&[(SICK, week(2014, 20), week(2014, 20))]);
    assert_eq!(labels(&setting.count(&[person], table)), of(&[("unobserved", 1)]));
}

#[test]
fn who_is_exactly_thirty_is_in_the_bin_that_begins_at_thirty() {
    let setting = setting();
    let born =
        |year| Person { born: year, ..setting.person(&[(SICK, week(2014, 20), week(2014, 20))]) };
    let age = Label::Age { birth_year: "born".to_owned(), bounds: vec![30, 50] };
    let persons = [born(1985), born(1984), born(1965), born(1964), born(2015)];
    assert_eq!(
        labels(&setting.count(&persons, stock(sick(), vec![("age", age)]))),
        of(&[("0-29", 1), ("30-49", 2), ("50+", 1), ("none", 1)])
    );
}

#[test]
fn ties_of_the_most_frequent_class_go_by_the_stated_order() {
    let setting = setting();
    // In the four weeks after week 20: two of social assistance, then two of pension.
    let person = setting.person(&[
        (SICK, week(2014, 20), week(2014, 20)),
        (ASSISTANCE, week(2014, 21), week(2014, 22)),
        (PENSION, week(2014, 23), week(2014, 24)),
    ]);
    let pension = ("pension".to_owned(), WeekSet::states(["foertidspension"]));
    let assisted = ("assistance".to_owned(), assistance());
    let modal = |first: &(String, WeekSet), second: &(String, WeekSet), ties| {
        let window = Window { from: 1, to: 4, start_of: None };
        let of = Classes { classes: vec![first.clone(), second.clone()], otherwise: None };
        let label = Label::Modal { of, same: None, window, ties };
        labels(&setting.count(std::slice::from_ref(&person), stock(sick(), vec![("state", label)])))
    };
    assert_eq!(modal(&pension, &assisted, Ties::Listed), of(&[("pension", 1)]));
    assert_eq!(modal(&assisted, &pension, Ties::Listed), of(&[("assistance", 1)]));
    assert_eq!(modal(&pension, &assisted, Ties::Earliest), of(&[("assistance", 1)]));
    assert_eq!(modal(&assisted, &pension, Ties::Latest), of(&[("pension", 1)]));
}

#[test]
fn origin_is_looked_up_before_the_start_and_destination_after_the_reference_week() {
    let setting = setting();
    // Twelve weeks before the start in week 10 of 2014: seven of assistance, then five of nothing. After week 20: six
    // weeks on, then nothing; wage income in June only (weeks 23 to 26).
    let mut person = setting.person(&[
        (ASSISTANCE, week(2013, 50), week(2014, 4)),
        (SICK, week(2014, 10), week(2014, 26)),
    ]);
    person.degrees[setting.month(setting.weeks.place(week(2014, 27)).unwrap())] = Some(0.5);
    let classes = || Classes {
        classes: vec![
            ("assistance".to_owned(), assistance()),
            ("work".to_owned(), WeekSet::states(["employment"])),
        ],
        otherwise: Some("other".to_owned()),
    };
    let same = Some(Same { label: "same".to_owned(), of: Classes::one("sick", sick()) });
    let origin = Label::Modal {
        of: classes(),
        same: same.clone(),
        window: Window { from: -12, to: -1, start_of: Some(spells(sick(), 3)) },
        ties: Ties::Listed,
    };
    let destination = Label::Modal {
        of: classes(),
        same,
        window: Window { from: 1, to: 12, start_of: None },
        ties: Ties::Listed,
    };
    let table = stock(sick(), vec![("origin", origin), ("destination", destination)]);
    // Weeks 21-26 are six weeks of the same, weeks 27-31 (July) five of work, week 32 one of neither.
    assert_eq!(labels(&setting.count(&[person], table)), of(&[("assistance same", 1)]));
}

#[test]
fn occupancy_at_a_lag_and_ever() {
    let setting = setting();
    // Starts in week 10 of 2014: sick to week 12, out in 13 and 14, pension from 15 on; wage income never.
    let person = setting.person(&[
        (SICK, week(2014, 10), week(2014, 12)),
        (PENSION, week(2014, 15), week(2014, 40)),
    ]);
    let at = |lags: &[u32], step, ever| {
        let of = Classes::one("pension", WeekSet::states(["foertidspension"]));
        let same = Some(Same { label: "sick".to_owned(), of: Classes::one("sick", sick()) });
        let label =
            Label::At { lags: lags.to_vec(), step, of, same: if ever { None } else { same }, ever };
        let units = Units::Starts {
            spells: spells(sick(), 3),
            clean: 4,
            once: false,
            from: week(2014, 1),
            to: week(2014, 30),
        };
        let table = WeekTable { units, only: vec![], dims: vec![("state".to_owned(), label)] };
        labels(&setting.count(std::slice::from_ref(&person), table))
    };
    assert_eq!(
        at(&[0, 3, 5, 30, 31], Step::Weeks, false),
        of(&[
            ("0 sick", 1),
            ("3 none", 1),
            ("5 pension", 1),
            ("30 pension", 1),
            ("31 unobserved", 1)
        ])
    );
    assert_eq!(
        at(&[0, 4, 5, 31], Step::Weeks, true),
        of(&[("0 none", 1), ("4 none", 1), ("5 pension", 1), ("31 unobserved", 1),])
    );
    // March ends with week 13, April with week 17.
    assert_eq!(at(&[0, 1], Step::Months, false), of(&[("0 none", 1), ("1 pension", 1)]));
}

#[test]
fn measures_in_a_window_since_the_last_and_the_first() {
    let setting = setting();
    let person = setting.person(&[
        (ASSISTANCE, week(2014, 5), week(2014, 8)),
        (PLACEMENT, week(2014, 9), week(2014, 9)),
        (ASSISTANCE, week(2014, 10), week(2014, 30)),
    ]);
    let placement = || WeekSet::measures(["praktik_privat", "praktik_offentlig"]);
    let education = || WeekSet::measures(["ordinaer_uddannelse"]);
    let any =
        |from| Label::Any { set: placement(), window: Window { from, to: 0, start_of: None } };
    // The last twelve weeks, the reference week included, are 9 to 20.
    let table = stock(assistance(), vec![("twelve", any(-11)), ("eleven", any(-10))]);
    assert_eq!(labels(&setting.count(std::slice::from_ref(&person), table)), of(&[("yes no", 1)]));
    let since = Label::Since { set: placement(), bounds: vec![11, 12] };
    let never = Label::Since { set: education(), bounds: vec![52] };
    let table = stock(assistance(), vec![("since", since), ("never", never)]);
    assert_eq!(labels(&setting.count(std::slice::from_ref(&person), table)), of(&[("11 none", 1)]));
    let kinds = Label::Kinds {
        kinds: vec![("placement".to_owned(), placement()), ("education".to_owned(), education())],
        union: "any".to_owned(),
        window: Window { from: -11, to: 0, start_of: None },
    };
    assert_eq!(
        labels(
            &setting
                .count(std::slice::from_ref(&person), stock(assistance(), vec![("kind", kinds)]))
        ),
        of(&[("placement", 1), ("any", 1), ("all", 1)])
    );
    // From the start in week 5 the first placement comes after four weeks; nobody waits for it who has left before.
    let gone = setting.person(&[(ASSISTANCE, week(2014, 5), week(2014, 6))]);
    let stays = setting.person(&[(ASSISTANCE, week(2014, 5), week(2014, 40))]);
    let first = |horizon| {
        let units = Units::Starts {
            spells: spells(assistance(), 3),
            clean: 4,
            once: false,
            from: week(2014, 1),
            to: week(2014, 30),
        };
        let label = Label::First { set: placement(), horizon };
        let table = WeekTable { units, only: vec![], dims: vec![("what".to_owned(), label)] };
        labels(&setting.count(&[person.clone(), gone.clone(), stays.clone()], table))
    };
    assert_eq!(first(13), of(&[("event 4", 1), ("end 2", 1), ("censored 13", 1)]));
    assert_eq!(first(3), of(&[("end 2", 1), ("censored 3", 2)]));
    assert_eq!(first(99), of(&[("event 4", 1), ("end 2", 1), ("censored 35", 1)]));
}

#[test]
fn months_tolerate_one_month_without() {
    let setting = setting();
    // November is weeks 45-48 of 2013, December 49-52, January 1-5, February 6-9, March 10-13, April 14-17, May 18-22.
    let months = |rule| Label::SeniorityMonths {
        spells: spells(assistance(), 1),
        rule,
        bounds: (1..9).collect(),
    };
    let count = |person: &Person, rule| {
        let table = stock(assistance(), vec![("months", months(rule))]);
        labels(&setting.count(std::slice::from_ref(person), table))
    };
    // In from the last week of November to May, but for all of February: seven months.
    let one = setting.person(&[
        (ASSISTANCE, week(2013, 48), week(2014, 5)),
        (ASSISTANCE, week(2014, 10), week(2014, 20)),
    ]);
    assert_eq!(count(&one, MonthRule::AnyWeek), of(&[("7", 1)]));
    assert_eq!(count(&one, MonthRule::LastWeek), of(&[("7", 1)]));
    // Not in February and March: the spell begins in April.
    let two = setting.person(&[
        (ASSISTANCE, week(2013, 48), week(2014, 5)),
        (ASSISTANCE, week(2014, 14), week(2014, 20)),
    ]);
    assert_eq!(count(&two, MonthRule::AnyWeek), of(&[("2", 1)]));
    // In week 12 but not in week 13, March is a month in by any of its weeks, not by its last; April is the one month without.
    let edge = setting.person(&[
        (ASSISTANCE, week(2014, 12), week(2014, 12)),
        (ASSISTANCE, week(2014, 18), week(2014, 20)),
    ]);
    assert_eq!(count(&edge, MonthRule::AnyWeek), of(&[("3", 1)]));
    assert_eq!(count(&edge, MonthRule::LastWeek), of(&[("1", 1)]));
}
