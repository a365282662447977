//! What `afgang fit` says beyond its coefficients: predictions, baseline hazards and residuals, beside R's.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use std::fmt::Write;

use built::{Answer, Folder, afgang};
use serde_json::Value;

fn fit(folder: &Folder, arguments: &str) -> Answer {
    let arguments: Vec<&str> = ["fit"].into_iter().chain(arguments.split_whitespace()).collect();
    afgang(folder, &arguments)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

/// The columns of a CSV file by name.
struct Csv(Vec<(String, Vec<String>)>);

impl Csv {
    fn read(folder: &Folder, name: &str) -> Self {
        let text = folder.read(name);
        let mut lines = text.lines();
        // Names with a comma stand in quotes.
        let header = lines.next().unwrap().split('"').enumerate();
        let names =
            header.map(|(k, part)| if k % 2 == 1 { part.replace(',', ";") } else { part.into() });
        let mut columns: Vec<(String, Vec<String>)> = (names.collect::<String>().split(','))
            .map(|name| (name.replace(';', ","), Vec::new()))
            .collect();
        for line in lines {
            columns.iter_mut().zip(line.split(',')).for_each(|(c, field)| c.1.push(field.into()));
        }
        Self(columns)
    }

    fn words(&self, name: &str) -> &[String] {
        &self.0.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
    }

    /// Numbers, `NaN` where there is none.
    fn numbers(&self, name: &str) -> Vec<f64> {
        self.words(name).iter().map(|word| word.parse().unwrap_or(f64::NAN)).collect()
    }
}

#[track_caller]
fn all_near(what: &str, got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len(), "{what}");
    for (row, (got, want)) in got.iter().zip(want).enumerate() {
        let near = (got - want).abs() <= tolerance * want.abs().max(1.0);
        assert!(near, "{what}, row {row}: {got} is not {want}");
    }
}

/// The case of `fixtures/r/cox_terms.R`, with its data as a file.
fn lung(folder: &Folder) -> Value {
    let text = include_str!("../../fixtures/reference/cox_terms.json");
    let file: Value = serde_json::from_str(text).unwrap();
    let case = &file["cases"][0];
    folder.write("lung.csv", &csv(&case["data"]));
    folder.write("new.csv", &csv(&case["fitted"]["new"]));
    case["fitted"].clone()
}

fn csv(columns: &Value) -> String {
    let columns = columns.as_object().unwrap();
    let mut csv = columns.keys().cloned().collect::<Vec<_>>().join(",") + "\n";
    for row in 0..columns.values().next().unwrap().as_array().unwrap().len() {
        let fields: Vec<String> = columns.values().map(|column| column[row].to_string()).collect();
        csv.push_str(&(fields.join(",") + "\n"));
    }
    csv
}

const LUNG: &str = "cox lung.csv --time time --event event --x age,C(sex),ns(meal,2) --strata ecog";

#[test]
fn survival_of_new_rows_as_survfit() {
    let folder = Folder::new();
    let want = lung(&folder);
    let line = format!("{LUNG} --predict new.csv --at 100,365,730 --conf log-log");
    fit(&folder, &format!("{line} --predictions p.csv --out f.json")).good();
    let got = Csv::read(&folder, "p.csv");
    assert_eq!(got.words("profile"), ["1", "1", "1", "2", "2", "2"]);
    assert_eq!(got.words("age")[3], "70.5");
    for (name, tolerance) in
        [("estimate", 1e-9), ("std_error", 1e-8), ("conf_low", 1e-8), ("conf_high", 1e-8)]
    {
        let want: Vec<f64> =
            want["curves"].as_array().unwrap().iter().flat_map(|c| numbers(&c[name])).collect();
        all_near(name, &got.numbers(name), &want, tolerance);
    }
    // Without a file they are printed below the coefficients.
    let printed = fit(&folder, &line);
    printed.good();
    assert!(printed.sentences().contains("profile  age"), "{}", printed.out);
    assert!(printed.sentences().contains("ns(meal,2): inner knots"), "{}", printed.out);
}

