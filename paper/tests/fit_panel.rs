//! `afgang fit panel` as a user meets it: published answers of other programs on files, and tables of models.

mod built;
mod panel_data;

use std::fmt::Write;

use built::{Folder, afgang};
use panel_data::{Fit, case, fit, near};
use serde_json::Value;

/// Grunfeld's ten firms: every kind of standard error as plm, pyfixest and linearmodels have it.
#[test]
fn grunfeld_with_every_kind_of_standard_error() {
    let folder = Folder::new();
    case(&folder, "grunfeld");
    let line = "grunfeld.csv --y y --x value,capital --unit unit --time time";
    let plain = Fit::of(&folder, line);
    near(plain.number("value", "estimate"), 0.110_123_804_120_718_5, 1e-10);
    near(plain.number("capital", "std_error"), 0.017_354_502_775_552_53, 1e-10);
    for (name, want) in [
        ("rss", 523_478.147_386_251_8),
        ("r2_within", 0.766_757_583_748_140_4),
        ("r2_adjusted", 0.753_110_421_095_106_1),
        ("r2_inclusive", 0.944_072_512_467_661),
        ("r2_adjusted_within", 0.764_276_281_447_589),
        ("f", 309.014_175_168_280_4),
        ("rows", 200.0),
        ("units", 10.0),
        ("slopes", 2.0),
        ("absorbed", 10.0),
        ("residual_df", 188.0),
        ("t_df", 188.0),
    ] {
        near(plain.counted(name), want, 1e-10);
    }
    for (more, value, capital) in [
        ("--convention plm --cluster unit", 0.014_342_143_712_350_33, 0.049_792_608_723_773_13),
        ("--convention fixest --cluster unit", 0.015_194_493_942_717_4, 0.052_751_771_758_775_9),
        ("--cluster unit", 0.015_194_493_942_717_4, 0.052_751_771_758_775_9),
        ("--vce hc1", 0.015_194_493_942_717_4, 0.052_751_771_758_775_9),
        ("--convention fixest --vce hc1", 0.019_378_033_290_779_2, 0.042_795_005_618_506_3),
        ("--convention plm --vce hc0", 0.018_787_700_332_010_68, 0.041_491_297_346_970_28),
        (
            "--convention plm --vce driscoll-kraay",
            0.017_686_032_718_070_55,
            0.034_820_146_873_783_47,
        ),
        ("--convention plm --vce dk:1", 0.016_323_511_399_821_31, 0.034_203_707_961_555_61),
    ] {
        let fit = Fit::of(&folder, &format!("{line} {more}"));
        near(fit.number("value", "std_error"), value, 1e-9);
        near(fit.number("capital", "std_error"), capital, 1e-9);
    }
    let two = fit(&folder, &format!("{line} --convention fixest --cluster unit,time"));
    assert!(
        two.sentences().contains("clustered by unit and time, 10 and 20 clusters"),
        "{}",
        two.out
    );
    // Its one negative eigenvalue is of the constant's row, which fixest does not have.
    assert!(!two.sentences().contains("was not positive semi-definite"), "{}", two.out);
    // Stata's `xtreg, vce(cluster firm)` prints this for capital alone with effects of firms and years (0.06328129).
    let both =
        "grunfeld.csv --y y --x capital --unit unit --time time --effects both --cluster unit";
    let fixest = Fit::of(&folder, &format!("{both} --convention fixest"));
    near(fixest.number("capital", "estimate"), 0.413_801_834_595_385, 1e-10);
    near(fixest.number("capital", "std_error"), 0.063_281_294_089_814, 1e-9);
    near(fixest.counted("t_df"), 9.0, 0.0);
}

