//! `afgang curve` as a user meets it: answers checked by hand, and each error with its message.

mod built;

use built::{Answer, Folder, afgang};

/// Six spells: causes 1 and 2, two censored, one tie of an event with a censoring at time 3.
const SIX: &str =
    "time,event,group,late,n\n1,1,a,0,1\n2,2,a,0,1\n3,0,b,1,1\n3,1,b,0,2\n5,2,b,0,1\n6,0,b,4,1\n";

fn curve(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["curve"].into_iter().chain(arguments.split(' ')).collect();
    afgang(folder, &arguments)
}

/// The rows of a CSV file, header left out, as numbers; words and gaps as `NaN`.
fn numbers(text: &str) -> Vec<Vec<f64>> {
    text.lines()
        .skip(1)
        .map(|line| line.split(',').map(|field| field.parse().unwrap_or(f64::NAN)).collect())
        .collect()
}

fn near(found: f64, wanted: f64) {
    assert!((found - wanted).abs() < 1e-12, "{found} is not {wanted}");
}

#[test]
fn survival_by_hand() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    curve(&folder, "km six.csv --time time --event event --conf plain --out km.csv").good();
    let text = folder.read("km.csv");
    assert_eq!(
        text.lines().next(),
        Some("time,n_risk,n_event,n_censor,estimate,std_error,conf_low,conf_high")
    );
    let rows = numbers(&text);
    // Of 6, 5, 4, 2, 1 at risk one leaves at 1, 2, 3 and 5; at 3 the event comes before the censoring.
    let survival = [5.0 / 6.0, 4.0 / 6.0, 3.0 / 6.0, 0.25, 0.25];
    for (row, wanted) in rows.iter().zip(survival) {
        near(row[4], wanted);
    }
    assert_eq!(rows[2][..4], [3.0, 4.0, 1.0, 1.0]);
    // Greenwood at time 2: without censoring it is binomial, 4/6 * 2/6 / 6.
    near(rows[1][5], (4.0_f64 / 6.0 * 2.0 / 6.0 / 6.0).sqrt());
    near(rows[1][6], 4.0 / 6.0 - 1.959_963_984_540_054 * rows[1][5]);
}

#[test]
fn hazard_with_late_entry_and_weights_by_hand() {
    let folder = Folder::new();
    folder.write("six.csv", &SIX.replace(",2,", ",1,"));
    curve(&folder, "na six.csv --time time --event event --entry late --weight n --out na.csv")
        .good();
    let rows = numbers(&folder.read("na.csv"));
    // At 1 are in: all but the entries at 1 and 4, so 1 + 1 + 2 + 1 = 5; at 3: 1 + 2 + 1 = 4.
    assert_eq!(rows[0][..3], [1.0, 5.0, 1.0]);
    assert_eq!(rows[2][..4], [3.0, 4.0, 2.0, 1.0]);
    near(rows[2][4], 1.0 / 5.0 + 1.0 / 5.0 + 2.0 / 4.0);
    // Aalen's variance: d / Y².
    near(rows[2][5], (1.0_f64 / 25.0 + 1.0 / 25.0 + 2.0 / 16.0).sqrt());
}

#[test]
fn incidence_by_cause_and_group() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    curve(&folder, "cif six.csv --time time --event event --out cif.csv").good();
    let text = folder.read("cif.csv");
    assert!(text.starts_with("cause,time,n_risk,n_event,n_censor,estimate,"));
    let rows = numbers(&text);
    // Cause 1: 1/6, then at 3 (survival 4/6, one of 4): 1/6 + 4/6/4 = 1/3.
    near(rows[2][5], 1.0 / 3.0);
    // Cause 2 at 5: 1/6 + 3/6 * 1/2 = 5/12.
    near(rows[5 + 3][5], 5.0 / 12.0);
    curve(&folder, "cif six.csv --time time --event event --by group --out by.csv").good();
    let text = folder.read("by.csv");
    assert!(text.starts_with("group,cause,time,"));
    assert!(text.contains("\na,1,1,2,1,0,0.5,"));
}

#[test]
fn times_that_are_asked_for() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    curve(&folder, "km six.csv --time time --event event --at 2.5,4,9 --out km.csv").good();
    let rows = numbers(&folder.read("km.csv"));
    assert_eq!(rows[0][..4], [2.5, 4.0, 2.0, 0.0]);
    near(rows[0][4], 4.0 / 6.0);
    assert_eq!(rows[1][..4], [4.0, 2.0, 1.0, 1.0]);
    assert!(rows[2][4].is_nan(), "after the last time nothing is known");
}

