//! Every mistake in a register and its message.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use afgang_engine::{
    Calendar, Dim, Error, Grouping, MonthDim, MonthSpec, NoProgress, Plan, Progress, Register,
    Scan, SpellOutput, TableSpec, Timeline,
};
use arrow::array::{
    ArrayRef, Date32Array, Float32Array, Float64Array, Int16Array, Int64Array, StringArray,
};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use tempfile::tempdir;

use crate::register::{Columns, Person, Style, columns, plan, scan, write, write_columns};

/// Three persons over six months.
fn persons() -> Vec<Person> {
    ["a", "b", "c"].map(|id| Person::new(id, &[0, 111, 111, 0, 0, 0])).to_vec()
}

fn base() -> Columns {
    columns(&persons(), &Style::default())
}

fn set(columns: &mut Columns, name: &str, array: ArrayRef) {
    columns.iter_mut().find(|(found, _)| found == name).unwrap().1 = array;
}

fn without(mut columns: Columns, name: &str) -> Columns {
    columns.retain(|(found, _)| found != name);
    columns
}

fn with(mut columns: Columns, name: &str, like: &str) -> Columns {
    let array = columns.iter().find(|(found, _)| found == like).unwrap().1.clone();
    columns.push((name.to_owned(), array));
    columns
}

/// The message of an error, with the folder's name taken out.
fn message(folder: &Path, error: &Error) -> String {
    error.to_string().replace(&format!("{}/", folder.display()), "")
}

fn message_with(columns: &Columns, plan: &Plan) -> String {
    let folder = tempdir().unwrap();
    write_columns(&folder.path().join("r.parquet"), columns, 2);
    let error = scan(folder.path(), plan).unwrap_err();
    message(folder.path(), &error)
}

fn message_of(columns: &Columns) -> String {
    message_with(columns, &plan(6))
}

#[test]
fn a_missing_week() {
    assert_eq!(
        message_of(&without(base(), "y_1110")),
        "file r.parquet: column `y_1110` (week 2011-W10) is missing, and the study period 2011-01 to \
         2011-06 needs every week; add the column or shorten the period"
    );
}

#[test]
fn a_missing_month() {
    assert_eq!(
        message_of(&without(base(), "grad_2011_03")),
        "file r.parquet: column `grad_2011_03` (employment degree of 2011-03) is missing, and the study \
         period 2011-01 to 2011-06 needs every month; add the column or shorten the period"
    );
}

#[test]
fn a_week_53_in_a_year_of_52_weeks() {
    assert_eq!(
        message_of(&with(base(), "y_1153", "y_1101")),
        "file r.parquet: column `y_1153`: year 2011 has 52 weeks, so it has no week 53; rename or drop \
         the column"
    );
    assert_eq!(
        message_of(&with(base(), "grad_2011_13", "grad_2011_01")),
        "file r.parquet: column `grad_2011_13`: year 2011 has no month 13; months are 01 to 12; rename \
         or drop the column"
    );
}

#[test]
fn two_columns_of_one_week() {
    assert_eq!(
        message_of(&with(base(), "Y_1104", "y_1104")),
        "file r.parquet: columns `y_1104` and `Y_1104` are the same column (letter case does not \
         matter); drop or rename one of them"
    );
}

#[test]
fn a_code_outside_0_to_999() {
    let mut wrong = base();
    set(&mut wrong, "y_1108", Arc::new(Int16Array::from(vec![Some(111), None, Some(1000)])));
    assert_eq!(
        message_of(&wrong),
        "file r.parquet, column `y_1108`, row 3: code 1000 is not between 0 and 999; correct it or set \
         it to null (no benefit)"
    );
    set(&mut wrong, "y_1108", Arc::new(Int16Array::from(vec![Some(111), Some(-1), None])));
    assert!(message_of(&wrong).contains("row 2: code -1 is not between 0 and 999"));
    for text in ["1000", "x", "-5", "11.5"] {
        set(&mut wrong, "y_1108", Arc::new(StringArray::from(vec!["", " 730 ", text])));
        let expected = format!("column `y_1108`, row 3: code `{text}` is not between 0 and 999");
        assert!(message_of(&wrong).contains(&expected), "{}", message_of(&wrong));
    }
    // Weeks that do not stand for a month are not read.
    let mut unread = base();
    set(&mut unread, "y_1107", Arc::new(Int16Array::from(vec![5000; 3])));
    let folder = tempdir().unwrap();
    write_columns(&folder.path().join("r.parquet"), &unread, 2);
    assert!(scan(folder.path(), &plan(6)).is_ok());
}