/// The other estimators and the tests, as plm has them.
#[test]
fn grunfeld_with_other_estimators() {
    let folder = Folder::new();
    let answers = case(&folder, "grunfeld");
    let line = "grunfeld.csv --y y --x value,capital --unit unit --time time --convention plm";
    let models = "--model within,pooled,between,first-difference,random";
    let several = Fit::of(&folder, &format!("{line} {models}"));
    let number = |model: &str, column: &str| {
        let of = |row: &&Value| row["model"] == model && row["column"] == column;
        several.rows().iter().find(of).unwrap()["estimate"].as_f64().unwrap()
    };
    for (model, of_plm, method) in [
        ("within", "within", None),
        ("pooled", "pooling", None),
        ("between", "between", None),
        ("first-difference", "fd", None),
        ("random", "random", Some("swar")),
    ] {
        let is = |fit: &&Value| {
            fit["model"] == of_plm
                && fit["effect"] == "individual"
                && fit["method"].as_str() == method
        };
        let fit = answers["fits"].as_array().unwrap().iter().find(is).unwrap();
        let coefficients = fit["coefficients"].as_array().unwrap();
        let slopes = &coefficients[coefficients.len() - 2..];
        near(number(model, "value"), slopes[0].as_f64().unwrap(), 1e-9);
        near(number(model, "capital"), slopes[1].as_f64().unwrap(), 1e-9);
        if coefficients.len() == 3 {
            near(number(model, "constant"), coefficients[0].as_f64().unwrap(), 1e-9);
        }
    }
    for (components, value, theta) in [
        ("swar", 0.109_781_152_232_483_8, 0.861_223_620_747_878_5),
        ("stata", 0.109_781_152_232_483_8, 0.861_223_620_747_878_5),
        ("amemiya", 0.109_763_687_672_005_4, 0.855_691_893_340_999_2),
        ("walhus", 0.109_710_374_008_501_5, 0.837_437_556_270_372_1),
        ("nerlove", 0.109_802_322_965_494_1, 0.867_736_062_612_915_5),
    ] {
        let random = Fit::of(&folder, &format!("{line} --model random --components {components}"));
        near(random.number("value", "estimate"), value, 1e-9);
        near(random.counted("theta_min"), theta, 1e-9);
    }
    let tests = "--tests effects,hausman,breusch-pagan";
    let tested = Fit::of(&folder, &format!("{line} {tests}"));
    near(tested.counted("effects_f"), 49.176_625_499_418_51, 1e-9);
    near(tested.counted("effects_f_residual_df"), 188.0, 0.0);
    near(tested.counted("hausman"), 2.330_366_893_675_463, 1e-8);
    near(tested.counted("hausman_p_value"), 0.311_865_446_054_885_6, 1e-8);
    near(tested.counted("breusch_pagan"), 798.161_548_369_066_3, 1e-9);
    let printed = fit(&folder, &format!("{line} {tests}"));
    for words in [
        "All effects alike (rows independent): F 49.18 on 9 and 188 df, p < 0.0001.",
        "Hausman, random against fixed effects: χ² 2.330 on 2 df, p = 0.3119.",
        "Breusch–Pagan, no effects of unit: χ² 798.2 on 1 df, p < 0.0001.",
    ] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
}