#[test]
fn parquet_in_and_out() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    for (from, to) in [("six.csv", "a.parquet"), ("six.csv", "a.json"), ("six.csv", "a.csv")] {
        curve(&folder, &format!("cif {from} --time time --event event --by group --out {to}"))
            .good();
    }
    // The answer is a data file like any other.
    curve(&folder, "km a.parquet --time time --event n_censor --by group,cause --out b.csv").good();
    assert!(folder.read("b.csv").starts_with("group,cause,time,"));
    assert!(folder.read("a.json").starts_with("[\n{\"group\":\"a\",\"cause\":1,\"time\":1.0,"));
}

#[test]
fn semicolons_and_decimal_commas() {
    let folder = Folder::new();
    folder.write("da.csv", "tid;slut\n1,5;1\n2,5;0\n");
    let answer = curve(&folder, "km da.csv --time tid --event slut");
    answer.good();
    assert!(answer.out.contains("1.50000"), "{}", answer.out);
}

#[test]
fn a_printed_table_has_a_foot() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let answer = curve(&folder, "cif six.csv --time time --event event --conf log-log --level 0.9");
    answer.good();
    assert!(answer.out.contains("Aalen–Johansen"));
    assert!(answer.out.contains("90 % intervals on the log-log scale"));
    assert!(answer.out.contains("events come before censorings"));
}

/// Each mistake: file, arguments, exit code, what is said, what to do.
#[test]
fn mistakes_are_explained() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    folder.write("nan.csv", "time,event\n1,1\nNaN,1\n");
    folder.write("negative.csv", "time,event\n1,1\n-2,1\n");
    folder.write("words.csv", "time,event\n1,1\nsoon,1\n");
    folder.write("half.csv", "time,event\n1,0.5\n");
    folder.write("late.csv", "time,event,entry\n3,1,0\n3,1,3\n");
    folder.write("weight.csv", "time,event,w\n3,1,-1\n");
    folder.write("censored.csv", "time,event\n1,0\n");
    folder.write("empty.csv", "");
    folder.write("fractions.csv", "time,event,w\n1,1,0.5\n2,0,1\n");
    folder.write("header.csv", "time,event\n");
    folder.write("ragged.csv", "time,event\n1,1\n1\n");
    folder.write("not.parquet", "this is no Parquet");
    folder.write("data.xlsx", "x");
    let te = "--time time --event event";
    for (arguments, code, message, help) in [
        ("km none.csv --time t --event e", 3, "cannot read none.csv", "check the path"),
        ("km . --time t --event e", 3, "cannot read .", "this is a folder"),
        (
            "km six.csv --time tiem --event event",
            3,
            "six.csv has no column `tiem`",
            "did you mean `time`?",
        ),
        (
            "km six.csv --time time --event exit",
            3,
            "no column `exit`",
            "its columns: time, event, group",
        ),
        ("km nan.csv TE", 3, "column `time` has no value in row 2", "never dropped silently"),
        (
            "km negative.csv TE",
            3,
            "column `time` is -2 in row 2; it must be a finite number of at least 0",
            "correct the row",
        ),
        ("km words.csv TE", 3, "column `time` holds `soon` in row 2", "recode"),
        (
            "km six.csv TE",
            3,
            "holds the event code 2 in row 2; codes are 0 (censored) and 1 (event)",
            "curve cif",
        ),
        ("cif half.csv TE", 3, "holds the event code 0.5 in row 1", "recode"),
        (
            "km late.csv TE --entry entry",
            3,
            "row 2: entry 3 is not before the exit at 3",
            "(entry, exit]",
        ),
        ("km weight.csv TE --weight w", 3, "column `w` is -1 in row 1", "correct"),
        ("cif censored.csv TE", 3, "holds no event", "column of events"),
        ("km empty.csv TE", 3, "empty.csv has no rows", "at least one row"),
        ("km header.csv TE", 3, "header.csv has no rows", "at least one row"),
        ("km ragged.csv TE", 3, "ragged.csv cannot be read", "complete"),
        ("km not.parquet TE", 3, "not.parquet cannot be read", "complete"),
        ("km data.xlsx TE", 3, "data.xlsx is neither a .parquet nor a .csv file", "ends in"),
        ("cif six.csv TE --rmst 12", 4, "horizon 12", "not behind the last time"),
        ("na six.csv TE --rmst 3", 2, "`--rmst` does not go with `curve na`", "curve km"),
        (
            "km six.csv TE --rmst 3 --at 2",
            2,
            "`--at` and `--rmst` ask for different",
            "one of them",
        ),
        ("na six.csv TE --se ij", 2, "`--se ij` does not go with `curve na`", "curve km"),
        (
            "km fractions.csv TE --weight w",
            3,
            "the weights in column `w` are fractions",
            "sampling",
        ),
        ("km six.csv TE --weight-kind case", 2, "--weight <COL>", ""),
        ("km six.csv TE --se aalen", 2, "`--se aalen` does not go with `curve km`", "curve na"),
        (
            "km six.csv TE --out out.txt",
            2,
            "the ending of `out.txt` names no format",
            ".parquet, .csv or .json",
        ),
        ("km six.csv TE --level 95", 2, "lies between 0 and 1", ""),
        ("km six.csv --event event", 2, "--time <COL>", ""),
        ("kn six.csv TE", 2, "'kn'", ""),
    ] {
        let answer = curve(&folder, &arguments.replace("TE", te));
        answer.bad(code, message);
        answer.says(help);
        assert!(answer.out.is_empty(), "{}", answer.out);
    }
}

