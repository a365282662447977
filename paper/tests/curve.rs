//! `afgang curve` as a user meets it: answers checked by hand, and each error with its message.

mod built;

use std::fmt::Write;

use built::{Answer, Folder, afgang};

/// Six spells: causes 1 and 2, two censored, one tie of an event with a censoring at time 3.
const SIX: &str =
    "time,event,group,late,n\n1,1,a,0,1\n2,2,a,0,1\n3,0,b,1,1\n3,1,b,0,2\n5,2,b,0,1\n6,0,b,4,1\n";

fn curve(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["curve"].into_iter().chain(arguments.split_whitespace()).collect();
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
    // Unless all have left: survival stays 0 and incidence where it was; a sum of hazards is not known.
    folder.write("all.csv", "time,event\n1,1\n2,2\n2,0\n3,1\n");
    let estimate = |line: &str| {
        curve(&folder, &format!("{line} --time time --event event --at 5 --out o.csv")).good();
        let rows = numbers(&folder.read("o.csv")).into_iter();
        rows.map(|row| row[row.len() - 4]).collect::<Vec<f64>>()
    };
    near(estimate("km all.csv --cause 1,2")[0], 0.0);
    // Cause 2 takes a third of 3/4 at 2; the rest goes to cause 1.
    let both = estimate("cif all.csv");
    near(both[0], 0.75);
    near(both[1], 0.25);
    assert!(estimate("na all.csv --cause 1,2")[0].is_nan());
    assert!(estimate("km all.csv --cause 2")[0].is_nan());
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
    let json: serde_json::Value = serde_json::from_str(&folder.read("a.json")).unwrap();
    assert_eq!(json["rows"][0]["group"], "a");
    assert_eq!(json["rows"][0]["cause"], 1);
    assert_eq!(json["rows"][0]["time"], 1.0);
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
    folder.write("one_two.csv", "time,event\n1,2\n2,1\n");
    folder.write("thousands.csv", "time;event\n1.234;1\n1,5;0\n");
    folder.write("quoted.csv", "time,event\n\"16,5\",1\n");
    folder.write("dates.csv", "time,event\n2019-01-31,1\n");
    folder.write("bare.csv", "1,1\n2,0\n");
    folder.write("exits.csv", "time,event\n1,job\n2,still\n");
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
        ("cif six.csv TE --rmst 12", 2, "the last time, 6", "choose one up to 6"),
        ("cif six.csv TE --rmst -3", 2, "times are numbers of at least 0", ""),
        ("km six.csv TE --quantile 0,5", 2, "decimals have a point", ""),
        ("km six.csv TE --by group,", 2, "a name is empty in --by", "comma"),
        ("km censored.csv TE", 3, "holds no event", "column of events"),
        (
            "km one_two.csv TE",
            3,
            "holds the event code 2 in row 1",
            "`--censored 1` if 1 is censored",
        ),
        (
            "km thousands.csv TE",
            3,
            "column `time` holds `1.234` in row 1",
            "without thousand separators",
        ),
        ("km quoted.csv TE", 3, "column `time` holds `16,5` in row 1", "by semicolons"),
        ("km dates.csv TE", 3, "column `time` holds `2019-01-31` in row 1", "looks like a date"),
        ("km bare.csv TE", 3, "has no column `time`", "is the line with the names missing?"),
        ("na six.csv TE --rmst 3", 2, "`--rmst` does not go with `curve na`", "curve km"),
        (
            "km six.csv TE --rmst 3 --at 2",
            2,
            "`--at` and `--rmst` ask for different",
            "one of them",
        ),
        ("na six.csv TE --se delta", 2, "`--se delta` does not go with `curve na`", "greenwood"),
        ("cif six.csv TE --se aalen --cluster late", 2, "`--se` does not go with", "jackknife"),
        (
            "cif six.csv TE --rmst 3 --conf log",
            2,
            "`--conf with --rmst` does not go",
            "plain scale",
        ),
        (
            "km six.csv TE --cause 1 --rmst 3 --band ep",
            2,
            "`--band with --rmst`",
            "curves have bands",
        ),
        (
            "km six.csv TE --cause 1 --by group --band ep --band-range 4,9",
            2,
            "group a: no event",
            "",
        ),
        ("cif six.csv TE --band hw", 2, "`--band hw or ep` does not go with", "--band influence"),
        ("na six.csv TE --band ep", 2, "`--band` does not go with `curve na`", "curve km"),
        ("km six.csv TE --band ep --band-range 4", 2, "a range is two times", ""),
        ("km six.csv TE --convention cmprsk", 2, "`--convention cmprsk` does not go", "curve cif"),
        ("km six.csv TE --ties one-by-one", 2, "`--ties` does not go with `curve km`", "curve fh"),
        ("km six.csv TE --given 4 --at 3", 2, "`--at 3` lies before `--given 4`", "later times"),
        (
            "km six.csv TE --given 3 --rmst 3",
            2,
            "`--rmst` does not go with `--given`",
            "behind the time",
        ),
        (
            "cif exits.csv TE",
            3,
            "column `event` holds words, and it is not said which of them mean censored",
            "name them with `--censored`; the column holds `job`, `still`",
        ),
        (
            "cif exits.csv TE --censored stil",
            3,
            "column `event` never is `stil`",
            "it holds `job`, `still`",
        ),
        (
            "km exits.csv TE --censored still --band ep --band-range 4,5",
            2,
            "no event with a standard error lies between 4 and 5",
            "a range with an event",
        ),
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

/// Of those still in at 1, of whom one of three leaves at 3: one month for all, and half a month for the third that leaves. The
/// variance is that of the mean of 2, 3 and 3 months: 2/9 / 3, whether by counts or by rows.
#[test]
fn mean_times_of_those_still_in() {
    let folder = Folder::new();
    folder.write("four.csv", "time,event,who\n1,1,a\n3,1,b\n4,0,c\n4,0,d\n");
    for more in ["", " --se ij", " --cluster who"] {
        let line = format!(
            "cif four.csv --time time --event event --given 1 --rmst 4{more} --out mean.csv"
        );
        curve(&folder, &line).good();
        let rows = numbers(&folder.read("mean.csv"));
        near(rows[0][2], 3.0 - 1.0 / 3.0);
        near(rows[1][2], 1.0 / 3.0);
        near(rows[0][3], (2.0_f64 / 27.0).sqrt());
        near(rows[1][3], (2.0_f64 / 27.0).sqrt());
    }
    let printed = curve(&folder, "km four.csv --time time --event event --given 1 --rmst 4");
    printed.good();
    assert!(printed.out.contains("Mean time from 1 until exit, up to 4"), "{}", printed.out);
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

/// Rows without a group are a group of their own, or left out, and the reader is told.
#[test]
fn rows_without_a_group() {
    let folder = Folder::new();
    folder.write("gaps.csv", "time,event,sex\n1,1,k\n2,1,\n3,1,m\n4,0,k\n");
    let te = "km gaps.csv --time time --event event --by sex";
    let answer = curve(&folder, te);
    answer.good();
    assert!(answer.out.contains("Rows without a value in sex: 1"), "{}", answer.out);
    assert!(answer.out.contains("\nmissing     2       1"), "{}", answer.out);
    curve(&folder, &format!("{te} --out o.csv")).good();
    assert!(folder.read("o.csv").contains("\n,2,1,"), "a table has no word for it");
    let answer = curve(&folder, &format!("{te} --drop-missing --out o.csv"));
    answer.good();
    assert!(answer.out.contains("Left out, for want of a value in sex: rows 1"), "{}", answer.out);
    let rows = folder.read("o.csv");
    assert_eq!(rows.lines().count(), 1 + 2 + 1);
    folder.write("all.csv", "time,event\n1,1\n2,1\n");
    let answer = curve(&folder, "km all.csv --time time --event event");
    assert!(answer.out.contains("No row is censored"), "{}", answer.out);
}

/// Some rows only, and mistakes in the others are none.
#[test]
fn rows_that_count() {
    let folder = Folder::new();
    folder.write(
        "some.csv",
        "time,event,sex,year\n1,1,k,2011\n-5,1,m,2011\n2,0,k,2012\n3,1,k,2013\n",
    );
    let te = "km some.csv --time time --event event --only sex=k";
    let answer = curve(&folder, &format!("{te} --only year=2011,2012 --out o.csv"));
    answer.good();
    assert!(
        answer.out.contains("Only rows with sex = k, year = 2011 or 2012: 2 of 4."),
        "{}",
        answer.out
    );
    near(numbers(&folder.read("o.csv"))[0][4], 0.5);
    curve(&folder, &format!("{te} --only sex=x")).bad(3, "no row has `x` in `sex`");
    // A mistake in a row that counts stands where it is in the file.
    curve(&folder, &te.replace("sex=k", "sex=m")).bad(3, "column `time` is -5 in row 2");
}

/// Words instead of codes, with the same answers.
#[test]
fn events_in_words() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let words = SIX.replace(",1,", ",job,").replace(",2,", ",dead,").replace(",0,", ",still,");
    // The columns after the event are not asked for.
    folder.write("words.csv", &words);
    let read = |arguments: &str| {
        curve(&folder, &format!("{arguments} --out o.csv")).good();
        folder.read("o.csv")
    };
    let te = "--time time --event event";
    let coded = read(&format!("cif six.csv {te}"));
    let worded = read(&format!("cif words.csv {te} --censored still"));
    // Words are in the order of the alphabet: dead before job.
    assert_eq!(numbers(&worded)[1][1..6], numbers(&coded)[5 + 1][1..6]);
    assert!(worded.contains("\ndead,1,") && worded.contains("\njob,1,"));
    let job = read(&format!("cif words.csv {te} --censored still --cause job"));
    assert_eq!(job.lines().skip(1).collect::<Vec<_>>(), worded.lines().skip(6).collect::<Vec<_>>());
    // Until any exit; and until a job, the dead censored.
    let any = read(&format!("km words.csv {te} --censored still"));
    near(numbers(&any)[1][4], 4.0 / 6.0);
    let of_jobs = read(&format!("km words.csv {te} --censored still --cause job"));
    near(numbers(&of_jobs)[1][4], 5.0 / 6.0);
    assert_eq!(of_jobs, read(&format!("km six.csv {te} --cause 1")));
}

#[test]
fn survival_by_way_of_the_hazard_by_hand() {
    let folder = Folder::new();
    folder.write("tied.csv", "time,event,who\n1,1,a\n1,1,a\n2,0,b\n2,0,b\n");
    let fit = |arguments: &str| {
        let line = format!("{arguments} tied.csv --time time --event event --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))[0].clone()
    };
    near(fit("fh")[4], (-0.5_f64).exp());
    near(fit("fh --ties one-by-one")[4], (-0.25_f64 - 1.0 / 3.0).exp());
    near(fit("na --ties one-by-one")[5], (1.0_f64 / 16.0 + 1.0 / 9.0).sqrt());
    // Two persons: each moves the hazard by a quarter of its own, 2 * 1/4 - 2 * 2/16.
    near(fit("na --cluster who")[5], (2.0 * 0.25_f64 * 0.25).sqrt());
    near(fit("fh --cluster who")[5], (-0.5_f64).exp() * (2.0 * 0.25_f64 * 0.25).sqrt());
}

#[test]
fn from_a_landmark_on() {
    let folder = Folder::new();
    folder.write("six.csv", "time,event\n1,1\n2,1\n3,0\n3,1\n5,1\n6,0\n");
    let fit = |more: &str| {
        let line = format!("km six.csv --time time --event event --given 2 {more} --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))
    };
    // Four are left after 2, one of whom leaves at 3 and one of two at 5.
    let rows = fit("");
    assert_eq!(rows[0][..4], [3.0, 4.0, 1.0, 1.0]);
    near(rows[0][4], 0.75);
    near(rows[1][4], 0.375);
    near(rows[0][5], (0.75 * 0.25 / 4.0_f64).sqrt());
    near(fit("--se ij")[0][5], (0.75 * 0.25 / 4.0_f64).sqrt());
}

#[test]
fn bands_hold_more_than_intervals() {
    let folder = Folder::new();
    let line = |t: i32| format!("{t},{},p{}", u8::from(t % 5 > 0), t / 2);
    let rows = (1..=40).map(line).collect::<Vec<_>>().join("\n");
    folder.write("many.csv", &format!("time,event,who\n{rows}"));
    let te = "many.csv --time time --event event --conf log-log --out o.csv";
    for arguments in [
        "km --band hw",
        "km --band ep",
        "km --band influence",
        "km --band influence --cluster who",
        "cif --band influence",
        "cif --band influence --cluster who --seed 5",
    ] {
        curve(&folder, &format!("{arguments} {te}")).good();
        let text = folder.read("o.csv");
        assert!(text.lines().next().unwrap().ends_with("conf_high,band_low,band_high"));
        let limits: Vec<Vec<f64>> =
            numbers(&text).into_iter().map(|row| row[row.len() - 4..].to_vec()).collect();
        let known: Vec<&Vec<f64>> = limits.iter().filter(|row| !row[2].is_nan()).collect();
        assert!(known.len() >= 30, "{arguments}: {}", known.len());
        // A band of Hall and Wellner is narrower than others in the middle, and may be as narrow as the interval there.
        let wider = known.iter().filter(|row| row[2] < row[0] && row[3] > row[1]).count();
        assert!(wider + 2 >= known.len(), "{arguments}: {wider} of {}", known.len());
    }
    // The stretch of time is what is asked for.
    curve(&folder, &format!("km --band ep --band-range 10,20 {te}")).good();
    let rows = numbers(&folder.read("o.csv"));
    assert!(rows[8][8].is_nan() && !rows[9][8].is_nan() && !rows[18][8].is_nan());
    assert!(rows[20][8].is_nan());
}

#[test]
fn every_output_names_its_conventions() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    let te = "six.csv --time time --event event --weight n --entry late";
    let answer = curve(&folder, &format!("cif {te} --out o.csv"));
    answer.good();
    assert!(answer.out.contains("Weights are case weights"), "{}", answer.out);
    assert!(answer.out.contains("censorings before entries"), "{}", answer.out);
    curve(&folder, &format!("cif {te} --convention cmprsk --out o.json")).good();
    let json: serde_json::Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    for (name, wanted) in [
        ("convention", "cmprsk"),
        ("estimator", "aalen-johansen"),
        ("order_at_ties", "events, censorings, entries"),
        ("at_risk", "(entry, exit]"),
        ("std_error", "aalen"),
        ("interval", "log-log"),
        ("weights", "case"),
    ] {
        assert_eq!(json["conventions"][name], wanted, "{name}");
    }
    curve(&folder, &format!("km {te} --cause 1 --out o.parquet")).good();
    let bytes = std::fs::read(folder.path("o.parquet")).unwrap();
    assert!(String::from_utf8_lossy(&bytes).contains("\"estimator\":\"kaplan-meier\""));
}

/// A convention is a bundle of options, and options overrule it.
#[test]
fn conventions_of_other_programs() {
    let folder = Folder::new();
    folder.write("six.csv", SIX);
    folder.write("flat.csv", "time,event\n2,1\n3,1\n5,1\n9,0\n");
    let read = |arguments: &str| {
        curve(&folder, &format!("{arguments} --time time --event event --out o.csv")).good();
        folder.read("o.csv")
    };
    for (bundle, options) in [
        ("km flat.csv --convention stata", "km flat.csv --conf log-log"),
        ("km flat.csv --convention r-survival", "km flat.csv --conf log"),
        ("km flat.csv --convention sas --conf logit", "km flat.csv --conf logit"),
        ("cif six.csv --convention r-survival", "cif six.csv --se ij --conf log"),
        ("cif six.csv --convention cmprsk", "cif six.csv --se gray --conf log-log"),
        ("cif six.csv --convention sas", "cif six.csv --se aalen --conf log-log"),
        ("cif six.csv --convention stata", "cif six.csv --se delta --conf log-log"),
        (
            "km flat.csv --quantile 0.5 --convention stata",
            "km flat.csv --quantile 0.5 --quantile-rule first --conf log-log",
        ),
        (
            "km flat.csv --quantile 0.5 --convention sas",
            "km flat.csv --quantile 0.5 --quantile-rule midpoint --conf log-log",
        ),
    ] {
        assert_eq!(read(bundle), read(options), "{bundle}");
    }
    assert_ne!(read("cif six.csv"), read("cif six.csv --convention cmprsk"));
}

/// R's survfit with and without `timefix`: `fixtures/r/near_ties.R`.
#[test]
fn times_that_differ_by_rounding_alone() {
    let folder = Folder::new();
    let text = include_str!("../../fixtures/reference/near_ties.json");
    let file: serde_json::Value = serde_json::from_str(text).unwrap();
    let (data, answers) = (&file["cases"][0]["data"], &file["cases"][0]["answers"]);
    let mut csv = "t,e,late\n".to_owned();
    for row in 0..data["exit"].as_array().unwrap().len() {
        let [t, e, late] = ["exit", "cause", "entry"].map(|name| data[name][row].to_string());
        writeln!(csv, "{t},{e},{late}").unwrap();
    }
    folder.write("d.csv", &csv);
    for (more, want) in [("", "apart"), ("--convention r-survival", "merged")] {
        let line = format!("km d.csv --time t --event e --entry late {more}");
        let printed = curve(&folder, &line).out;
        assert!(printed.contains("by rounding alone"), "{printed}");
        curve(&folder, &format!("{line} --out o.csv")).good();
        let rows = numbers(&folder.read("o.csv"));
        let want = &answers[want];
        assert_eq!(rows.len(), want["time"].as_array().unwrap().len());
        for (row, found) in rows.iter().enumerate() {
            for (place, name) in [(0, "time"), (1, "n_risk"), (4, "survival")] {
                near(found[place], want[name][row].as_f64().unwrap());
            }
        }
    }
    curve(&folder, "km d.csv --time t --event e --convention r-survival --out o.json").good();
    let json: serde_json::Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    assert_eq!(json["conventions"]["near_ties"]["taken_for"], "one");
}

#[test]
fn mean_times_of_persons() {
    let folder = Folder::new();
    folder.write("pairs.csv", "time,event,who\n1,1,a\n1,1,a\n2,0,b\n2,0,b\n");
    let fit = |more: &str| {
        let line = format!("km pairs.csv --time time --event event --rmst 2 {more} --out o.csv");
        curve(&folder, &line).good();
        numbers(&folder.read("o.csv"))[0].clone()
    };
    // 1 or 2 with a half each, of four or of two.
    near(fit("")[1], 1.5);
    near(fit("")[2], (1.0_f64 / 16.0).sqrt());
    near(fit("--cluster who")[1], 1.5);
    near(fit("--cluster who")[2], (1.0_f64 / 8.0).sqrt());
}
