//! `afgang fit cox|finegray --convention`: ties and variances of other programs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod built;

use built::{Folder, afgang};
use serde_json::Value;

/// Coefficients and standard errors of the arrests of Rossi, Berk and Lenihan (1980), and the conventions.
fn arrests(folder: &Folder, more: &str) -> (Vec<[f64; 2]>, Value) {
    folder.write("rossi.csv", include_str!("../../fixtures/reference/rossi.csv"));
    let line = format!(
        "fit cox rossi.csv --time week --event arrest --x fin,age,race,wexp,mar,paro,prio --out f.json {more}"
    );
    afgang(folder, &line.split_whitespace().collect::<Vec<_>>()).good();
    let json: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let rows = json["rows"].as_array().unwrap().iter();
    let rows = rows.map(|row| ["estimate", "std_error"].map(|name| row[name].as_f64().unwrap()));
    (rows.collect(), json["conventions"].clone())
}

#[test]
fn ties_and_robust_variances_of_other_programs() {
    let folder = Folder::new();
    let near = |rows: &[[f64; 2]], wanted: &[f64]| {
        for ([estimate, _], wanted) in rows.iter().zip(wanted) {
            assert!((estimate - wanted).abs() < 6e-9, "{estimate} is not {wanted}");
        }
    };
    // As lifelines and scikit-survival print them, with Efron's and with Breslow's ties.
    let efron = [-0.379_422_17, -0.057_437_74, 0.313_899_79, -0.149_795_70];
    let breslow = [-0.379_021_89, -0.057_245_93, 0.314_129_77, -0.151_114_60];
    for (more, wanted, ties) in [
        ("", efron, "efron"),
        ("--convention r-survival", efron, "efron"),
        ("--convention sas", breslow, "breslow"),
        ("--convention stata", breslow, "breslow"),
        ("--convention stata --ties efron", efron, "efron"),
    ] {
        let (rows, conventions) = arrests(&folder, more);
        near(&rows, &wanted);
        assert_eq!(conventions["ties"], ties, "{more}");
        let name = more.split_whitespace().nth(1).unwrap_or("afgang");
        assert_eq!(conventions["convention"], name);
    }
    // Robust variances of Stata are n/(n - 1) times those of the others, of 432 rows here.
    let (plain, _) = arrests(&folder, "--convention sas --robust");
    let (stata, _) = arrests(&folder, "--convention stata --robust");
    for (plain, stata) in plain.iter().zip(&stata) {
        assert!(((stata[1] / plain[1]).powi(2) - 432.0 / 431.0).abs() < 1e-12);
    }
    // As clusters the 17 different numbers of earlier arrests.
    let (plain, _) = arrests(&folder, "--convention sas --cluster prio");
    let (stata, _) = arrests(&folder, "--convention stata --cluster prio");
    let clusters = 17.0;
    for (plain, stata) in plain.iter().zip(&stata) {
        assert!(((stata[1] / plain[1]).powi(2) - clusters / (clusters - 1.0)).abs() < 1e-12);
    }
    let line = "fit cox rossi.csv --time week --event arrest --x age --robust --convention stata";
    let printed = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
    assert!(printed.sentences().contains("multiplied by C/(C - 1)"), "{}", printed.out);
    for (line, help) in [
        ("fit cox rossi.csv --x age --convention cmprsk", "fit finegray"),
        ("fit discrete rossi.csv --x age --convention sas", "fit cox"),
    ] {
        let line = format!("{line} --time week --event arrest");
        let answer = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
        answer.bad(2, "`--convention");
        answer.says(help);
    }
}

/// R's coxph takes 0.1 + 0.2 and 0.3 for one time, so that the two events there are tied.
#[test]
fn times_that_differ_by_rounding_alone() {
    let folder = Folder::new();
    let rows = "0.1,1,0\n0.30000000000000004,1,1\n0.3,1,0\n0.5,1,1\n0.6,0,0\n0.7,1,1\n0.8,0,1\n";
    folder.write("near.csv", &format!("t,e,x\n{rows}"));
    folder.write("tied.csv", &format!("t,e,x\n{}", rows.replace("0.30000000000000004", "0.3")));
    let estimate = |file: &str, more: &str| {
        let line = format!("fit cox {file} --time t --event e --x x --out f.json {more}");
        afgang(&folder, &line.split_whitespace().collect::<Vec<_>>()).good();
        let json: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
        json["rows"][0]["estimate"].as_f64().unwrap()
    };
    let tied = estimate("tied.csv", "");
    assert!((estimate("near.csv", "--convention r-survival") - tied).abs() < 1e-12);
    assert!((estimate("near.csv", "") - tied).abs() > 1e-3);
}