#[test]
fn baseline_hazards_as_basehaz() {
    let folder = Folder::new();
    let want = &lung(&folder)["baseline"];
    fit(&folder, &format!("{LUNG} --baseline-hazard b.csv --out f.json")).good();
    let got = Csv::read(&folder, "b.csv");
    let (time, hazard) = (got.numbers("time"), got.numbers("cumulative_hazard"));
    let (times, hazards) = (numbers(&want["time"]), numbers(&want["hazard"]));
    for (row, (t, want_hazard)) in times.iter().zip(&hazards).enumerate() {
        let stratum =
            format!("ecog={}", want["stratum"][row].as_str().unwrap().replace("ph.ecog=", ""));
        // R has a row for every exit; here rows are event times.
        let at = (0..time.len()).rfind(|&k| got.words("stratum")[k] == stratum && time[k] <= *t);
        all_near("hazard", &[hazard[at.unwrap()]], &[*want_hazard], 1e-9);
    }
}

#[test]
fn residuals_as_r() {
    let folder = Folder::new();
    let want = lung(&folder);
    fit(&folder, &format!("{LUNG} --cluster inst --residuals r.csv --out f.json")).good();
    let got = Csv::read(&folder, "r.csv");
    let n = got.words("row").len();
    assert_eq!(got.words("row")[..2], ["1", "2"]);
    assert_eq!(got.words("inst").len(), n);
    all_near("martingale", &got.numbers("martingale"), &numbers(&want["martingale"]), 1e-9);
    all_near("deviance", &got.numbers("deviance"), &numbers(&want["deviance"]), 1e-9);
    let columns = ["age", "sex=2", "ns(meal,2)1", "ns(meal,2)2"];
    for (k, column) in columns.iter().enumerate() {
        // R keeps matrices column by column.
        let part =
            |kind: &str, rows: usize| numbers(&want[kind])[k * rows..(k + 1) * rows].to_vec();
        let of = |kind: &str| got.numbers(&format!("{kind}_{column}"));
        all_near(column, &of("score"), &part("score", n), 1e-8);
        all_near(column, &of("dfbeta"), &part("dfbeta", n), 1e-8);
        // R has events alone, by stratum and time.
        let (schoenfeld, scaled) = (of("schoenfeld"), of("scaled_schoenfeld"));
        let mut events: Vec<usize> = (0..n).filter(|&row| !schoenfeld[row].is_nan()).collect();
        let data = Csv::read(&folder, "lung.csv");
        let (ecog, time) = (data.numbers("ecog"), data.numbers("time"));
        events.sort_by(|&a, &b| ecog[a].total_cmp(&ecog[b]).then(time[a].total_cmp(&time[b])));
        let pick = |of: &[f64]| events.iter().map(|&row| of[row]).collect::<Vec<f64>>();
        all_near(column, &pick(&schoenfeld), &part("schoenfeld", events.len()), 1e-8);
        all_near(column, &pick(&scaled), &part("scaled_schoenfeld", events.len()), 1e-8);
    }
}