/// Hausman's test as a regression by `phtest(method = "aux")`, with its clusters too (`fixtures/r/panel_random.R`).
#[test]
fn grunfeld_with_hausman_as_a_regression() {
    let folder = Folder::new();
    case(&folder, "grunfeld");
    let line = "grunfeld.csv --y y --x value,capital --unit unit --time time --convention plm \
                --tests hausman,hausman-regression";
    let plain = Fit::of(&folder, line);
    near(plain.counted("hausman_regression"), 2.131_366_225_407_529, 1e-9);
    near(plain.counted("hausman_regression_df"), 2.0, 0.0);
    let clustered = Fit::of(&folder, &format!("{line} --cluster unit"));
    near(clustered.counted("hausman_regression"), 8.299_836_616_835_09, 1e-9);
    near(clustered.counted("hausman"), 2.330_366_893_675_463, 1e-8);
    let printed = fit(&folder, &format!("{line} --cluster unit")).sentences();
    for words in [
        "with the means of each unit besides, which have no effect: χ² 8.300 on 2 df",
        "Hausman, random against fixed effects (rows independent): χ² 2.330",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
}

/// The 564 rows by two clusterings: `pyfixest` leaves the covariance as it is (models/tests/panel/programs.rs), `reghdfe` cuts negative
/// eigenvalues; and six times are too few for a test of 13 slopes.
#[test]
fn negative_eigenvalues_and_tests_without_rank_are_said() {
    let folder = Folder::new();
    case(&folder, "generated");
    let all = "x1,x2,x3,x4,x5,x6,x7,x8,C(time)";
    let line = format!("generated.csv --y y --x {all} --unit unit --time time --cluster unit,time");
    let fixest = Fit::of(&folder, &format!("{line} --convention fixest"));
    near(fixest.number("x1", "std_error"), 0.108_168_060_024_354_4, 1e-9);
    near(fixest.counted("negative_eigenvalues_cut"), 0.0, 0.0);
    let reghdfe = Fit::of(&folder, &format!("{line} --convention reghdfe"));
    near(reghdfe.counted("negative_eigenvalues_cut"), 1.0, 0.0);
    assert_eq!(reghdfe.0["conventions"]["negative_eigenvalues_cut"], true);
    let printed = fit(&folder, &format!("{line} --convention reghdfe")).sentences();
    for words in [
        "negative eigenvalues were set to 0, of columns divided by their standard deviations, as `reghdfe` does",
        "All slopes 0: no test, as 6 clusters or times give the covariance of 13 slopes no rank for it.",
    ] {
        assert!(printed.contains(words), "{words}: {printed}");
    }
    fit(&folder, &format!("{line} --convention reghdfe --table t.md")).good();
    let table = folder.read("t.md");
    assert!(
        table.contains("negative eigenvalues of the covariance set to 0; convention reghdfe."),
        "{table}"
    );
}

/// Tests of residuals as plm has them, and Stata's `xtserial`.
#[test]
fn grunfeld_with_tests_of_residuals() {
    let folder = Folder::new();
    case(&folder, "grunfeld");
    let line =
        "grunfeld.csv --y y --x value,capital --unit unit --time time --tests wooldridge,pesaran";
    let plm = Fit::of(&folder, &format!("{line} --convention plm"));
    near(plm.counted("wooldridge_f"), 76.928_562_121_367_43, 1e-9);
    near(plm.counted("wooldridge_df"), 188.0, 0.0);
    near(plm.counted("pesaran_cd"), 4.661_192_485_241_966, 1e-9);
    let stata = Fit::of(&folder, line);
    near(stata.counted("wooldridge_f"), 263.591_543_579_255_9, 1e-9);
    near(stata.counted("wooldridge_df"), 9.0, 0.0);
    let printed = fit(&folder, line);
    assert!(
        printed.sentences().contains("Pesaran, no dependence between unit: CD 4.661, p < 0.0001"),
        "{}",
        printed.out
    );
}

/// Differences of y 2, 4 and 3 and of x 1, 3 and 2 where z rises by 1: 9/6.
#[test]
fn instruments_by_hand() {
    let folder = Folder::new();
    folder.write(
        "d.csv",
        "u,t,x,z,y\nA,1,0,0,0\nA,2,1,1,2\nB,1,1,0,1\nB,2,4,1,5\nC,1,0,0,3\nC,2,2,1,6\n",
    );
    let line = "d.csv --y y --unit u --time t --iv x=z";
    let iv = Fit::of(&folder, line);
    near(iv.number("x", "estimate"), 1.5, 1e-14);
    near(iv.counted("cragg_donald"), 12.0, 1e-12);
    assert_eq!(iv.0["conventions"]["instruments"][0], "z");
    assert_eq!(iv.rows().len(), 2);
    let printed = fit(&folder, line);
    for words in ["Two-stage least squares: endogenous x; instruments z.", "Cragg–Donald F 12"] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    fit(&folder, &format!("{line} --model random")).bad(2, "`--iv` does not go with `--model`");
    fit(&folder, "d.csv --y y --unit u --time t --iv x").bad(2, "= with instruments after it");
    fit(&folder, "d.csv --y y --unit u --time t --x z --iv x=z").bad(3, "z");
}

/// Rates with x are three times those without; C has no events. And firms' employees as pyfixest has them.
#[test]
fn poisson_by_hand_and_as_pyfixest() {
    let folder = Folder::new();
    folder.write("d.csv", "u,t,x,y\nA,1,0,1\nA,2,1,3\nB,1,0,2\nB,2,1,6\nC,1,0,0\nC,2,1,0\n");
    let line = "d.csv --y y --x x --unit u --time t --model poisson";
    let small = Fit::of(&folder, line);
    near(small.number("x", "estimate"), 3.0_f64.ln(), 1e-12);
    near(small.number("x", "std_error"), (3.0_f64 / 2.25).sqrt(), 1e-9);
    near(small.counted("separated"), 2.0, 0.0);
    // The multiplier on 1 / 2.25, and the convention that it is of.
    near(small.counted("multiplier"), 3.0, 1e-12);
    assert_eq!(small.0["conventions"]["convention"], "fixest");
    fit(&folder, &format!("{line} --convention plm"))
        .bad(2, "`--convention` does not go with `--model poisson`");
    let clustered = fit(&folder, &format!("{line} --cluster u")).sentences();
    assert!(
        clustered.contains("These are few") && !clustered.contains("--vce wild"),
        "{clustered}"
    );
    let printed = fit(&folder, line);
    assert!(printed.sentences().contains("make its mean 0: rows 2."), "{}", printed.out);
    folder.write("minus.csv", "u,t,x,y\nA,1,0,1\nA,2,1,-3\nB,1,0,2\nB,2,1,6\n");
    fit(&folder, &line.replace("d.csv", "minus.csv"))
        .bad(3, "column `y` is -3 in row 2; it must be at least 0 for Poisson regression");
    case(&folder, "empluk");
    let text = folder.read("empluk.csv");
    let mut csv = "unit,time,n,wage,capital,output\n".to_owned();
    for line in text.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let n = (1000.0 * fields[2].parse::<f64>().unwrap().exp()).round();
        writeln!(csv, "{},{},{n},{}", fields[0], fields[1], fields[3..].join(",")).unwrap();
    }
    folder.write("n.csv", &csv);
    let line = "n.csv --y n --x wage,capital,output --unit unit --time time --model poisson --effects both";
    let employees = Fit::of(&folder, &format!("{line} --cluster unit --convention fixest"));
    for (column, want) in [
        ("wage", -0.108_384_137_007_043),
        ("capital", 0.474_661_395_877_656),
        ("output", 0.498_581_733_219_464),
    ] {
        near(employees.number(column, "estimate"), want, 1e-7);
    }
    near(employees.number("wage", "std_error"), 0.142_160_790_683_129, 1e-6);
}

