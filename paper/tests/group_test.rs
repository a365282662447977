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
    assert_eq!(column(&folder, "r.csv", "estimate"), [1.5, 1.75]);
    assert!((column(&folder, "r.csv", "std_error")[1] - two.sqrt()).abs() < 1e-12);
    let pairs = "rmst m.csv --time t --event e --group g --tau 2 --pairwise --out p.csv";
    test(&folder, pairs).good();
    assert_eq!(column(&folder, "p.csv", "difference"), [0.25]);
    assert!((column(&folder, "p.csv", "std_error")[0] - (one + two).sqrt()).abs() < 1e-12);
    assert!((column(&folder, "r.csv", "statistic")[0] - wanted).abs() < 1e-12);
}

#[test]
fn messages() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,g,w\n1,1,1,0.5\n2,0,2,1\n3,1,2,1\n");
    folder.write("none.csv", "t,e,g\n1,0,1\n2,0,2\n");
    folder.write("still.csv", "t,e,g\n1,1,1\n2,0,1\n1,1,2\n3,0,2\n");
    folder.write("lone.csv", "t,e,g\n1,1,1\n2,0,1\n2,0,2\n2,0,2\n");
    folder.write("gap.csv", "t,e,g\n1,1,1\n2,0,2\n3,1,\n");
    folder.write("codes.csv", "t,e,g\n1,1,1\n2,2,2\n3,0,2\n");
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
        ("logrank gap.csv TE --group g", 3, "1 rows have no value in `g`", "--drop-missing"),
        ("rmst still.csv TE --group g --tau 3000", 2, "the last time, 2", "choose one up to 2"),
        ("logrank codes.csv TE --group g", 3, "the event code 2 in row 2", "afgang test gray"),
        ("logrank none.csv TE --group g", 3, "holds no event", "column of events"),
        ("gray one.csv TE --group g", 3, "at least two groups, found 1", ""),
        (
            "rmst lone.csv TE --group g --tau 2",
            3,
            "the mean of group 2 has no standard error",
            "--only",
        ),
        (
            "logrank apart.csv TE --group g --entry late --pairwise",
            3,
            "groups 1 and 2 were both at risk",
            "--only",
        ),
        ("logrank apart.csv TE --group g --entry late", 4, "nothing to test", ""),
    ] {
        let answer = test(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}

/// R's robust score test, with late entry, weights, clusters and strata: `fixtures/r/robust_tests.R`.
#[test]
fn robust_tests_of_rows() {
    let text = include_str!("../../fixtures/reference/robust_tests.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        let (data, folder) = (&case["data"], Folder::new());
        let rows = data["exit"].as_array().unwrap().len();
        let columns = ["entry", "exit", "cause", "group", "stratum", "weight", "cluster"];
        let there: Vec<&str> = columns.into_iter().filter(|c| data[*c].is_array()).collect();
        let mut csv = there.join(",") + "\n";
        for row in 0..rows {
            let fields: Vec<String> = there.iter().map(|c| data[*c][row].to_string()).collect();
            csv.push_str(&(fields.join(",") + "\n"));
        }
        folder.write("d.csv", &csv);
        let has = |name: &str| there.contains(&name);
        if !has("weight") && !has("cluster") {
            continue;
        }
        let mut line: Vec<&str> =
            "logrank d.csv --time exit --event cause --group group --out t.csv"
                .split(' ')
                .collect();
        for (name, flag) in
            [("entry", "--entry"), ("stratum", "--strata"), ("cluster", "--cluster")]
        {
            if has(name) {
                line.extend([flag, name]);
            }
        }
        if has("weight") {
            line.extend(["--weight", "weight", "--weight-kind", "sampling"]);
        }
        test(&folder, &line.join(" ")).good();
        near(column(&folder, "t.csv", "statistic")[0], &case["answers"]["log_rank"]["statistic"]);
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} cases");
}

#[test]
fn persons_in_tests_by_hand() {
    let folder = Folder::new();
    let rows =
        "1,1,a,x,1\n1,1,a,x,2\n2,0,a,y,1\n2,0,a,y,2\n1,1,b,z,1\n2,0,b,z,1\n2,0,b,v,1\n2,0,b,v,2\n";
    folder.write("p.csv", &format!("t,e,g,who,c\n{rows}"));
    let te = "p.csv --time t --event e --group g --cluster who --out t.csv";
    // Means up to 2 are 1.5 and 1.75. Of persons: in a two of two spells each with influences of 1/4 and -1/4 a person ...
    test(&folder, &format!("rmst {te} --tau 2")).good();
    assert_eq!(column(&folder, "t.csv", "estimate"), [1.5, 1.75]);
    let errors = column(&folder, "t.csv", "std_error");
    // ... a: (-1/2 * 2/4)^2 twice; b: z has (-3/4 + 1/4)/4, v has (1/4 + 1/4)/4.
    assert!((errors[0] - (2.0 * 0.0625_f64).sqrt()).abs() < 1e-12, "{errors:?}");
    assert!((errors[1] - (2.0 * 0.125_f64 * 0.125).sqrt()).abs() < 1e-12, "{errors:?}");
    test(&folder, &format!("gray {te}")).good();
    let (one, robust) = (column(&folder, "t.csv", "observed"), column(&folder, "t.csv", "p_value"));
    assert_eq!(one, [2.0, 1.0]);
    test(&folder, "gray p.csv --time t --event e --group g --out t.csv").good();
    assert_ne!(robust, column(&folder, "t.csv", "p_value"));
}
