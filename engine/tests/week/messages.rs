//! What the program says to plans that cannot be.

use afgang_engine::week::{Classes, Label, Units, WeekScan, WeekSet, WeekTable, Weeks, Window};
use afgang_engine::{Calendar, NoProgress, Register};

use crate::register::{Setting, week};

fn setting() -> Setting {
    Setting::new(week(2014, 1), week(2014, 20))
}

fn sick() -> Classes {
    Classes::one("sick", WeekSet::states(["sygedagpenge"]))
}

/// The error of a table.
fn message(table: WeekTable) -> String {
    let setting = setting();
    let folder = tempfile::tempdir().unwrap();
    let person = setting.person(&[(890, week(2014, 1), week(2014, 20))]);
    setting.write(&folder.path().join("register.parquet"), &[person], 10);
    let register = Register::open(folder.path()).unwrap();
    let plan = setting.plan(vec![table]);
    let scan = WeekScan::new(&register, &plan).unwrap();
    scan.run(&NoProgress).unwrap_err().to_string()
}

fn stock(label: Label) -> WeekTable {
    WeekTable {
        units: Units::Stock { week: week(2014, 10), of: sick() },
        only: Vec::new(),
        dims: vec![("what".to_owned(), label)],
    }
}

#[test]
fn each_message() {
    assert!(
        message(stock(Label::Any {
            set: WeekSet::states(["sygedagpeng"]),
            window: Window { from: 0, to: 1, start_of: None },
        }))
        .starts_with("there is no state `sygedagpeng` in the code book; it has: dagpenge, ")
    );
    assert!(
        message(stock(Label::Since { set: WeekSet::measures(["mentor"]), bounds: vec![] }))
            .starts_with("there is no measure `mentor` in the code book; it has: vejledning_og_")
    );
    assert_eq!(
        message(stock(Label::Any {
            set: WeekSet::default(),
            window: Window { from: 3, to: -3, start_of: None },
        })),
        "the window from week 3 to week -3 is empty; write the earlier week first"
    );
    assert_eq!(
        message(stock(Label::LookBack {
            set: WeekSet::default(),
            weeks: 0,
            percent: 80,
            with_anchor: true,
        })),
        "a look-back over 0 weeks at 80 per cent is impossible; give at least one week and at most 100"
    );
    assert_eq!(
        message(stock(Label::Duration { gaps_count: true, bounds: vec![] })),
        "`what` needs spells that start or end; choose other units or another label"
    );
    assert_eq!(
        message(stock(Label::First { set: WeekSet::default(), horizon: 3 })),
        "`what` needs spells that start; choose other units or another label"
    );
    assert_eq!(
        message(stock(Label::Grouping("region".to_owned()))),
        "there is no grouping `region`; there are: born, sex"
    );
    let mut table = stock(Label::Class);
    table.units = Units::Stock { week: week(2013, 52), of: sick() };
    assert_eq!(
        message(table),
        "week 2013-W52 is outside the study's weeks 2014-W01 to 2014-W20; choose another or read more weeks"
    );
    let mut table = stock(Label::Class);
    table.only = vec![(Label::Grouping("sex".to_owned()), vec!["3".to_owned()])];
    assert_eq!(message(table), "dimension `only` has no label `3`; it has: 1");
    assert_eq!(
        Weeks::new(week(2014, 2), week(2014, 1), Calendar::Thursday).unwrap_err().to_string(),
        "the weeks 2014-W02 to 2014-W01 are impossible: give at least two, in order, between 1990 and 2089"
    );
}

#[test]
fn a_missing_week_is_named() {
    let short = Setting::new(week(2014, 1), week(2014, 18));
    let folder = tempfile::tempdir().unwrap();
    let person = short.person(&[]);
    short.write(&folder.path().join("register.parquet"), &[person], 10);
    let register = Register::open(folder.path()).unwrap();
    let plan = setting().plan(Vec::new());
    let message = WeekScan::new(&register, &plan).unwrap_err().to_string();
    assert!(message.contains("column `y_1419` (week 2014-W19) is missing"), "{message}");
}