/// Unbalanced, 140 firms: one effect and two.
#[test]
fn empluk_is_unbalanced() {
    let folder = Folder::new();
    case(&folder, "empluk");
    let line = "empluk.csv --y y --x wage,capital,output --unit unit --time time";
    let one = Fit::of(&folder, &format!("{line} --convention plm"));
    near(one.number("wage", "estimate"), -0.310_642_622_750_629, 1e-9);
    near(one.number("output", "std_error"), 0.053_419_251_032_635_53, 1e-9);
    near(one.counted("r2_adjusted"), 0.552_594_699_526_915_3, 1e-9);
    let two =
        Fit::of(&folder, &format!("{line} --effects both --convention fixest --cluster unit"));
    near(two.number("output", "estimate"), 0.264_824_872_662_096_4, 1e-9);
    near(two.number("capital", "std_error"), 0.050_708_984_892_254_17, 1e-9);
    near(two.counted("r2_inclusive"), 0.992_259_778_837_673, 1e-9);
    near(two.counted("r2_adjusted_within"), 0.456_127_600_170_109, 1e-8);
    let random = Fit::of(&folder, &format!("{line} --model random --components swar"));
    near(random.number("capital", "estimate"), 0.637_802_116_329_761_2, 1e-9);
}

/// 564 rows of the shape of table 5.8: the adjusted R² is negative, as printed ones are.
#[test]
fn adjusted_r2_of_564_rows_by_convention() {
    let folder = Folder::new();
    folder.write("f.csv", include_str!("../../fixtures/published/panel_fixture_564.csv"));
    let x = "x1,x2,x3,x4,x5,x6,x7,x8";
    let line = format!("f.csv --y y --x {x},C(year) --unit g --time year");
    for (more, adjusted) in [
        ("", -0.140_795_891_783_742_2),
        ("--convention plm --cluster g", -0.140_795_891_783_742_2),
        ("--cluster g", 0.052_102_322_645),
        ("--convention fixest", 0.811_748_774_172_595_9),
        ("--convention stata-areg", 0.811_748_774_172_595_9),
        ("--convention reghdfe", 0.811_748_774_172_595_9),
    ] {
        let fit = Fit::of(&folder, &format!("{line} {more}"));
        near(fit.counted("r2_adjusted"), adjusted, 1e-10);
        near(fit.counted("r2_within"), 0.073_989_835_621_367_32, 1e-10);
        near(fit.number("x2", "estimate"), -0.323_821_754_123_801_5, 1e-10);
        near(fit.counted("residual_df"), 457.0, 0.0);
    }
    // Years absorbed instead of dummies: the same slopes, and the part of the variance within both.
    let two = Fit::of(
        &folder,
        &format!("f.csv --y y --x {x} --unit g --time year --effects both --convention plm"),
    );
    near(two.counted("r2_within"), 0.065_141_607_353_599_4, 1e-9);
    near(two.counted("r2_adjusted"), -0.151_696_444_332_436_7, 1e-9);
    near(two.number("x1", "estimate"), 0.160_560_463_451_186_4, 1e-9);
    // linearmodels has no adjusted R².
    let none = fit(&folder, &format!("{line} --convention linearmodels"));
    assert!(none.sentences().contains("linearmodels has no adjusted R²"), "{}", none.out);
    let inflation =
        Fit::of(&folder, &format!("f.csv --y y --x {x},C(year) --unit g --time year --vif"));
    let vif = inflation.0["vif"].as_array().unwrap();
    near(vif[0]["vif_within"].as_f64().unwrap(), 1.032_802_407_891_315, 1e-9);
    near(vif[2]["vif_within"].as_f64().unwrap(), 1.041_322_640_158_601, 1e-9);
}