/// Ten spells of two causes without censoring before the end. Of x = a, 1 of 4 leaves for a job at 1 and 1 of the other 3 dies
/// at 2; of x = b, 2 of 4 and then 1 of 2. With a stratum for each the hazards are those shares.
#[test]
fn incidence_of_all_causes_by_hand() {
    let folder = Folder::new();
    folder.write(
        "two.csv",
        "t,e,g,x\n1,job,a,0\n2,dead,a,1\n3,still,a,0\n3,still,a,1\n1,job,b,0\n1,job,b,1\n2,dead,b,0\n3,still,b,1\n",
    );
    folder.write("new.csv", "g\na\nb\n");
    let line = "cox two.csv --time t --event e --censored still --x x --strata g --ties breslow";
    folder.write("with_x.csv", "g,x\na,0\nb,0\n");
    fit(&folder, &format!("{line} --predict new.csv --at 2")).bad(3, "no column `x`");
    fit(&folder, &format!("{line} --predict with_x.csv --at 0.5,2,9 --predictions p.csv")).good();
    let got = Csv::read(&folder, "p.csv");
    assert_eq!(got.words("cause")[..6], ["dead", "dead", "dead", "job", "job", "job"]);
    let sums = got.numbers("estimate");
    // Before the first exit nobody has left; after the last nothing is known.
    all_near("before", &[sums[0], sums[3]], &[0.0, 0.0], 0.0);
    assert!(sums[2].is_nan() && sums[5].is_nan());
    assert!((sums[1] + sums[4]) < 1.0 && sums[1] > 0.0 && sums[4] > 0.0);
    // Jobs of one cause: survival alone, by the same model.
    let one = line.replace("--censored still", "--censored still,dead");
    fit(&folder, &format!("{one} --predict with_x.csv --at 1 --predictions s.csv")).good();
    let jobs: Vec<f64> =
        (0..2).map(|row| 1.0 - Csv::read(&folder, "s.csv").numbers("estimate")[row]).collect();
    fit(&folder, &format!("{line} --predict with_x.csv --at 1 --cause job --predictions p.csv"))
        .good();
    // At the first time nobody has died.
    all_near("jobs", &Csv::read(&folder, "p.csv").numbers("estimate"), &jobs, 1e-12);
}

/// Nobody is censored, and whoever left for the other cause stays at risk: 1/4, then 1/4 more, so 1 - exp(-1/4) and
/// 1 - exp(-1/2).
#[test]
fn fine_gray_predicts_incidences() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,1,0\n2,2,0\n3,1,1\n4,2,1\n1,1,1\n2,2,1\n3,1,0\n4,2,0\n");
    folder.write("new.csv", "x\n0\n1\n");
    let line = "finegray d.csv --time t --event e --cause 1 --x x --predict new.csv";
    fit(
        &folder,
        &format!("{line} --at 1,3 --predictions p.csv --baseline-hazard b.csv --residuals r.csv"),
    )
    .good();
    // Both values of x have the same exits: the coefficient is 0. 2 of 8 at 1, and 2 of 6 with 2 who left: 2 of 8 less the 2.
    let want = [0.25_f64, 0.25 + 2.0 / 6.0].map(|hazard| 1.0 - (-hazard).exp());
    let got = Csv::read(&folder, "p.csv").numbers("estimate");
    all_near("incidence", &got, &[want[0], want[1], want[0], want[1]], 1e-9);
    let base = Csv::read(&folder, "b.csv");
    all_near("baseline", &base.numbers("cumulative_hazard")[..2], &[0.25, 0.25 + 1.0 / 3.0], 1e-9);
    let moved = Csv::read(&folder, "r.csv");
    assert!(moved.numbers("dfbeta_x").iter().sum::<f64>().abs() < 1e-9);
}

#[test]
fn new_rows_that_cannot_be_meant() {
    let folder = Folder::new();
    lung(&folder);
    let bad = |new: &str, message: &str, help: &str| {
        folder.write("bad.csv", new);
        let answer = fit(&folder, &format!("{LUNG} --predict bad.csv --at 100"));
        answer.bad(3, message);
        answer.says(help);
    };
    bad(
        "age,sex,meal,ecog\n50,3,900,0\n",
        "column `sex` is `3` in row 1, which is no level",
        "its levels: 1, 2",
    );
    bad("age,sex,meal,ecog\n50,1,900,0\n50,1,900,4\n", "stratum ecog=4 in row 2", "no baseline");
    bad("age,sex,meal,ecog\nold,1,900,0\n", "column `age` holds `old` in row 1", "");
    bad("age,sex,ecog\n50,1,0\n", "no column `meal`", "its columns");
    let splines = LUNG.replace("ns(meal,2)", "bs(meal,4)");
    folder.write("bad.csv", "age,sex,meal,ecog\n50,1,9999,0\n");
    let answer = fit(&folder, &format!("{splines} --predict bad.csv"));
    answer.bad(3, "`bs(meal,4)`: the value 9999 in row 1 lies outside of 96 to 2600");
    answer.says("ns(");
    fit(&folder, &format!("{LUNG} --at 100")).bad(2, "--predict");
    fit(&folder, &format!("{LUNG} --predict new.csv --predictions lung.csv")).bad(2, "lung.csv");
}