/// Whole numbers may be floating, as pandas and SAS write them where there are gaps; fractions are errors.
#[test]
fn floating_numbers() {
    let counts = |columns: &Columns| {
        let folder = tempdir().unwrap();
        write_columns(&folder.path().join("r.parquet"), columns, 2);
        let mut plan = plan(6);
        plan.groupings = vec![Grouping::column("place", "kom")];
        plan.tables = vec![TableSpec::new([Dim::Exit, Dim::Grouping("place".to_owned())])];
        let result = scan(folder.path(), &plan).unwrap();
        (result.tables, result.stats.spells)
    };
    let floating = |names: &[&str], to: &DataType| {
        let mut columns = base();
        for (name, array) in &mut columns {
            if names.iter().any(|prefix| name.starts_with(prefix)) {
                *array = cast(array, to).unwrap();
            }
        }
        columns
    };
    let expected = counts(&base());
    assert_eq!(expected.1, 3);
    for to in [DataType::Float64, DataType::Float32] {
        assert_eq!(counts(&floating(&["y_", "kom"], &to)), expected);
    }
    // 0 and NaN are no code. In base(), the last week of April is y_1117, of no benefit.
    let mut gaps = floating(&["y_"], &DataType::Float64);
    let nothing = Float64Array::from(vec![Some(f64::NAN), None, Some(0.0)]);
    set(&mut gaps, "y_1117", Arc::new(nothing));
    set(&mut gaps, "pnr", Arc::new(Float64Array::from(vec![1_010_101_234.0, 2.0, 3.0])));
    assert_eq!(counts(&gaps), expected);
    // Floating numbers that became text.
    let mut texts = base();
    set(&mut texts, "y_1108", Arc::new(StringArray::from(vec!["111.0", "111.", "111"])));
    assert_eq!(counts(&texts), expected);

    let three = |last| Arc::new(Float64Array::from(vec![Some(1.0), Some(2.0), last]));
    set(&mut gaps, "y_1108", three(Some(111.5)));
    assert_eq!(
        message_of(&gaps),
        "file r.parquet, column `y_1108`, row 3: 111.5 is not a whole number below 2^53; correct \
         it or set it to null"
    );
    set(&mut gaps, "y_1108", three(Some(1000.0)));
    assert!(message_of(&gaps).contains("row 3: code 1000 is not between 0 and 999"));
    set(&mut gaps, "y_1108", three(None));
    set(&mut gaps, "pnr", three(Some(0.25)));
    assert!(
        message_of(&gaps)
            .contains("column `pnr`, row 3: the person id is not a whole number below")
    );
    set(&mut gaps, "pnr", three(Some(1e17)));
    assert!(message_of(&gaps).contains("row 3: the person id is not a whole number"));
    set(&mut gaps, "pnr", three(Some(f64::NAN)));
    assert!(message_of(&gaps).contains("row 3: the person id is empty"));
    set(&mut gaps, "pnr", three(Some(1.0)));
    assert!(message_of(&gaps).starts_with("one person id (column `pnr`) stands twice"));
}

#[test]
fn an_employment_degree_that_is_negative_or_not_a_number() {
    let mut wrong = base();
    for (degree, shown) in [(-0.5, "-0.5"), (f32::NAN, "NaN"), (f32::NEG_INFINITY, "-inf")] {
        let degrees = Float32Array::from(vec![None, Some(0.0), Some(degree)]);
        set(&mut wrong, "grad_2011_02", Arc::new(degrees));
        assert_eq!(
            message_of(&wrong),
            format!(
                "file r.parquet, column `grad_2011_02`, row 3: employment degree {shown} is not a \
                 number of at least 0; correct it or set it to null (no wage income)"
            )
        );
    }
    set(&mut wrong, "grad_2011_02", Arc::new(Int16Array::from(vec![None, Some(-3), Some(1)])));
    assert!(message_of(&wrong).contains("row 2: employment degree -3 "));
    // Minus zero is zero.
    set(&mut wrong, "grad_2011_02", Arc::new(Float32Array::from(vec![-0.0; 3])));
    let folder = tempdir().unwrap();
    write_columns(&folder.path().join("r.parquet"), &wrong, 2);
    assert!(scan(folder.path(), &plan(6)).is_ok());
}

