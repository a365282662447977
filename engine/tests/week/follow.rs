//! Listed persons: against the slow reference on random registers, by hand, and each message.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use afgang_engine::week::{
    Membership, PersonList, WeekBook, WeekPlan, WeekResult, WeekScan, WeekSet,
};
use afgang_engine::{NoProgress, Register};
use arrow::array::{ArrayRef, Float64Array, Int16Array, Int64Array, RecordBatch};
use parquet::arrow::ArrowWriter;
use proptest::prelude::*;

use crate::random::{persons, setting};
use crate::reference::{View, company, work};
use crate::register::{Person, Setting, week};

fn list(name: &str, ids: impl IntoIterator<Item = impl Into<String>>) -> PersonList {
    PersonList { name: name.to_owned(), ids: ids.into_iter().map(Into::into).collect() }
}

fn scan(folder: &Path, plan: &WeekPlan) -> Result<WeekResult, String> {
    let register = Register::open(folder).unwrap();
    let scan = WeekScan::new(&register, plan).map_err(|error| error.to_string())?;
    scan.run(&NoProgress).map_err(|error| error.to_string())
}

fn members() -> (Membership, WeekBook) {
    let book = WeekBook::dream_2014();
    let set = WeekSet { states: vec!["employment".to_owned()], measures: vec![] };
    (book.membership(&set).unwrap(), book)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn weeks_and_degrees_are_those_of_the_person(
        persons in persons(),
        order in any::<u64>(),
        above in prop::sample::select(vec![0.0_f32, 0.2, 0.75]),
    ) {
        let setting = setting();
        // Some persons in another order than the register's, and some whom it does not have.
        let mut places: Vec<usize> = (0..persons.len() + 3).collect();
        places.sort_by_key(|place| (*place as u64 + 1).wrapping_mul(order | 1));
        places.truncate(persons.len().div_ceil(2) + 3);
        let mut plan = setting.plan(Vec::new());
        plan.lists = vec![
            list("some", places.iter().map(|place| format!("p{place}"))),
            list("nobody", Vec::<String>::new()),
            list("first", ["p0"]),
        ];
        let (employment, book) = members();
        let companies = ["loentilskud_privat", "loentilskud_offentlig", "praktik_privat", "praktik_offentlig"];
        let company_set = book.membership(&WeekSet::measures(companies)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        setting.write(&folder.path().join("register.parquet"), &persons, 1024);
        let whole = scan(folder.path(), &plan).unwrap();
        let some = &whole.followed[0];
        prop_assert_eq!(some.persons(), places.len());
        let mut weeks = Vec::new();
        for (at, &place) in places.iter().enumerate() {
            prop_assert_eq!(some.found(at), place < persons.len());
            let Some(person) = persons.get(place) else {
                some.in_set(at, &employment, above, &mut weeks);
                prop_assert!(weeks.iter().all(|is_in| !is_in));
                continue;
            };
            for (month, degree) in person.degrees.iter().enumerate() {
                prop_assert_eq!(some.degree(at, month), *degree);
            }
            let view = View::new(&setting, person);
            some.in_set(at, &employment, above, &mut weeks);
            let slow: Vec<bool> = view
                .weeks
                .iter()
                .zip(&view.month_of)
                .map(|(&week, &month)| work(week) && person.degrees[month].unwrap() > above)
                .collect();
            prop_assert_eq!(&weeks, &slow);
            some.in_set(at, &company_set, above, &mut weeks);
            let slow: Vec<bool> = view.weeks.iter().map(|&week| company(week)).collect();
            prop_assert_eq!(&weeks, &slow);
            for (&byte, &week) in some.weeks(at).iter().zip(&view.weeks) {
                prop_assert_eq!(employment.has(byte), work(week));
            }
        }
        // Other threads and row groups, trusted ids, and files of their own that are added up: the same bits.
        setting.write(&folder.path().join("register.parquet"), &persons, 7);
        for (threads, trust_ids) in [(1, true), (2, false), (3, true)] {
            (plan.threads, plan.trust_ids) = (Some(threads), trust_ids);
            prop_assert_eq!(&scan(folder.path(), &plan).unwrap().followed, &whole.followed);
        }
    }
}

/// A person of the two weeks of the tests below.
fn person(setting: &Setting, code: i16, degree: f32) -> Person {
    let mut person = setting.person(&[(code, week(2014, 4), week(2014, 4))]);
    person.degrees = vec![Some(degree); setting.months()];
    person
}

fn two_weeks() -> Setting {
    Setting::new(week(2014, 4), week(2014, 5))
}

#[test]
fn parts_of_a_register_add_up() {
    let setting = two_weeks();
    let mut plan = setting.plan(Vec::new());
    plan.lists = vec![list("cohort", ["p1", "p0"])];
    let results: Vec<WeekResult> = [890, 730]
        .into_iter()
        .map(|code| {
            let folder = tempfile::tempdir().unwrap();
            setting.write(&folder.path().join("a.parquet"), &[person(&setting, code, 0.5)], 10);
            scan(folder.path(), &plan).unwrap()
        })
        .collect();
    // Both files call their only person p0.
    let mut twice = results[0].clone();
    assert_eq!(
        twice.merge(&results[1]).unwrap_err().to_string(),
        "the register has person 2 of list `cohort` twice; make ids unique"
    );
    let folder = tempfile::tempdir().unwrap();
    let both = [person(&setting, 0, 0.1), person(&setting, 890, 0.0)];
    setting.write(&folder.path().join("a.parquet"), &both, 10);
    plan.lists = vec![list("cohort", ["p1", "p0"])];
    let mut sum = scan(folder.path(), &plan).unwrap();
    assert!(sum.followed[0].found(0) && sum.followed[0].found(1));
    plan.lists[0].ids = vec!["q1".to_owned(), "q0".to_owned()];
    let none = scan(folder.path(), &plan).unwrap();
    let before = sum.followed.clone();
    sum.merge(&none).unwrap();
    assert_eq!(sum.followed, before);
    plan.lists[0].ids.pop();
    let shorter = scan(folder.path(), &plan).unwrap();
    let message = sum.merge(&shorter).unwrap_err().to_string();
    assert!(
        message
            .starts_with("tables by list `cohort` of 2 persons and by list `cohort` of 1 persons"),
        "{message}"
    );
}

#[test]
fn ids_that_are_numbers_and_degrees_of_double_precision() {
    let setting = two_weeks();
    let folder = tempfile::tempdir().unwrap();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("pnr", Arc::new(Int64Array::from(vec![101_900_001, 7]))),
        ("y_1404", Arc::new(Int16Array::from(vec![None, Some(890)]))),
        ("y_1405", Arc::new(Int16Array::from(vec![None, None]))),
        ("grad_2014_01", Arc::new(Float64Array::from(vec![Some(0.2), None]))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let file = File::create(folder.path().join("register.parquet")).unwrap();
    let mut writer = ArrowWriter::try_new(file, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let mut plan = setting.plan(Vec::new());
    plan.groupings.clear();
    // Leading zeros are those of a number; spaces do not matter.
    plan.lists = vec![list("cohort", ["0101900001", " 7 ", "x"])];
    let followed = scan(folder.path(), &plan).unwrap().followed.remove(0);
    assert_eq!([0, 1, 2].map(|person| followed.found(person)), [true, true, false]);
    assert_eq!([0, 1].map(|person| followed.degree(person, 0)), [Some(0.2), None]);
    assert_eq!(followed.degree(0, 1), None);
    // Two ids that are one number are one person.
    plan.lists = vec![list("cohort", ["0101900001", "7", "101900001"])];
    assert_eq!(
        scan(folder.path(), &plan).unwrap_err(),
        "list `cohort`: persons 1 and 3 are one; leave one of them"
    );
    let (employment, book) = members();
    let sick = book.membership(&WeekSet::states(["sygedagpenge"])).unwrap();
    let mut weeks = Vec::new();
    for (person, set, above, expected) in [
        (0, &employment, 0.0, [true, true]),
        (0, &employment, 0.19, [true, true]),
        // A degree of exactly the bound is not above it, whatever the precision.
        (0, &employment, 0.2, [false, false]),
        (1, &employment, 0.0, [false, false]),
        (1, &sick, 0.0, [true, false]),
    ] {
        followed.in_set(person, set, above, &mut weeks);
        assert_eq!(weeks, expected, "person {person} above {above}");
    }
}

#[test]
fn each_message() {
    let setting = two_weeks();
    let folder = tempfile::tempdir().unwrap();
    setting.write(&folder.path().join("a.parquet"), &[person(&setting, 890, 0.0)], 10);
    let mut plan = setting.plan(Vec::new());
    plan.lists = vec![list("cohort", ["p0", "p4", "p0 "])];
    assert_eq!(
        scan(folder.path(), &plan).unwrap_err(),
        "list `cohort`: persons 1 and 3 are one; leave one of them"
    );
    // One person in two lists is nothing wrong; twice in the register is, also where ids are trusted.
    plan.lists = vec![list("cohort", ["p0"]), list("other", ["p0"])];
    assert!(scan(folder.path(), &plan).is_ok());
    setting.write(&folder.path().join("b.parquet"), &[person(&setting, 730, 0.0)], 10);
    plan.trust_ids = true;
    assert_eq!(
        scan(folder.path(), &plan).unwrap_err(),
        "the register has person 1 of list `cohort` twice; make ids unique"
    );
    plan.trust_ids = false;
    let message = scan(folder.path(), &plan).unwrap_err();
    assert!(message.contains("b.parquet"), "{message}");
}