/// A parameter a month and no covariate that matters: hazards are shares, incidences those of Aalen and Johansen, survival of each cause
/// alone the product of its shares.
#[test]
fn discrete_hazards_are_predicted() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,1,0\n2,2,0\n3,0,0\n3,0,0\n1,1,1\n2,2,1\n3,0,1\n3,0,1\n");
    folder.write("new.csv", "x\n0\n1\n");
    let predict = |more: &str| {
        let line = "discrete d.csv --time t --event e --x x --predict new.csv --at 1,2";
        fit(&folder, &format!("{line} --predictions p.csv {more}")).good();
        let got = Csv::read(&folder, "p.csv");
        let causes = got.words("cause").to_vec();
        (causes, got.numbers("estimate"))
    };
    // 2 of 8 at 1 for cause 1, 2 of 6 at 2 for cause 2.
    let (causes, incidence) = predict("");
    assert_eq!(causes[..4], ["1", "1", "2", "2"]);
    all_near("incidence", &incidence, &[0.25, 0.25, 0.0, 0.25].repeat(2), 1e-9);
    let (_, hazards) = predict("--hazards");
    all_near("hazards", &hazards, &[0.25, 0.0, 0.0, 1.0 / 3.0].repeat(2), 1e-9);
    let (_, survival) = predict("--separate");
    all_near("survival", &survival, &[0.75, 0.75, 1.0, 2.0 / 3.0].repeat(2), 1e-9);
    let line = "logit d.csv --event e --cause 1 --x x --predict new.csv --at 1";
    fit(&folder, line).bad(2, "--at");
    fit(&folder, "cox d.csv --time t --event e --x x --predict new.csv --hazards")
        .bad(2, "--hazards");
}

/// Of 8 women 3, of 4 men 1: shares with standard errors sqrt(p (1 - p) / n), and limits of the odds by a factor of
/// exp(z sqrt(1/a + 1/b)). With Firth's penalty there is half a woman more on either side, and the information is n p (1 - p) at that share.
#[test]
fn probabilities_of_outcomes_by_hand() {
    let folder = Folder::new();
    let rows = ["k,1", "k,0", "m,1", "m,0"].into_iter().zip([3, 5, 1, 3]);
    let rows: String = rows.map(|(row, n)| format!("{row}\n").repeat(n)).collect();
    folder.write("d.csv", &format!("sex,y\n{rows}"));
    let predict = |more: &str| {
        let line = "logit d.csv --event y --x C(sex) --profile sex=k --profile sex=m";
        fit(&folder, &format!("{line} --predictions p.csv --out f.json {more}")).good();
        Csv::read(&folder, "p.csv")
    };
    let z = 1.959_963_984_540_054_f64;
    for (more, extra) in [("", 0.0), ("--firth", 0.5)] {
        let got = predict(more);
        assert_eq!(got.words("sex"), ["k", "m"]);
        assert!(got.0.iter().all(|(name, _)| name != "time"));
        for (row, [a, n]) in [[3.0, 8.0], [1.0, 4.0]].into_iter().enumerate() {
            let p: f64 = (a + extra) / (n + 2.0 * extra);
            let of_logit = (1.0 / (n * p * (1.0 - p))).sqrt();
            let odds = p / (1.0 - p);
            let share = |odds: f64| odds / (1.0 + odds);
            let want = [
                ("estimate", p),
                ("std_error", p * (1.0 - p) * of_logit),
                ("conf_low", share(odds * (-z * of_logit).exp())),
                ("conf_high", share(odds * (z * of_logit).exp())),
            ];
            for (name, want) in want {
                all_near(name, &[got.numbers(name)[row]], &[want], 1e-9);
            }
        }
    }
    let plain = predict("--conf plain");
    let low = 3.0 / 8.0 - z * (15.0_f64 / 512.0).sqrt();
    all_near("plain", &plain.numbers("conf_low")[..1], &[low], 1e-9);
}

