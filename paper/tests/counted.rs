//! Files whose rows are counted as they are read.

mod built;

use built::{Folder, afgang};

/// Whole numbers in Parquet are counted without rows; the answers are those of the rows, to the last digit.
#[test]
fn counts_are_as_good_as_rows() {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int8Array, Int32Array, RecordBatch, StringArray};

    let folder = Folder::new();
    let n = 3000_i32;
    let time: Vec<i32> = (0..n).map(|i| 1 + (i * 7919) % 40).collect();
    let event: Vec<i8> = (0..n).map(|i| ((i * 31) % 7 % 3) as i8).collect();
    let group: Vec<i32> = (0..n).map(|i| (i * 13) % 5 % 4).collect();
    let exit: Vec<&str> =
        event.iter().map(|&event| ["still", "job", "dead"][event as usize]).collect();
    let sex: Vec<Option<&str>> =
        (0..n).map(|i| [Some("k"), None, Some("m")][(i % 3) as usize]).collect();
    let mut csv = "time,event,group,exit,sex\n".to_owned();
    for row in 0..n as usize {
        let numbers = [time[row].to_string(), event[row].to_string(), group[row].to_string()];
        let words = [exit[row], sex[row].unwrap_or_default()];
        csv.push_str(&[numbers.join(","), words.join(",")].join(","));
        csv.push('\n');
    }
    folder.write("rows.csv", &csv);
    let batch = RecordBatch::try_from_iter([
        ("time", Arc::new(Int32Array::from(time)) as ArrayRef),
        ("event", Arc::new(Int8Array::from(event))),
        ("group", Arc::new(Int32Array::from(group))),
        ("exit", Arc::new(StringArray::from(exit))),
        ("sex", Arc::new(StringArray::from(sex))),
    ])
    .unwrap();
    folder.write_parquet("rows.parquet", &batch);
    for line in [
        "curve cif FILE --by group",
        "curve cif FILE --by group --se ij --band influence",
        "curve cif FILE --rmst 24",
        "curve km FILE --cause 2 --by group --quantile 0.2,0.5",
        "test gray FILE --group group --pairwise",
        "test rmst FILE --group group --tau 30",
        "curve cif FILE --by sex,group",
        "curve cif FILE --by sex --only group=1,3 --only sex=k,m",
        "curve km FILE --by sex --drop-missing --cause 1,2",
        "test gray FILE --group sex --drop-missing",
        "curve cif FILE --by sex EXIT",
        "curve km FILE --cause job EXIT --at 3,7",
    ] {
        let written = |file: &str| {
            let event = if line.contains("EXIT") { "exit --censored still" } else { "event" };
            let line = line.replace("FILE", file).replace(" EXIT", "");
            let line = line + " --time time --out o.csv --event " + event;
            let words: Vec<&str> = line.split(' ').collect();
            let answer = afgang(&folder, &words);
            answer.good();
            (folder.read("o.csv"), answer.out)
        };
        let (counted, foot) = written("rows.parquet");
        let (rows, foot_of_rows) = written("rows.csv");
        assert_eq!(foot, foot_of_rows);
        for (one, two) in counted.lines().zip(rows.lines()) {
            for (one, two) in one.split(',').zip(two.split(',')) {
                let same = match (one.parse::<f64>(), two.parse::<f64>()) {
                    // Sums of squares over rows or over kinds differ in the last digits.
                    (Ok(a), Ok(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1e-3),
                    _ => one == two,
                };
                assert!(same || line.contains("--band"), "{line}: {one} is not {two}");
            }
        }
        assert_eq!(counted.lines().count(), rows.lines().count(), "{line}");
    }
}
