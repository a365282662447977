//! The same register gives the same bits, however it is cut up and by however many threads.

use afgang_engine::{Dim, Register, Scan, ScanResult, SpellOutput};
use tempfile::tempdir;

use crate::random::full_plan;
use crate::register::{Person, Style, WEEKS, read_spells, write};

/// Persons from a small generator of numbers (a linear congruential one, constants of Knuth).
fn persons(count: usize) -> Vec<Person> {
    let mut state = 20_190_101_u64;
    let mut draw = move |below: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % below
    };
    let codes = [0, 0, 0, 111, 111, 730, 734, 130, 890, 651, 899, 999, 555];
    (0..count)
        .map(|number| {
            let mut weeks = Vec::new();
            while weeks.len() < WEEKS.iter().sum() {
                let code = codes[draw(codes.len() as u64) as usize];
                weeks.extend(std::iter::repeat_n(code, 1 + draw(15) as usize));
            }
            weeks.truncate(WEEKS.iter().sum());
            Person {
                id: format!("{number:012}"),
                weeks,
                degrees: (0..24).map(|_| [None, Some(0.0), Some(1.0)][draw(3) as usize]).collect(),
                kom: [[101, 147, 183, 187][draw(4) as usize]; 2],
                sex: 1 + draw(2) as i16,
            }
        })
        .collect()
}

fn run(persons: &[Person], style: &Style, threads: usize, rename: bool) -> (ScanResult, Vec<u8>) {
    let folder = tempdir().unwrap();
    let mut files = write(folder.path(), persons, style);
    if rename {
        // The last file comes first by name.
        for (number, path) in files.iter_mut().rev().enumerate() {
            let to = folder.path().join(format!("register_{number}.PARQUET"));
            std::fs::rename(&path, &to).unwrap();
            *path = to;
        }
    }
    let mut plan = full_plan(24, 1);
    plan.threads = Some(threads);
    // More cells than an array holds.
    plan.cells[0].push(Dim::ExitLater(3));
    plan.persons = plan.cells.clone();
    let output = folder.path().join("spells");
    plan.spells = Some(SpellOutput {
        path: output.clone(),
        attributes: vec!["kom".to_owned()],
        groupings: vec!["centre".to_owned()],
    });
    let register = Register::open(folder.path()).unwrap();
    let mut result = Scan::new(&register, &plan).unwrap().run(&afgang_engine::NoProgress).unwrap();
    // These two are not about the persons.
    result.stats.files = 0;
    result.stats.row_groups = 0;
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), files.len() + 1, "no partial file is left");
    (result, std::fs::read(output).unwrap())
}

#[test]
fn threads_files_and_row_groups_do_not_matter() {
    let persons = persons(1000);
    let style = Style { files: vec![100, 1, 333], row_group: 77, ..Style::default() };
    let (result, spells) = run(&persons, &style, 1, false);
    assert!(result.stats.spells > 1000 && result.stats.left_truncated > 100);
    let cells: u128 = result.cells[0].dims.iter().map(|dim| dim.labels.len() as u128).product();
    assert!(cells > 1 << 24, "{cells}");
    assert!(result.persons[0].persons.len() > 100);
    for threads in [2, 3, 8] {
        let (other, other_spells) = run(&persons, &style, threads, false);
        assert_eq!(other, result, "{threads} threads");
        assert_eq!(other_spells, spells, "{threads} threads");
    }
    for row_group in [1000, 64, 13] {
        let style = Style { row_group, files: Vec::new(), ..Style::default() };
        let (other, other_spells) = run(&persons, &style, 2, false);
        assert_eq!(other, result, "row groups of {row_group}");
        assert_eq!(other_spells, spells, "row groups of {row_group}");
    }
    let (other, _) = run(&persons, &style, 2, true);
    assert_eq!(other, result, "other order of files");
}

#[test]
fn results_of_parts_add_up() {
    let persons = persons(300);
    let (whole, _) = run(&persons, &Style::default(), 1, false);
    let (mut sum, _) = run(&persons[..120], &Style::default(), 1, false);
    let (rest, _) = run(&persons[120..], &Style::default(), 1, false);
    sum.merge(&rest).unwrap();
    assert_eq!(sum, whole);
}

#[test]
fn rows_of_spells_are_in_the_order_of_the_register() {
    let folder = tempdir().unwrap();
    let persons = persons(200);
    let style = Style { row_group: 7, ..Style::default() };
    write(folder.path(), &persons, &style);
    let mut plan = full_plan(24, 1);
    plan.threads = Some(3);
    let output = folder.path().join("spells");
    plan.spells = Some(SpellOutput::new(&output));
    crate::register::scan(folder.path(), &plan).unwrap();
    let keys: Vec<(String, String)> =
        read_spells(&output).iter().map(|row| (row[0].1.clone(), row[2].1.clone())).collect();
    assert!(keys.len() > 400);
    assert!(keys.is_sorted());
}