/// Nobody is of level c with weight, and nobody of level b is of group y: nothing is known of them, whatever the model.
#[test]
fn levels_and_cells_without_data_are_named() {
    let folder = Folder::new();
    let cells = [("a", "x"), ("a", "y"), ("b", "x")];
    let mut csv = "t,e,g,h,w\n1,1,c,x,0\n".to_owned();
    for (k, (g, h)) in cells.into_iter().cycle().take(30).enumerate() {
        writeln!(csv, "{},{},{g},{h},1", 1 + k * 7 % 5, u8::from(k % 4 != 3)).unwrap();
    }
    folder.write("d.csv", &csv);
    for model in ["cox", "finegray", "discrete", "logit"] {
        let time = if model == "logit" { "" } else { "--time t" };
        let line = format!("{model} d.csv {time} --event e --weight w --cause 1");
        fit(&folder, &format!("{line} --x C(g)*C(h) --profile g=a,h=y --profile g=b,h=x")).good();
        let cell =
            fit(&folder, &format!("{line} --x C(g)*C(h) --profile g=a,h=x --profile g=b,h=y"));
        cell.bad(
            3,
            "row 2: nothing can be predicted, as the data of the fit hold no row with g=b:h=y",
        );
        let level = fit(&folder, &format!("{line} --x C(g) --profile g=c"));
        level
            .bad(3, "row 1: nothing can be predicted, as the data of the fit hold no row with g=c");
        level.says("leave the row out");
    }
}

/// Rows are counted as in the file, and the names of causes are those of the file.
#[test]
fn messages_name_rows_of_the_file() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,1,0\n2,0,inf\n3,1,1\n");
    fit(&folder, "cox d.csv --time t --event e --x x").bad(4, "column x, row 2: inf");
}

/// One whose year counts from 0 has a hazard of e^(2015 b), b being about -1: no double holds it. The fit is there, and hazards are where
/// years count from 2015.
#[test]
fn baseline_hazards_far_from_the_data_are_refused_beside_the_fit() {
    let folder = Folder::new();
    let exits = [2, 1, 4, 3, 6, 5, 8, 7, 9];
    let rows = |first: i32| {
        let row = |(k, t): (i32, &i32)| format!("{t},1,{}\n", first + k);
        format!("t,e,year\n{}", (0..).zip(&exits).map(row).collect::<String>())
    };
    folder.write("d.csv", &rows(2011));
    folder.write("near.csv", &rows(-4));
    let line = "--time t --event e --x year --baseline-hazard b.csv";
    for model in ["cox", "finegray"] {
        let answer = fit(&folder, &format!("{model} d.csv {line}"));
        answer.bad(4, "baseline hazards, of a profile of zeros: the cumulative hazard of the");
        answer.says("count covariates from a value among theirs");
        assert!(answer.sentences().contains("9 spells, 9 events"), "{}", answer.out);
        assert!(!folder.path("b.csv").exists());
    }
    fit(&folder, &format!("cox near.csv {line}")).good();
    assert!(Csv::read(&folder, "b.csv").numbers("std_error").iter().all(|&error| error > 0.0));
}