/// A draw more or less extreme by hand: three units of two rows, all eight draws of signs.
#[test]
fn wild_bootstrap_of_three_clusters() {
    let folder = Folder::new();
    folder.write("d.csv", "u,t,x,y\nA,1,0,0\nA,2,1,1\nB,1,0,0\nB,2,1,2\nC,1,0,0\nC,2,1,3\n");
    let line = "d.csv --y y --x x --unit u --time t --vce wild";
    let wild = Fit::of(&folder, line);
    near(wild.number("x", "p_value"), 0.25, 1e-15);
    let printed = fit(&folder, line);
    assert!(printed.sentences().contains("all 8 draws; intervals by t"), "{}", printed.out);
}

/// Deviations 1, -1 and 2, -2 of y, and 1, -1 and 1, -1 of x: the slope is 6/4.
#[test]
fn what_is_printed_and_written() {
    let folder = Folder::new();
    folder.write(
        "d.csv",
        "firm,year,x,z,y,w\n1,2018,2,4,5,1\n1,2019,0,0,3,1\n2,2018,1,2,9,1\n2,2019,3,6,13,1\n",
    );
    let line = "d.csv --y y --x x,z --unit firm --time year";
    let printed = fit(&folder, line);
    printed.good();
    for words in [
        "Within regression, fixed effects of firm; convention stata-xtreg.",
        "Standard errors: conventional; multiplier 1; t with 1 df.",
        "N 4: 2 units (firm) of 2 rows each, 2 times (year); slopes 1, absorbed parameters 2 with the constant, residual df 1.",
        "z is left out: it is 2 x but for effects of firm.",
        "95 % intervals.",
    ] {
        assert!(printed.sentences().contains(words), "{words}: {}", printed.out);
    }
    let effects = fit(&folder, &format!("{line} --effects-out e.csv --out f.csv"));
    effects.good();
    // Means of y 4 and 11, of x 1 and 2: 4 - 1.5 and 11 - 3, less the constant 5.25.
    assert_eq!(folder.read("e.csv"), "effect,level,estimate,rows\nfirm,1,-2.75,2\nfirm,2,2.75,2\n");
    let text = folder.read("f.csv");
    assert!(
        text.starts_with(
            "term,column,estimate,std_error,statistic,p_value,conf_low,conf_high\nx,x,1.5,"
        ),
        "{text}"
    );
    assert!(folder.read("f.fit.csv").contains("\nr2_within,0.9\n"), "{}", folder.read("f.fit.csv"));
    fit(&folder, &format!("{line} --out f.parquet --weight w")).good();
    assert_eq!(folder.rows("f.parquet", ["column"])[1][0], "constant");
    // The Parquet file is one to read, too.
    let two = fit(&folder, "f.parquet --y estimate --x std_error --unit term");
    two.bad(3, "2 rows for 2 parameters");
}

