//! `afgang test` as a user meets it: R's answers on files, and each error with its message.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]
#![expect(clippy::float_cmp, reason = "the same statistic to the last bit, or another")]

mod built;

use std::fmt::Write;

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
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
}

/// All of group c have left when the others come: between a and b alone there is something to test.
#[test]
fn fewer_degrees_of_freedom_are_said() {
    let folder = Folder::new();
    let mut csv = "t,d,e,g\n1,1,0,c\n1,1,0,c\n0.5,1,0,c\n".to_owned();
    for (group, time) in [("a", 3), ("a", 5), ("a", 7), ("b", 4), ("b", 6), ("b", 8)] {
        writeln!(csv, "{time},1,2,{group}").unwrap();
    }
    folder.write("d.csv", &csv);
    let answer = test(&folder, "logrank d.csv --time t --event d --entry e --group g");
    answer.good();
    assert!(
        answer.sentences().contains("Fewer degrees of freedom than groups less one: 1;"),
        "{}",
        answer.out
    );
    let two = test(&folder, "logrank d.csv --time t --event d --entry e --group g --only g=a,b");
    assert!(!two.sentences().contains("Fewer degrees"), "{}", two.out);
}

/// Eleven spells that are all alike, each of its own person: nothing but rounding is left of what they vary by.
#[test]
fn rounding_is_no_standard_error() {
    let folder = Folder::new();
    let mut csv = "t,d,e,g,id\n".to_owned();
    for id in 0..11 {
        writeln!(csv, "4.3,1,0.7,a,{id}\n{}.3,{},0.7,b,{}", 2 + id % 5, 1 + id % 2, 11 + id)
            .unwrap();
    }
    folder.write("d.csv", &csv);
    let means = "rmst d.csv --group g --tau 6.1 --time t --event d --entry e --cluster id";
    test(&folder, means).bad(3, "the estimate of group a has no standard error");
    test(&folder, &format!("{means} --only g=b,c")).bad(3, "at least two groups");
    let at = "at d.csv --group g --times 5 --time t --event d --entry e --cluster id --out t.json";
    test(&folder, at).bad(3, "the estimate of group a has no standard error");
    // Of cause 2 group a has nobody, of time in no spread; at 2.5 nobody of it has left.
    folder.write("c.csv", &csv.replace("4.3,1,0.7,a,10", "5.3,2,0.7,a,10"));
    test(&folder, &means.replace("d.csv", "c.csv").replace("id", "id --out t.json")).good();
    let json: Value = serde_json::from_str(&folder.read("t.json")).unwrap();
    let causes: Vec<&Value> =
        json["rows"].as_array().unwrap().iter().map(|row| &row["cause"]).collect();
    assert!(
        causes.contains(&&Value::from(2)) && !causes.contains(&&Value::from("2")),
        "{causes:?}"
    );
    let early = "d.csv --group g --time t --event d --entry e";
    for asked in ["rmst TE --tau 0.5", "at TE --times 0.5"] {
        test(&folder, &asked.replace("TE", early)).bad(3, "has no standard error");
    }
}