#[test]
fn values_of_new_rows_are_one_finite_number_each() {
    let folder = Folder::new();
    let mut csv = "t,e,x,g\n".to_owned();
    for k in 0..30 {
        writeln!(csv, "{},{},{},{}", 1 + k * 7 % 13, u8::from(k % 3 > 0), k % 5, ["a", "b"][k % 2])
            .unwrap();
    }
    folder.write("d.csv", &csv);
    folder.write("nan.csv", "x,g\n1,a\nnan,b\n");
    for model in ["cox", "logit"] {
        let time = if model == "logit" { "" } else { "--time t" };
        let line = format!("{model} d.csv {time} --event e --x x,C(g)");
        fit(&folder, &format!("{line} --profile x=1,g=a,x=2")).bad(2, "`x` is there twice");
        for (new, message) in [
            ("--profile x=nan,g=a", "--profile: column `x` has no value in row 1"),
            ("--profile x=1,g=a --profile x=1e400,g=a", "column `x` is inf in row 2; it must be"),
            ("--predict nan.csv", "nan.csv: column `x` has no value in row 2"),
        ] {
            let answer = fit(&folder, &format!("{line} {new}"));
            answer.bad(3, message);
            assert!(!answer.err.contains("--at"), "{}", answer.err);
        }
    }
    let cube = "logit d.csv --event e --x poly(x,3) --profile x=1e200";
    fit(&folder, cube).bad(3, "column `poly(x,3)2` is");
}

/// Both who are left at 4 leave, which says nothing of x: 6 events are there, and 4 tell something.
#[test]
fn events_are_counted_also_where_all_leave() {
    let folder = Folder::new();
    let rows = "1,1,0\n2,0,1\n2,1,1\n3,1,0\n4,1,1\n4,1,0\n3,0,1\n1,0,1\n2,1,0\n";
    folder.write("d.csv", &format!("t,e,x\n{rows}"));
    let answer = fit(&folder, "discrete d.csv --time t --event e --x x");
    answer.good();
    assert!(answer.sentences().contains("9 spells, 22 times at risk, 6 events"), "{}", answer.out);
    assert!(answer.sentences().contains("2 events at times when everybody at risk leaves"));
    fit(&folder, "discrete d.csv --time t --event e --x x --out f.json").good();
    let of: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let counts = of["fit"].as_array().unwrap();
    let value = |name: &str| counts.iter().find(|of| of["name"] == name).unwrap()["value"].clone();
    assert_eq!((value("events").as_f64(), value("events_told").as_f64()), (Some(6.0), Some(4.0)));
    folder.write("last.csv", "t,e,x\n1,0,1\n2,0,2\n4,1,3\n4,1,1\n4,1,2\n3,0,1\n");
    let answer = fit(&folder, "discrete last.csv --time t --event e --x x");
    answer.bad(4, "all 3 events are at times when everybody at risk leaves");
}

#[test]
fn a_fit_does_not_fail_for_a_test_without_information() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,0,1\n2,1,3\n2,1,1\n3,0,2\n4,0,5\n2,1,2.5\n");
    let line = "cox d.csv --time t --event e --x x";
    let answer = fit(&folder, &format!("{line} --zph"));
    answer.good();
    let why = "Proportional hazards are not tested: column x differs among those at risk at one event time only";
    assert!(answer.sentences().contains(why), "{}", answer.out);
    let coefficients = |answer: &Answer| answer.out.lines().nth(1).unwrap().to_owned();
    assert_eq!(coefficients(&answer), coefficients(&fit(&folder, line)));
}