/// Models of two outcomes and two periods side by side, by hand.
#[test]
fn models_side_by_side() {
    let folder = Folder::new();
    folder.write(
        "d.csv",
        "firm,year,era,x,y,z_a\n1,1,old,0,0,1\n1,2,old,1,1,2\n2,1,old,0,5,0\n2,2,old,1,8,2\n\
         1,3,new,0,0,0\n1,4,new,2,4,2\n2,3,new,0,1,9\n2,4,new,2,3,9\n",
    );
    let line = "d.csv --y y,z_a --x x --unit firm --time year --by era --decimals 2 --stars none";
    fit(&folder, &format!("{line} --table t.tex --title Costs_&_more")).good();
    // Differences of y over those of x: (1 + 3)/2 and (2 + 2)/2 halved by 2: 1.5; of z_a (1 + 2)/2 and 0.5.
    let wanted = r"% \usepackage{booktabs, threeparttable}
\begin{table}[htbp]
\centering
\begin{threeparttable}
\caption{Costs\_\&\_more}
\begin{tabular}{lcccc}
\toprule
 & \multicolumn{2}{c}{new} & \multicolumn{2}{c}{old} \\
\cmidrule(lr){2-3}\cmidrule(lr){4-5}
 & y & z\_a & y & z\_a \\
\midrule
x & $1.50$ & $0.50$ & $2.00$ & $1.50$ \\
 & $(0.50)$ & $(0.50)$ & $(1.00)$ & $(0.50)$ \\
constant & $0.50$ & $4.50$ & $2.50$ & $0.50$ \\
 & $(0.71)$ & $(0.71)$ & $(0.71)$ & $(0.35)$ \\
\midrule
Effects & firm & firm & firm & firm \\
Observations & $4$ & $4$ & $4$ & $4$ \\
Units (firm) & $2$ & $2$ & $2$ & $2$ \\
R² within";
    let tex = folder.read("t.tex");
    assert!(tex.starts_with(&wanted.replace('²', "$^2$")), "{tex}");
    assert!(
        tex.contains("\\item Standard errors conventional; convention stata-xtreg.\n"),
        "{tex}"
    );
    let printed = fit(&folder, line);
    assert!(printed.sentences().contains("new, z_a: N 4"), "{}", printed.out);
    fit(&folder, &format!("{line} --out f.json")).good();
    let table = |more: &str| {
        let arguments = format!("table f.json {more}");
        afgang(&folder, &arguments.split(' ').collect::<Vec<_>>())
    };
    let again = table("--decimals 2 --stars none --names a,b,c,d --out again.csv");
    again.good();
    let csv = folder.read("again.csv");
    let lines: Vec<&str> = csv.lines().take(4).collect();
    assert_eq!(
        lines,
        [",new,new,old,old", ",a,b,c,d", "x,1.50,0.50,2.00,1.50", ",(0.50),(0.50),(1.00),(0.50)"]
    );
    table("--names a").bad(2, "1 names for 4 models: y, z_a, y, z_a");
    afgang(&folder, &["table", "d.csv"]).bad(3, "d.csv is no JSON file");
    table("--out t.docx").bad(2, "the ending of `t.docx` names no format");
}

/// A logit and a Cox model in one table of ratios.
#[test]
fn fits_of_other_models_side_by_side() {
    let folder = Folder::new();
    folder.write("d.csv", "t,e,x\n1,1,0\n2,1,1\n3,0,1\n4,1,0\n5,0,1\n6,1,1\n7,0,0\n8,1,0\n");
    for (model, out) in [("cox d.csv --time t", "c.json"), ("logit d.csv", "l.json")] {
        let line = format!("fit {model} --event e --x x --out {out}");
        afgang(&folder, &line.split(' ').collect::<Vec<_>>()).good();
    }
    let answer = afgang(&folder, &["table", "c.json", "l.json", "--ratios", "--decimals", "3"]);
    answer.good();
    // Odds 2:2 against 3:1.
    let line = answer.out.lines().find(|line| line.starts_with('x')).unwrap();
    assert!(line.trim_end().ends_with("0.333"), "{}", answer.out);
    assert!(answer.sentences().contains("exponentials of the coefficients"), "{}", answer.out);
}
