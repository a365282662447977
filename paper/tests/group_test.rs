//! `afgang test` as a user meets it: R's answers on files, and each error with its message.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn test(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["test"].into_iter().chain(arguments.split(' ')).collect();
    afgang(folder, &arguments)
}

/// Data and answers of a case of `fixtures/reference/group_tests.json`; the data written as a file.
fn case(folder: &Folder, name: &str) -> Value {
    let text = include_str!("../../fixtures/reference/group_tests.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let case = cases.iter().find(|case| case["name"] == name).unwrap();
    let data = &case["data"];
    let mut csv = "time,event,group,stratum,n\n".to_owned();
    for row in 0..data["exit"].as_array().unwrap().len() {
        let field = |column: &str, missing: &str| match &data[column][row] {
            Value::Null => missing.to_owned(),
            value => value.to_string(),
        };
        let fields =
            ["exit", "cause", "group", "stratum", "weight"].map(|column| field(column, "1"));
        csv.push_str(&fields.join(","));
        csv.push('\n');
    }
    folder.write("data.csv", &csv);
    case["answers"].clone()
}

/// The columns of a CSV file by name.
fn column(folder: &Folder, file: &str, name: &str) -> Vec<f64> {
    let text = folder.read(file);
    let mut lines = text.lines();
    let place = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    lines.map(|line| line.split(',').nth(place).unwrap().parse().unwrap()).collect()
}

fn near(found: f64, wanted: &Value) {
    let wanted = wanted.as_f64().unwrap();
    assert!((found - wanted).abs() < 1e-9 * wanted.abs(), "{found} is not {wanted}");
}

#[test]
fn log_rank_of_lung_by_sex() {
    let folder = Folder::new();
    let want = &case(&folder, "lung_sex")["log_rank"];
    let file = "logrank data.csv --time time --event event --group group --out t.csv";
    test(&folder, file).good();
    assert!(folder.read("t.csv").starts_with("group,n,observed,expected,statistic,df,p_value\n"));
    near(column(&folder, "t.csv", "statistic")[0], &want[0]["statistic"]);
    near(column(&folder, "t.csv", "p_value")[1], &want[0]["p_value"]);
    for group in 0..2 {
        near(column(&folder, "t.csv", "observed")[group], &want[0]["observed"][group]);
        near(column(&folder, "t.csv", "expected")[group], &want[0]["expected"][group]);
    }
    test(&folder, &format!("{file} --rho 1")).good();
    near(column(&folder, "t.csv", "statistic")[0], &want[2]["statistic"]);
}

#[test]
fn gray_with_strata_and_weights() {
    let folder = Folder::new();
    let want = &case(&folder, "tied_strata_weights")["gray"];
    let file = "gray data.csv --time time --event event --group group --strata stratum --weight n";
    test(&folder, &format!("{file} --rho 0.5 --out t.csv")).good();
    assert!(folder.read("t.csv").starts_with("cause,group,n,observed,"));
    let statistics = column(&folder, "t.csv", "statistic");
    assert_eq!(statistics.len(), 2 * 4);
    near(statistics[0], &want[1]["statistic"][0]);
    near(statistics[4], &want[1]["statistic"][1]);
    let printed = test(&folder, file);
    printed.good();
    for words in ["Gray's test", "case weights", "over the strata"] {
        assert!(printed.out.contains(words), "{words}: {}", printed.out);
    }
}

#[test]
fn pairs_and_trend() {
    let folder = Folder::new();
    case(&folder, "veteran_cells");
    let file = "logrank data.csv --time time --event event --group group";
    test(&folder, &format!("{file} --pairwise --out p.csv")).good();
    let (p, holm) = (column(&folder, "p.csv", "p_value"), column(&folder, "p.csv", "p_holm"));
    assert_eq!(p.len(), 6);
    // The smallest of six is multiplied by six, the largest stays or is raised.
    let smallest = (0..6).min_by(|&a, &b| p[a].total_cmp(&p[b])).unwrap();
    assert!((holm[smallest] - 6.0 * p[smallest]).abs() < 1e-15);
    assert!(p.iter().zip(&holm).all(|(p, holm)| holm >= p));
    // A pair alone is a test of two groups.
    let text = folder.read("data.csv");
    let two: String = text
        .lines()
        .filter(|l| !l.contains(",3,1,1") && !l.contains(",4,1,1"))
        .fold(String::new(), |all, l| all + l + "\n");
    folder.write("two.csv", &two);
    test(&folder, "logrank two.csv --time time --event event --group group --out t.csv").good();
    assert!((column(&folder, "t.csv", "p_value")[0] - p[0]).abs() < 1e-12);
    // With two groups a trend is the test itself.
    test(&folder, "logrank two.csv --time time --event event --group group --trend --out u.csv")
        .good();
    assert!((column(&folder, "u.csv", "p_value")[0] - p[0]).abs() < 1e-12);
}

#[test]
fn restricted_means_of_two_groups_by_hand() {
    let folder = Folder::new();
    // Means up to 2: group 1 (1 + 1 + 2 + 2) / 4, group 2 all of it but one of four.
    folder.write("m.csv", "t,e,g\n1,1,1\n1,1,1\n2,0,1\n2,0,1\n1,1,2\n2,0,2\n2,0,2\n2,0,2\n");
    test(&folder, "rmst m.csv --time t --event e --group g --tau 2 --out r.csv").good();
    let (one, two) = (1.0_f64 / 16.0, 3.0 / 64.0);
    let wanted = 0.25 * 0.25 / (one + two);
    assert_eq!(column(&folder, "r.csv", "observed"), [1.5, 1.75]);
    assert!((column(&folder, "r.csv", "statistic")[0] - wanted).abs() < 1e-12);
}

#[test]
fn messages() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,g,w\n1,1,1,0.5\n2,0,2,1\n3,1,2,1\n");
    folder.write("none.csv", "t,e,g\n1,0,1\n2,0,2\n");
    folder.write("one.csv", "t,e,g\n1,1,1\n2,0,1\n");
    folder.write("apart.csv", "t,e,g,late\n1,1,1,0\n5,1,2,4\n");
    for (arguments, code, message, help) in [
        ("logrank d.csv TE", 2, "a test needs groups", "--group COL"),
        ("rmst d.csv TE --group g", 2, "needs a horizon", "--tau"),
        (
            "gray d.csv TE --group g --gamma 1",
            2,
            "`--gamma` does not go with `test gray`",
            "logrank",
        ),
        ("logrank d.csv TE --group g --strata g", 2, "named twice", "once"),
        ("logrank d.csv TE --group g --rho=-1", 2, "--rho", ""),
        ("logrank d.csv TE --group sex", 3, "no column `sex`", "its columns"),
        ("logrank d.csv TE --group g --weight w", 3, "are fractions", "--weight-kind"),
        ("logrank d.csv TE --group g --weight w --weight-kind sampling", 3, "neither sampling", ""),
        ("logrank none.csv TE --group g", 3, "holds no event", "column of events"),
        ("gray one.csv TE --group g", 4, "at least two groups, found 1", ""),
        ("logrank apart.csv TE --group g --entry late", 4, "nothing to test", ""),
    ] {
        let answer = test(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}