#[test]
fn a_duplicate_person_id() {
    let folder = tempdir().unwrap();
    let mut persons = persons();
    persons.extend(["d", "b"].map(|id| Person::new(id, &[0; 6])));
    write(folder.path(), &persons, &Style { files: vec![4], ..Style::default() });
    let mut plan = plan(6);
    let error = scan(folder.path(), &plan).unwrap_err();
    assert_eq!(
        message(folder.path(), &error),
        "one person id (column `pnr`) stands twice, in file part-000.parquet row 2 and in file \
         part-001.parquet row 1; keep one row a person"
    );
    plan.trust_ids = true;
    assert!(scan(folder.path(), &plan).is_ok());

    let mut integers = base();
    set(&mut integers, "pnr", Arc::new(Int64Array::from(vec![70_001, 8, 70_001])));
    assert!(message_of(&integers).starts_with("one person id (column `pnr`) stands twice"));
    // Messages go into logs, and logs are taken out of protected places.
    assert!(!message_of(&integers).contains("70001"));
    assert!(message_of(&integers).contains("row 1 and in file r.parquet row 3"));
}

#[test]
fn a_register_without_persons() {
    let folder = tempdir().unwrap();
    for name in ["a.parquet", "b.parquet"] {
        write_columns(&folder.path().join(name), &columns(&[], &Style::default()), 8);
    }
    let register = Register::open(folder.path()).unwrap();
    assert_eq!(register.persons(), 0);
    assert_eq!(
        message(folder.path(), &register.not_empty().unwrap_err()),
        "the register a.parquet holds no persons: its 2 files have 0 rows; give files with a row a \
         person"
    );
}

#[test]
fn a_person_without_an_id() {
    let mut wrong = base();
    set(&mut wrong, "pnr", Arc::new(StringArray::from(vec![Some("a"), None, Some("c")])));
    assert_eq!(
        message_of(&wrong),
        "file r.parquet, column `pnr`, row 2: the person id is empty; give every person an id"
    );
    set(&mut wrong, "pnr", Arc::new(StringArray::from(vec!["a", "b", " "])));
    assert!(message_of(&wrong).contains("row 3: the person id is empty"));
    assert_eq!(
        message_of(&without(base(), "pnr")),
        "file r.parquet: column `pnr` is missing, needed for the person id (there are kom, kon, beside weeks and \
         months); add the column or leave out what needs it"
    );
}

#[test]
fn an_unknown_municipality() {
    let mut wrong = base();
    set(&mut wrong, "kom", Arc::new(Int16Array::from(vec![Some(101), Some(999), None])));
    let mut plan = plan(6);
    let join = vec![("101".to_owned(), "København".to_owned())];
    plan.groupings = vec![Grouping::join("job_centre", "kom", join)];
    let spells = TableSpec::new([Dim::Grouping("job_centre".to_owned())]);
    let months = MonthSpec::new([MonthDim::Grouping("job_centre".to_owned())]);
    let expected = "file r.parquet, column `kom`, row 2: 999 is not in the table of grouping \
                    `job_centre`; add it to the table, correct the value, or name a label for \
                    unmatched values";
    plan.tables = vec![spells];
    assert_eq!(message_with(&wrong, &plan), expected);
    plan.tables = Vec::new();
    plan.months = vec![months];
    assert_eq!(message_with(&wrong, &plan), expected);
    plan.months = Vec::new();
    let folder = tempdir().unwrap();
    let mut output = SpellOutput::new(folder.path().join("spells"));
    output.groupings = vec!["job_centre".to_owned()];
    plan.spells = Some(output);
    assert_eq!(message_with(&wrong, &plan), expected);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is left behind");

    set(&mut wrong, "kom", Arc::new(Int16Array::from(vec![Some(101), None, None])));
    assert!(message_with(&wrong, &plan).contains("row 2: null is not in the table"));
    set(&mut wrong, "kom", Arc::new(StringArray::from(vec!["0101", "Ishøj", "101"])));
    assert!(message_with(&wrong, &plan).contains("row 2: `Ishøj` is not in the table"));
    // Where no spell needs the municipality it does not matter.
    let mut idle = persons();
    idle[1] = Person::new("b", &[0; 6]);
    idle[1].kom = [999, 999];
    write_columns(&folder.path().join("r.parquet"), &columns(&idle, &Style::default()), 8);
    assert!(scan(&folder.path().join("r.parquet"), &plan).is_ok());
}