#[test]
fn quantiles_and_mean_times_by_hand() {
    let folder = Folder::new();
    folder.write("four.csv", "time,event\n1,1\n3,2\n4,0\n4,0\n");
    curve(&folder, "cif four.csv --time time --event event --rmst 4 --out mean.csv").good();
    let text = folder.read("mean.csv");
    assert!(text.starts_with("cause,quantity,estimate,std_error,conf_low,conf_high\n,rmst_4,"));
    let rows = numbers(&text);
    // Survival 1, 3/4 from 1, 1/2 from 3: 1 + 2 * 3/4 + 1/2. Incidences 1/4 from 1 and from 3.
    near(rows[0][2], 3.0);
    near(rows[1][2], 0.75);
    near(rows[2][2], 0.25);
    // Areas after the exits are 2 and 1/2: 4 / 12 + 1/4 / 6.
    near(rows[0][3], (1.0_f64 / 3.0 + 1.0 / 24.0).sqrt());
    folder.write("flat.csv", "time,event\n2,1\n3,1\n5,1\n9,0\n");
    curve(&folder, "km flat.csv --time time --event event --quantile 0.25,0.5 --out q.csv").good();
    let rows = numbers(&folder.read("q.csv"));
    near(rows[0][1], 2.5);
    near(rows[1][1], 4.0);
    let first =
        "km flat.csv --time time --event event --quantile 0.5 --quantile-rule first --out q.csv";
    curve(&folder, first).good();
    near(numbers(&folder.read("q.csv"))[0][1], 3.0);
}

#[test]
fn clusters_and_sampling_weights_by_hand() {
    let folder = Folder::new();
    folder.write("two.csv", "time,event,person,w\n1,1,a,1\n1,1,a,2\n1,0,b,1.5\n1,0,b,1.5\n");
    let fit = |more: &str| {
        curve(&folder, &format!("km two.csv --time time --event event {more} --out km.csv")).good();
        numbers(&folder.read("km.csv"))[0].clone()
    };
    // Two persons, one of whom leaves with both spells: a half with error sqrt(1/2 * 1/2 / 2).
    near(fit("--cluster person")[5], (1.0_f64 / 8.0).sqrt());
    near(fit("--se ij")[5], (1.0_f64 / 16.0).sqrt());
    let sampled = fit("--weight w --weight-kind sampling");
    near(sampled[4], 0.5);
    // Influences of -1/2 and 1/2 of a weight over the whole weight, 6.
    near(sampled[5], (1.0_f64 + 4.0 + 2.25 + 2.25).sqrt() / 12.0);
}

#[test]
fn figures() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let fit = "cif six.csv --time time --event event --by group --time-label Uger --plot";
    let answer = curve(&folder, &format!("{fit} f.svg --title Afgange"));
    answer.good();
    assert_eq!(answer.out, "figure: f.svg\n");
    let svg = folder.read("f.svg");
    for words in ["Afgange", "Årsag 1", "Årsag 2", "Uger", "Antal i risiko", "punktvise 95 %"] {
        assert!(svg.contains(words), "{words}");
    }
    // With a table as well; and the same picture as pixels.
    curve(&folder, &format!("{fit} f.png --lang en --out t.csv")).good();
    assert!(folder.read("t.csv").starts_with("group,cause,time,"));
    assert!(std::fs::read(folder.path("f.png")).unwrap().starts_with(b"\x89PNG"));
    curve(&folder, &format!("{fit} f.pdf")).bad(2, "the ending of `f.pdf` names no format");
    let means = "km six.csv --time time --event event --rmst 3 --plot f.svg";
    curve(&folder, means).bad(2, "`--plot` does not go with `--rmst`");
}