/// The hypoxia data of the manual of Stata's `stcrreg` (release 13, example 1), which prints subhazard ratios and their standard errors
/// to seven digits; SAS has no factor for small samples.
#[test]
fn standard_errors_of_stcrreg_are_those_that_it_prints() {
    let folder = Folder::new();
    folder.write("hyp.csv", include_str!("../../fixtures/reference/hyp.csv"));
    let fit = |convention: &str| -> (Vec<[f64; 2]>, Value) {
        let line = format!(
            "fit finegray hyp.csv --time time --event status --cause 1 --x ifp,tumsize,pelnode --out f.json {convention}"
        );
        afgang(&folder, &line.split_whitespace().collect::<Vec<_>>()).good();
        let json: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
        let rows = json["rows"].as_array().unwrap().iter();
        let rows =
            rows.map(|row| ["estimate", "std_error"].map(|name| row[name].as_f64().unwrap()));
        (rows.collect(), json["conventions"].clone())
    };
    let (stata, said) = fit("--convention stata");
    assert_eq!((&said["convention"], &said["influence"]), (&"stata".into(), &"fine-gray".into()));
    let printed = [(1.033_206, 0.017_893_8), (1.297_332, 0.127_119_1), (0.458_812_3, 0.197_206_7)];
    for ([estimate, error], (ratio, of_ratio)) in stata.iter().zip(printed) {
        assert!((estimate.exp() - ratio).abs() < 6e-7, "{} is not {ratio}", estimate.exp());
        assert!((error * ratio - of_ratio).abs() < 6e-7, "{} is not {of_ratio}", error * ratio);
    }
    let (sas, _) = fit("--convention sas");
    for (sas, stata) in sas.iter().zip(&stata) {
        assert!(((stata[1] / sas[1]).powi(2) - 109.0 / 108.0).abs() < 1e-12);
    }
    // The weights taken as known give others, so that the test can fail.
    let (known, _) = fit("--convention stata --se known-weights");
    assert!((known[1][1] * 1.297_332 - 0.127_119_1).abs() > 1e-5);
}

#[test]
fn finegray_of_r_says_what_it_leaves_out() {
    let folder = Folder::new();
    folder.write("hyp.csv", include_str!("../../fixtures/reference/hyp.csv"));
    let line = "fit finegray hyp.csv --time time --event status --cause 1 --x ifp --censoring-group pelnode \
                --convention r-survival";
    let printed = afgang(&folder, &line.split_whitespace().collect::<Vec<_>>());
    printed.good();
    for words in ["as if the censoring weights were known", "left out (finegray of R)"] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    let line = format!("{line} --se estimated-weights");
    let answer = afgang(&folder, &line.split_whitespace().collect::<Vec<_>>());
    answer.bad(2, "`--se estimated-weights with --convention r-survival` does not go with");
    answer.says("leave one of the two out");
}

/// Between 2 and 4 nobody is at risk.
#[test]
fn times_without_anybody_at_risk_are_counted() {
    let folder = Folder::new();
    let rows = "1,1,0,0\n2,2,0,1\n2,1,0,1\n2,1,0,0\n6,1,4,0\n7,2,4,1\n7,1,4,0\n8,1,4,1\n8,0,4,0\n";
    folder.write("gap.csv", &format!("t,e,start,x\n{rows}"));
    let line = "fit finegray gap.csv --time t --event e --cause 1 --entry start --x x";
    let printed = afgang(&folder, &line.split(' ').collect::<Vec<_>>());
    printed.good();
    let words = "1 time at which nobody of a censoring group is at risk though others come later";
    assert!(printed.sentences().contains(words), "{}", printed.out);
    let line = format!("{line} --out f.json");
    afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
    let json: Value = serde_json::from_str(&folder.read("f.json")).unwrap();
    let gaps = json["fit"].as_array().unwrap().iter().find(|line| line["name"] == "gaps").unwrap();
    assert_eq!(gaps["value"].as_f64(), Some(1.0));
}