#[test]
fn a_file_with_another_schema() {
    let two = |second: &Columns| {
        let folder = tempdir().unwrap();
        write_columns(&folder.path().join("a.parquet"), &base(), 8);
        write_columns(&folder.path().join("b.parquet"), second, 8);
        let error = Register::open(folder.path()).err();
        error.map(|error| message(folder.path(), &error))
    };
    assert_eq!(
        two(&without(base(), "kon")).unwrap(),
        "file b.parquet has another schema than a.parquet: column `kon` is missing here; write all \
         files with the same columns and types"
    );
    assert!(two(&with(base(), "new", "kon")).unwrap().contains("column `new` is new here"));
    let mut other = base();
    set(&mut other, "kom", Arc::new(Int64Array::from(vec![101; 3])));
    assert!(two(&other).unwrap().contains("column `kom` holds Int64 here and Int16 there"));
    // Order and letter case are not part of the schema.
    let mut same: Columns = base().into_iter().rev().collect();
    same[0].0 = same[0].0.to_uppercase();
    assert_eq!(two(&same), None);
}

#[test]
fn columns_of_wrong_types() {
    let mut wrong = base();
    set(&mut wrong, "y_1108", Arc::new(Date32Array::from(vec![111; 3])));
    assert_eq!(
        message_of(&wrong),
        "file r.parquet: column `y_1108` holds Date32, where whole numbers or text are needed; convert \
         the column"
    );
    let mut wrong = base();
    set(&mut wrong, "grad_2011_01", Arc::new(StringArray::from(vec!["1"; 3])));
    assert!(message_of(&wrong).contains("`grad_2011_01` holds Utf8, where numbers are needed"));
    let mut wrong = base();
    set(&mut wrong, "kon", Arc::new(Date32Array::from(vec![1; 3])));
    let mut plan = plan(6);
    plan.groupings = vec![Grouping::column("sex", "kon")];
    assert!(message_with(&wrong, &plan).contains("`kon` holds Date32"));
    assert_eq!(
        message_with(&without(base(), "kon"), &plan),
        "file r.parquet: column `kon` is missing, needed for grouping `sex` (there are pnr, kom, beside weeks and \
         months); add the column or leave out what needs it"
    );
    let by_year = without(with(base(), "kom_2012", "kom"), "kom");
    plan.groupings = vec![Grouping::column("kom", "kom")];
    assert!(message_with(&by_year, &plan).contains("column `kom_2011` is missing"));
}

#[test]
fn files_that_are_no_register() {
    let folder = tempdir().unwrap();
    let error = Register::open(folder.path()).unwrap_err();
    assert!(message(folder.path(), &error).contains("holds no file that ends in .parquet"));
    let missing = folder.path().join("nothing");
    let error = Register::open(&missing).unwrap_err();
    assert!(message(folder.path(), &error).starts_with("cannot open nothing: "));
    let text = folder.path().join("text.parquet");
    std::fs::write(&text, "pnr;y_1101\n").unwrap();
    let error = Register::open(folder.path()).unwrap_err();
    assert!(
        message(folder.path(), &error).starts_with("file text.parquet cannot be read as Parquet: ")
    );

    // Cut in the middle of the data, with the footer kept.
    write_columns(&text, &base(), 8);
    let mut bytes = std::fs::read(&text).unwrap();
    bytes[4..200].fill(0xff);
    std::fs::write(&text, bytes).unwrap();
    let error = scan(folder.path(), &plan(6)).unwrap_err();
    let shown = message(folder.path(), &error);
    assert!(shown.starts_with("file text.parquet, row group 0: "), "{shown}");
    assert!(shown.ends_with("the file may be damaged or cut off"), "{shown}");
}

