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
    assert!(printed.out.contains("profile  age"), "{}", printed.out);
    assert!(printed.out.contains("ns(meal,2): inner knots"), "{}", printed.out);
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