/// A name or value with a comma in backticks means what one without means.
#[test]
fn commas_in_names_and_values_of_lists() {
    let folder = Folder::new();
    let rows = |one: &str, dead: &str| {
        let mut csv = format!("t,e,x,\"{one}\",g\n");
        for k in 0..24 {
            let e = ["still", dead, "job"][k * 5 % 3];
            let (t, x, c, g) = (1 + k * 7 % 11, k % 4, k % 2, k / 6 % 3);
            writeln!(csv, "{t},\"{e}\",{x},{c},\"{one}{g}\"").unwrap();
        }
        csv
    };
    folder.write("plain.csv", &rows("c", "dead"));
    folder.write("comma.csv", &rows("c,d", "dead,old"));
    let estimates = |line: &str, comma: bool| {
        let line = if comma {
            line.replace('C', "`c,d`").replace('D', "`dead,old`").replace('G', "`c,d1`")
        } else {
            line.replace('C', "c").replace('D', "dead").replace('G', "c1")
        };
        let file = if comma { "comma.csv" } else { "plain.csv" };
        // A category is written K( above, as C is a column.
        let line = line.replace("FILE", file).replace("K(", "C(");
        let answer = fit(&folder, &format!("{line} --out f.json --predictions p.json"));
        answer.good();
        let values = |name: &str, column: &str| {
            let of: Value = serde_json::from_str(&folder.read(name)).unwrap();
            let rows = of["rows"].as_array().unwrap().iter();
            rows.map(|row| row[column].as_f64().unwrap()).collect::<Vec<f64>>()
        };
        [("f.json", "estimate"), ("f.json", "std_error"), ("p.json", "estimate")]
            .map(|(name, column)| values(name, column))
            .concat()
    };
    for line in [
        "cox FILE --time t --event e --censored still --cause D --x x --strata C,g --profile x=1,C=1,g=G --at 2",
        "cox FILE --time t --event e --censored still,D --x x,K(g,ref=G) --cluster C --profile x=1,g=G --at 2",
        "cox FILE --time t --event e --censored still,job --x x,C --only g=G,none --profile x=1,C=1 --at 2",
        "discrete FILE --time t --event e --censored still,D --x x --clock C --profile x=1,C=1 --at 2",
        "finegray FILE --time t --event e --censored still --cause D --x x --censoring-group C --profile x=1 --at 2",
    ] {
        let (plain, comma) = (estimates(line, false), estimates(line, true));
        all_near(line, &comma, &plain, 1e-12);
    }
}

#[test]
fn messages_name_what_is_meant() {
    let folder = Folder::new();
    let months = "2011-03 2011-05 2011-11 2012-01 2011-03 2012-02 2011-09 2011-13";
    let mut csv = "t,e,x,g,w,m\n".to_owned();
    for (k, month) in months.split(' ').enumerate() {
        let g = if k == 2 { "" } else { "a" };
        writeln!(csv, "{},{},{k},{g},{},{month}", k % 4 + 1, k % 3 / 2, usize::from(k > 0))
            .unwrap();
    }
    folder.write("d.csv", &csv);
    let line = "--time t --event e --x x";
    let answer = fit(&folder, &format!("discrete d.csv {line} --clock m"));
    answer.bad(3, "column `m` holds `2011-13` in row 8, where a month such as 2011-03 is needed");
    let answer = fit(&folder, &format!("cox d.csv {line},C(w,ref=z)"));
    answer.bad(3, "`z` is no level of C(w, ref=z)");
    let answer = fit(&folder, &format!("cox d.csv {line} --strata g --weight w --drop-missing"));
    answer.good();
    assert!(
        answer.sentences().contains("Left out, for want of a value in g: 1 row."),
        "{}",
        answer.out
    );
    assert!(
        answer.sentences().contains("Of weight 0, which counts for nothing: 1 row."),
        "{}",
        answer.out
    );
    folder.write("s.csv", "id,from,to,time\n1,a,,2\n2,a,cens,3\n");
    fit(&folder, "multistate s.csv").bad(3, "column `to` names no state that anybody moves to");
    folder.write("w.csv", "id,from,to,time,w\n1,a,b,2,0.5\n2,a,b,3,1\n3,a,cens,3,2\n");
    let answer = fit(&folder, "multistate w.csv --weight w --weight-kind sampling");
    assert!(answer.sentences().contains("transitions: a -> b (2)."), "{}", answer.out);
}