#[test]
fn what_cannot_be_compared() {
    let folder = Folder::new();
    folder.write("d.csv", "t,d,g\n1,1,a\n2,0,a\n3,0,a\n1,1,b\n2,0,b\n3,0,b\n");
    for (arguments, code, message) in [
        ("rmst TE --tau 2 --only g=a --pairwise", 3, "at least two groups"),
        ("at TE --times 1 --only g=a --pairwise", 3, "at least two groups"),
        // One minus the survival before the only event is 0.
        ("logrank TE --gamma 1", 4, "no event that has a weight happened"),
        ("logrank TE --scores a=1", 3, "group b of column `g` has no score"),
        ("logrank TE --level 0.9", 2, "--level"),
        ("gray TE --level 0.9", 2, "--level"),
        ("gray TE --threads 0", 2, "it is a whole number of at least 1"),
    ] {
        let arguments = arguments.replace("TE", "d.csv --time t --event d --group g");
        test(&folder, &arguments).bad(code, message);
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
    folder.write("one.csv", "t,e,g,z\n1,1,1,0\n2,0,1,0\n");
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
        ("gray one.csv TE --group g --weight z", 3, "weights in column `z` are 0", "--weight"),
        ("logrank gap.csv TE --group g", 3, "1 row has no value in `g`", "--drop-missing"),
        (
            "rmst still.csv TE --group g --tau 3000",
            2,
            "group 1: horizon 3000",
            "choose one up to 2",
        ),
        ("logrank codes.csv TE --group g", 3, "the event code 2 in row 2", "afgang test gray"),
        ("logrank none.csv TE --group g", 3, "holds no event", "column of events"),
        ("gray one.csv TE --group g", 3, "at least two groups, found 1", ""),
        (
            "rmst lone.csv TE --group g --tau 2",
            3,
            "the estimate of group 2 has no standard error",
            "--only",
        ),
        (
            "logrank apart.csv TE --group g --entry late --pairwise",
            3,
            "groups 1 and 2 were both at risk",
            "--only",
        ),
        ("logrank apart.csv TE --group g --entry late", 4, "nothing tells the groups apart", ""),
    ] {
        let answer = test(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}

/// Exits for cause 2 happen after x has left: cause 1 is tested as it is alone, and cause 2 is named.
#[test]
fn a_cause_without_information_does_not_refuse_the_others() {
    let folder = Folder::new();
    let rows = "1,1,x\n2,0,x\n3,1,x\n2,1,y\n4,0,y\n5,1,y\n6,2,y\n7,2,y\n";
    folder.write("d.csv", &format!("t,e,g\n{rows}"));
    let line = "gray d.csv --time t --event e --group g";
    for (more, empty) in
        [("", vec!["2,x,3,,,,,", "2,y,5,,,,,"]), (" --pairwise", vec!["2,x,y,,,,,"])]
    {
        test(&folder, &format!("{line}{more} --out both.csv")).good();
        test(&folder, &format!("{line}{more} --cause 1 --out one.csv")).good();
        let both = folder.read("both.csv");
        let of_first = folder.read("one.csv").lines().count();
        let lines: Vec<&str> = both.lines().collect();
        assert_eq!(lines[..of_first].join("\n"), folder.read("one.csv").trim_end());
        assert_eq!(lines[of_first..], empty);
        let said = test(&folder, &format!("{line}{more}")).sentences();
        let named = if more.is_empty() { "of cause 2." } else { "between x and y (cause 2)." };
        assert!(said.contains(&format!("so there is no test (–) {named}")), "{said}");
        let alone = test(&folder, &format!("{line}{more} --cause 2"));
        alone.bad(3, "no event for cause 2 that has a weight happened");
    }
    test(&folder, &format!("{line} --out o.json")).good();
    let json: Value = serde_json::from_str(&folder.read("o.json")).unwrap();
    assert_eq!(json["conventions"]["not_tested"], serde_json::json!(["cause 2"]));
}

/// Twelve who leave for one cause, of which ties make the variance of `cmprsk` too small; `cuminc(t, e, g)$Tests` of R's `cmprsk` 2.2-11 has
/// 0.555211761790731 with two degrees of freedom.
#[test]
fn the_variance_of_cmprsk_on_request() {
    let folder = Folder::new();
    let times = [("a", "4,2,2,3,5"), ("b", "5,2"), ("c", "5,3,2,5,2")];
    let rows = times.map(|(g, times)| {
        times.split(',').map(|t| format!("{t},1,{g}\n")).collect::<Vec<_>>().concat()
    });
    folder.write("d.csv", &format!("t,e,g\n{}", rows.concat()));
    let line = "gray d.csv --time t --event e --group g";
    let run = |more: &str| {
        test(&folder, &format!("{line}{more} --out o.json")).good();
        let json: Value = serde_json::from_str(&folder.read("o.json")).unwrap();
        let said = test(&folder, &format!("{line}{more}")).sentences();
        (json["rows"][0]["statistic"].as_f64().unwrap(), json["conventions"].clone(), said)
    };
    let (of_cmprsk, conventions, said) = run(" --convention cmprsk");
    assert!((of_cmprsk - 0.555_211_761_790_731).abs() < 1e-12, "{of_cmprsk}");
    assert!(conventions["variance_not_of_cmprsk"].is_null() && !said.contains("too small"));
    let (here, conventions, said) = run("");
    assert!((here - of_cmprsk).abs() > 1e-3, "{here}");
    assert_eq!(conventions["variance_not_of_cmprsk"], serde_json::json!(["cause 1"]));
    assert!(said.contains("Ties make the variance of cmprsk too small"), "{said}");
    // Two events out of four and of two at 2, and who is left is censored: no pooled hazard is beyond a group.
    folder.write("d.csv", "t,e,g\n2,1,a\n2,1,a\n3,0,a\n3,0,a\n2,1,b\n3,0,b\n");
    assert_eq!(run("").0.to_bits(), run(" --convention cmprsk").0.to_bits());
    assert!(run("").1["variance_not_of_cmprsk"].is_null());
}

/// Nobody of c is at risk while anyone else is: the pair of the others stands, as if it were alone.
#[test]
fn pairs_without_information_are_empty() {
    let folder = Folder::new();
    let two = "1,1,a,0\n2,0,a,0\n3,1,a,0\n2,1,b,0\n3,0,b,0\n3,0,b,0\n";
    folder.write("two.csv", &format!("t,e,g,late\n{two}"));
    folder.write("three.csv", &format!("t,e,g,late\n{two}9,1,c,8\n9,0,c,8\n"));
    for test_of in ["logrank", "gray"] {
        let line = |file: &str| {
            format!("{test_of} {file} --time t --event e --group g --entry late --pairwise")
        };
        test(&folder, &format!("{} --out two.csv.csv", line("two.csv"))).good();
        test(&folder, &format!("{} --out p.csv", line("three.csv"))).good();
        let first = folder.read("p.csv").lines().nth(1).unwrap().to_owned();
        assert_eq!(folder.read("two.csv.csv").lines().nth(1).unwrap(), first);
        let rows: Vec<String> = folder.read("p.csv").lines().skip(2).map(str::to_owned).collect();
        let cause = if test_of == "gray" { "1," } else { "" };
        assert_eq!(rows, [format!("{cause}a,c,,,,,"), format!("{cause}b,c,,,,,")]);
        let answer = test(&folder, &line("three.csv"));
        answer.good();
        assert!(
            answer.sentences().contains("no test (–) between a and c; b and c."),
            "{}",
            answer.out
        );
        test(&folder, &format!("{} --out p.json", line("three.csv"))).good();
        let json: Value = serde_json::from_str(&folder.read("p.json")).unwrap();
        assert_eq!(json["conventions"]["not_tested"][1], "b and c");
    }
    // Means up to 2: of c nobody leaves before.
    folder.write("m.csv", "t,e,g\n1,1,a\n2,0,a\n1,1,b\n1,1,b\n2,0,b\n2,0,c\n2,0,c\n");
    let line = "rmst m.csv --time t --event e --group g --tau 2 --pairwise";
    test(&folder, &format!("{line} --out p.csv")).good();
    let text = folder.read("p.csv");
    // 4/3 - 3/2 with variances 1/4/2 and 2/9/3; alone, so that nothing is adjusted.
    let p: Vec<f64> =
        text.lines().nth(1).unwrap().split(',').skip(3).map(|x| x.parse().unwrap()).collect();
    assert!(
        (p[0] + 1.0 / 6.0).abs() < 1e-12
            && (p[1] - (1.0_f64 / 8.0 + 2.0 / 27.0).sqrt()).abs() < 1e-12
    );
    assert_eq!((p[4], p[4]), (p[5], p[6]));
    assert!(text.lines().skip(2).all(|line| line.ends_with(",c,,,,,,,")), "{text}");
    assert!(test(&folder, line).sentences().contains("cannot be compared"));
}

/// Of a three of four are in after 1, two after 2; of b one of two after 1.5.
#[test]
fn values_at_times_by_hand() {
    let folder = Folder::new();
    folder.write("v.csv", "t,e,g\n1,1,a\n2,2,a\n3,0,a\n3,0,a\n1.5,1,b\n3,1,b\n");
    let line = "at v.csv --time t --event e --group g --times 1,2";
    test(&folder, &format!("{line} --out t.csv")).good();
    let text = folder.read("t.csv");
    let header = "cause,quantity,g,n,estimate,std_error,conf_low,conf_high,statistic,df,p_value";
    assert_eq!(text.lines().next(), Some(header));
    let rows: Vec<Vec<&str>> = text.lines().skip(1).map(|line| line.split(',').collect()).collect();
    // At 1 nobody of b has left: there is no spread and no test.
    assert_eq!(rows[0][1..5], ["survival_1", "a", "4", "0.75"]);
    assert_eq!(rows[1][4..], ["1", "", "", "", "", "", ""]);
    let row = |quantity: &str, group: &str, cause: &str| {
        let found = rows.iter().find(|row| row[..3] == [cause, quantity, group]).unwrap();
        found[4..].iter().map(|x| x.parse().unwrap()).collect::<Vec<f64>>()
    };
    // Both 1/2 at 2, of four and of two; the incidences of cause 1 are 1/4 and 1/2.
    let (a, b) = (row("survival_2", "a", ""), row("survival_2", "b", ""));
    assert!((a[1] - 0.25).abs() < 1e-15 && (b[1] - 0.125_f64.sqrt()).abs() < 1e-15);
    assert_eq!((a[0], b[0], a[4], a[6]), (0.5, 0.5, 0.0, 1.0));
    let one = row("incidence_2", "b", "1");
    assert!((one[4] - 0.0625 / (3.0 / 64.0 + 0.125)).abs() < 1e-12);
    test(&folder, &format!("{line} --pairwise --out p.csv")).good();
    let pair = folder
        .read("p.csv")
        .lines()
        .find(|line| line.starts_with("1,incidence_2"))
        .unwrap()
        .to_owned();
    assert!(pair.starts_with("1,incidence_2,a,b,0.25,"), "{pair}");
    let answer = test(&folder, line);
    answer.good();
    assert!(answer.sentences().contains("(cause 1, time 1)"), "{}", answer.out);
    // Aalen's variance of one of four is 1/16, not 3/64.
    test(&folder, &format!("{line} --convention cmprsk --out t.json")).good();
    let json: Value = serde_json::from_str(&folder.read("t.json")).unwrap();
    assert_eq!(json["conventions"]["convention"], "cmprsk");
    let found = json["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["cause"] == 1 && row["quantity"] == "incidence_2" && row["g"] == "a");
    assert!((found.unwrap()["std_error"].as_f64().unwrap() - 0.25).abs() < 1e-12);
    // Persons with a spell in each group: what they share falls out of the difference.
    folder.write("w.csv", "t,e,g,who\n1,1,a,x\n1,1,b,x\n2,0,a,y\n2,0,b,y\n1,1,b,z\n2,0,b,v\n");
    let who =
        "at w.csv --time t --event e --group g --times 1 --cluster who --pairwise --out p.csv";
    test(&folder, who).good();
    // Influences on a: -1/4 and 1/4 of x and y; on b -1/8 of x and z, 1/8 of y and v. Differences: 1/8, 1/8, 1/8, 1/8.
    assert!((column(&folder, "p.csv", "std_error")[0] - 0.25).abs() < 1e-15);
    assert_eq!(column(&folder, "p.csv", "difference"), [0.0]);
    // All of a have left at 2, one of two for cause 1: that stays, in the curves as in the test. Of b one of four.
    folder.write("z.csv", "t,e,g,id\n1,1,a,1\n2,2,a,2\n1,1,b,3\n4,0,b,4\n4,0,b,5\n4,0,b,6\n");
    for more in ["", " --cluster id"] {
        let line = format!("at z.csv --time t --event e --group g --times 3 --cause 1{more}");
        test(&folder, &format!("{line} --out z.out.csv")).good();
        assert_eq!(column(&folder, "z.out.csv", "estimate")[2..], [0.5, 0.25]);
        let text = folder.read("z.out.csv");
        let of_cause = text.lines().find(|line| line.starts_with("1,incidence_3,a")).unwrap();
        let found: f64 = of_cause.split(',').nth(8).unwrap().parse().unwrap();
        assert!((found - 0.0625 / (0.125 + 3.0 / 64.0)).abs() < 1e-12, "{found}");
        let line =
            format!("cif z.csv --time t --event e --by g --at 3 --cause 1{more} --out c.csv");
        afgang(&folder, &["curve"].into_iter().chain(line.split(' ')).collect::<Vec<_>>()).good();
        assert_eq!(column(&folder, "c.csv", "estimate"), [0.5, 0.25]);
    }
    for (arguments, code, message, help) in [
        ("at v.csv --group g TE", 2, "`test at` needs times", "--times"),
        ("rmst v.csv --group g --tau 1 --times 1 TE", 2, "`--times` does not go", "test at"),
        ("at v.csv --group g --times 9 TE", 3, "group a is followed to time 3", "up to 3"),
        ("at v.csv --group g --times 0.5 TE", 3, "no standard error", ""),
    ] {
        let answer = test(&folder, &arguments.replace("TE", "--time t --event e"));
        answer.bad(code, message);
        answer.says(help);
    }
}

/// R's survdiff takes times for one that differ by rounding: `fixtures/r/near_ties.R`.
#[test]
fn near_ties_and_names_of_other_programs() {
    let folder = Folder::new();
    let text = include_str!("../../fixtures/reference/near_ties.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let (data, answers) = (&file["cases"][0]["data"], &file["cases"][0]["answers"]);
    let mut csv = "t,e,g\n".to_owned();
    for row in 0..data["exit"].as_array().unwrap().len() {
        let [t, e, g] = ["exit", "cause", "group"].map(|name| data[name][row].to_string());
        writeln!(csv, "{t},{e},{g}").unwrap();
    }
    folder.write("d.csv", &csv);
    let line = "logrank d.csv --time t --event e --group g --out t.csv";
    let statistic = |more: &str| {
        test(&folder, format!("{line} {more}").trim_end()).good();
        column(&folder, "t.csv", "statistic")[0]
    };
    near(statistic(""), &answers["apart"]["log_rank"]);
    near(statistic("--convention r-survival"), &answers["merged"]["log_rank"]);
    assert!(
        test(&folder, line).sentences().contains("by rounding alone: 5"),
        "{}",
        test(&folder, line).out
    );
    let equal =
        |one: &str, two: &str| assert!(statistic(one).to_bits() == statistic(two).to_bits());
    equal("--convention sas --weights wilcoxon", "--weights gehan");
    equal("--convention r-survival --weights wilcoxon", "--convention r-survival --rho 1");
    equal("--convention r-survival --weights peto", "--convention r-survival --rho 1");
    assert_ne!(statistic("--weights peto"), statistic("--rho 1"));
    for (arguments, message, help) in [
        ("logrank d.csv TE --weights wilcoxon", "Gehan's test in SAS", "--convention"),
        ("logrank d.csv TE --convention cmprsk", "does not go with `test logrank`", "gray"),
        ("gray d.csv TE --convention stata", "does not go with `test gray`", "cmprsk or sas"),
    ] {
        let answer = test(&folder, &arguments.replace("TE", "--group g --time t --event e"));
        answer.bad(2, message);
        answer.says(help);
    }
    // Behind the last time R takes the last value on: 1, 1/2 up to 2 and on to 4.
    folder.write("m.csv", "t,e,g\n1,1,a\n2,0,a\n1,1,b\n3,0,b\n3,0,b\n");
    test(
        &folder,
        "rmst m.csv --time t --event e --group g --tau 4 --convention r-survival --out r.csv",
    )
    .good();
    assert_eq!(column(&folder, "r.csv", "estimate")[0], 2.5);
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

/// One person stays in the one group; of sixty in the other fifteen leave at 1. Under the hypothesis p = 15/61 of all leave: the score is
/// -p, with the hypergeometric variance 15 * 46/60 * 1/61 * 60/61.
#[test]
fn a_group_of_one_person_is_no_certainty() {
    let folder = Folder::new();
    let mut csv = "time,event,group,id\n2,0,a,0\n".to_owned();
    for id in 1..=60 {
        let (time, event) = if id <= 15 { (1, 1) } else { (2, 0) };
        writeln!(csv, "{time},{event},b,{id}").unwrap();
    }
    csv.push_str("2,2,b,60\n");
    folder.write("data.csv", &csv.replace("2,0,b,60\n", ""));
    let gray = "gray data.csv --time time --event event --group group --cause 1 --cluster id";
    test(&folder, &format!("{gray} --out test.csv -q")).good();
    let p = 15.0 / 61.0_f64;
    let variance = 15.0 * 46.0 / (61.0 * 61.0);
    let found = column(&folder, "test.csv", "statistic")[0];
    assert!((found - p * p / variance).abs() < 1e-12, "{found}");
}
