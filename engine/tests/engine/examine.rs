//! Everything that is wrong with a register, by hand, and nothing where nothing is.

use std::sync::Arc;

use afgang_engine::{Grouping, NoProgress, Plan, SpellRule, examine};
use arrow::array::{ArrayRef, Date32Array, Float32Array, Float64Array, Int16Array, StringArray};
use tempfile::tempdir;

use crate::register::{Columns, Person, Style, columns, plan, scan, write, write_columns};

fn set(columns: &mut Columns, name: &str, array: ArrayRef) {
    columns.iter_mut().find(|(found, _)| found == name).unwrap().1 = array;
}

/// Six months by job centre, of which one is known.
fn by_centre() -> Plan {
    let mut plan = plan(6);
    let join = vec![("101".to_owned(), "København".to_owned())];
    plan.groupings = vec![Grouping::join("job_centre", "kom", join)];
    plan
}

/// Persons whose spells start in February, but for the last, who has none.
fn four() -> Vec<Person> {
    let spell = ["a", "b", "c"].map(|id| Person::new(id, &[0, 111, 111, 0, 0, 0]));
    let none = Person::new("d", &[0; 6]);
    spell.into_iter().chain([none]).collect()
}

#[test]
fn all_faults_of_all_files_are_listed() {
    let folder = tempdir().unwrap();
    let mut first = columns(&four(), &Style::default());
    first.retain(|(name, _)| !["y_1101", "y_1117", "grad_2011_06"].contains(&name.as_str()));
    set(&mut first, "pnr", Arc::new(StringArray::from(vec!["a", "b", "", " a"])));
    let codes = Int16Array::from(vec![Some(1000), Some(-1), None, Some(555)]);
    set(&mut first, "y_1104", Arc::new(codes));
    let halves = Float64Array::from(vec![Some(111.0), Some(0.5), Some(0.5), Some(f64::NAN)]);
    set(&mut first, "y_1126", Arc::new(halves));
    let degrees = Float32Array::from(vec![Some(f32::NAN), Some(-1.0), Some(0.0), None]);
    set(&mut first, "grad_2011_02", Arc::new(degrees));
    // Of persons without a spell it does not matter where they live.
    let kom = Int16Array::from(vec![Some(999), None, Some(999), Some(998)]);
    set(&mut first, "kom", Arc::new(kom));
    write_columns(&folder.path().join("a.parquet"), &first, 3);
    std::fs::write(folder.path().join("b.parquet"), "pnr;y_1101").unwrap();
    let mut third = columns(&[Person::new("b", &[0; 6])], &Style::default());
    set(&mut third, "y_1108", Arc::new(Date32Array::from(vec![1])));
    third.push(("y_1153".to_owned(), third[1].1.clone()));
    write_columns(&folder.path().join("c.parquet"), &third, 3);

    let found = examine(folder.path(), &by_centre(), &NoProgress).unwrap();
    let all: Vec<(String, u64)> = found
        .faults
        .iter()
        .map(|fault| {
            let message =
                fault.error.to_string().replace(&format!("{}/", folder.path().display()), "");
            (message, fault.count)
        })
        .collect();
    let wanted = [
        ("file b.parquet cannot be read as Parquet", 1),
        ("file c.parquet: column `y_1153`: year 2011 has 52 weeks", 1),
        ("column `grad_2011_06` is new here", 1),
        ("column `y_1101` is new here", 1),
        ("column `y_1108` holds Date32 here and Int16 there", 1),
        ("column `y_1117` is new here", 1),
        ("column `y_1126` holds Int16 here and Float64 there", 1),
        ("file a.parquet: column `y_1101` (week 2011-W01) is missing", 1),
        ("file a.parquet: column `y_1117` (week 2011-W17) is missing", 1),
        ("file a.parquet: column `grad_2011_06` (employment degree of 2011-06) is missing", 1),
        ("file c.parquet: column `y_1108` holds Date32", 1),
        ("file a.parquet, column `pnr`, row 3: the person id is empty", 1),
        ("file a.parquet, column `y_1104`, row 1: code 1000 is not between 0 and 999", 2),
        ("file a.parquet, column `y_1126`, row 2: 0.5 is not a whole number", 2),
        ("file a.parquet, column `grad_2011_02`, row 1: employment degree NaN", 2),
        (
            "file a.parquet, column `kom`, row 1: 999 is not in the table of grouping `job_centre`",
            2,
        ),
        ("file a.parquet, column `kom`, row 2: null is not in the table", 1),
        (
            "one person id (column `pnr`) stands twice, in file a.parquet row 1 and in file a.parquet row 4",
            2,
        ),
    ];
    for ((message, count), (part, times)) in all.iter().zip(wanted) {
        assert!(
            message.contains(part) && *count == times,
            "{message} ({count}); wanted {part} ({times})"
        );
    }
    assert_eq!(all.len(), wanted.len(), "{all:#?}");
    assert_eq!(
        (found.persons, found.unknown_codes.into_iter().collect::<Vec<_>>()),
        (5, vec![(555, 1)])
    );
}

/// A good register has no fault, and what is left out is what a scan leaves out.
#[test]
fn nothing_is_wrong_with_a_good_register() {
    let folder = tempdir().unwrap();
    let months = |person: u32| {
        let code = |month: u32| match (person * 7 + month * 5 + person * month) % 6 {
            0 => 555,
            1 => 730,
            2 | 3 => 111,
            _ => 0,
        };
        (0..6).map(code).collect::<Vec<i16>>()
    };
    let persons: Vec<Person> =
        (0..40).map(|person| Person::new(&person.to_string(), &months(person))).collect();
    for style in [
        Style { row_group: 7, files: vec![13], ..Style::default() },
        Style { kom_by_year: true, integer_ids: true, ..Style::default() },
    ] {
        let register = folder.path().join(style.row_group.to_string());
        std::fs::create_dir(&register).unwrap();
        write(&register, &persons, &style);
        for look_back in [1, 2] {
            let mut plan = by_centre();
            plan.rule = SpellRule { look_back, ..plan.rule };
            let stats = scan(&register, &plan).unwrap().stats;
            assert!(stats.left_truncated > 0 && !stats.unknown_codes.is_empty());
            let found = examine(&register, &plan, &NoProgress).unwrap();
            assert_eq!(found.faults, []);
            assert_eq!(found.persons, 40);
            assert_eq!(found.left_truncated, stats.left_truncated);
            assert_eq!(found.unknown_codes, stats.unknown_codes);
        }
    }
}