#[test]
fn impossible_plans() {
    let [first, last] = ["2011-01", "2011-01"].map(|month| month.parse().unwrap());
    let error = Timeline::months(first, last, Calendar::Thursday).unwrap_err();
    assert!(
        error.to_string().starts_with("study period 2011-01 to 2011-01: it must be at least two")
    );
    assert!(Timeline::months(first, "2090-01".parse().unwrap(), Calendar::Thursday).is_err());

    let mut lag = plan(6);
    lag.rule.exit_lag = 0;
    assert_eq!(
        message_with(&base(), &lag),
        "spell rule: exit_lag is 0, but must be between 1 and 5"
    );
    let mut unknown = plan(6);
    unknown.groupings = vec![Grouping::column("sex", "kon")];
    unknown.tables = vec![TableSpec::new([Dim::Grouping("sexx".to_owned())])];
    assert_eq!(message_with(&base(), &unknown), "there is no grouping `sexx`; there are: sex");
    let mut twice = plan(6);
    twice.groupings = vec![Grouping::column("exit", "kon")];
    assert_eq!(
        message_with(&base(), &twice),
        "grouping `exit` has a name that is already taken; rename it"
    );
    let mut large = plan(6);
    large.tables = vec![TableSpec::new(vec![Dim::Start; 10])];
    assert!(message_with(&base(), &large).contains("would have 60466176 cells; at most 16777216"));
    let mut folder = plan(6);
    folder.spells = Some(SpellOutput::new("/nowhere/at/all/spells.parquet"));
    assert!(
        message_with(&base(), &folder)
            .starts_with("cannot write spells to /nowhere/at/all/spells.parquet: ")
    );
}

#[test]
fn too_many_values() {
    let folder = tempdir().unwrap();
    let many: Vec<Person> = (0..5000)
        .map(|number| {
            let mut person = Person::new(&number.to_string(), &[0; 3]);
            person.kom = [number; 2];
            person
        })
        .collect();
    write(folder.path(), &many, &Style::default());
    let mut plan = plan(3);
    plan.groupings = vec![Grouping::column("place", "kom")];
    assert_eq!(
        scan(folder.path(), &plan).unwrap_err().to_string(),
        "grouping `place`: column `kom` has more than 4096 different values; join it to a small table \
         instead"
    );
}

/// Of several mistakes the first in the register is reported, whatever the threads.
#[test]
fn the_first_mistake_is_reported() {
    let folder = tempdir().unwrap();
    let mut persons: Vec<Person> =
        (0..400).map(|number| Person::new(&number.to_string(), &[0; 6])).collect();
    for wrong in [95, 210, 399] {
        persons[wrong].weeks[7] = 2000 + wrong as i16;
    }
    write(folder.path(), &persons, &Style { row_group: 5, ..Style::default() });
    for threads in [1, 2, 3, 8] {
        let mut plan = plan(6);
        plan.threads = Some(threads);
        let message = scan(folder.path(), &plan).unwrap_err().to_string();
        assert!(message.contains("row 96: code 2095"), "{threads}: {message}");
    }
}

struct StopAfter(AtomicU64);

impl Progress for StopAfter {
    fn advance(&self, persons: u64) {
        self.0.fetch_sub(persons, Ordering::Relaxed);
    }

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 0
    }
}

#[test]
fn a_cancelled_run_leaves_nothing_behind() {
    let folder = tempdir().unwrap();
    let out = tempdir().unwrap();
    write(folder.path(), &persons(), &Style { row_group: 1, ..Style::default() });
    let mut plan = plan(6);
    plan.spells = Some(SpellOutput::new(out.path().join("spells.parquet")));
    let register = Register::open(folder.path()).unwrap();
    let scan = Scan::new(&register, &plan).unwrap();
    let error = scan.run(&StopAfter(AtomicU64::new(2))).unwrap_err();
    assert_eq!(error, Error::Cancelled);
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 0);
    assert!(scan.run(&NoProgress).is_ok());
    assert_eq!(std::fs::read_dir(out.path()).unwrap().count(), 1);
}
