//! Numbers that other programs print, to the digits printed: `fixtures/reference/printed.json`, with their sources.

use std::path::Path;

use afgang_models::{
    AalenJohansen, Contrast, EventTable, FlemingHarrington, Gray, GroupTest, Interval, KaplanMeier,
    LogRank, QuantileRule, RestrictedMean, TestWeights, Variance,
};
use serde_json::Value;

struct Case {
    name: String,
    /// Tables by stratum and group.
    tables: Vec<Vec<EventTable>>,
    printed: Vec<Value>,
}

/// Numbers of a key, one or several.
fn numbers(value: &Value, key: &str) -> Vec<f64> {
    match &value[key] {
        Value::Array(values) => values.iter().map(|v| v.as_f64().unwrap()).collect(),
        Value::Null => Vec::new(),
        value => vec![value.as_f64().unwrap()],
    }
}

fn number(value: &Value, key: &str) -> Option<f64> {
    value[key].as_f64()
}

fn cases() -> Vec<Case> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/printed.json");
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let read = |case: &Value| {
        let data = &case["data"];
        let (exit, cause) = (numbers(data, "exit"), numbers(data, "cause"));
        let (group, stratum) = (numbers(data, "group"), numbers(data, "stratum"));
        let of = |column: &[f64], row: usize| column.get(row).map_or(0, |&x| x as usize);
        let most = |column: &[f64]| column.iter().fold(0.0_f64, |a, &b| a.max(b)) as usize;
        let n_causes = most(&cause).max(1);
        let mut rows = vec![vec![Vec::new(); most(&group) + 1]; most(&stratum) + 1];
        for (row, &time) in exit.iter().enumerate() {
            let left = (cause[row] as usize).checked_sub(1);
            rows[of(&stratum, row)][of(&group, row)].push((time, left));
        }
        let table = |rows: &Vec<_>| EventTable::from_times(n_causes, rows).unwrap();
        Case {
            name: case["name"].as_str().unwrap().to_owned(),
            tables: rows.iter().map(|groups| groups.iter().map(table).collect()).collect(),
            printed: case["printed"].as_array().unwrap().clone(),
        }
    };
    file["cases"].as_array().unwrap().iter().map(read).collect()
}

/// The table of a group over all strata, or of everybody.
fn table(case: &Case, printed: &Value) -> EventTable {
    let of = |groups: &Vec<EventTable>| match number(printed, "group") {
        Some(group) => groups[group as usize].clone(),
        None => groups.iter().skip(1).fold(groups[0].clone(), |sum, t| sum.merge(t).unwrap()),
    };
    let strata: Vec<EventTable> = case.tables.iter().map(of).collect();
    strata.iter().skip(1).fold(strata[0].clone(), |sum, t| sum.merge(t).unwrap())
}

#[track_caller]
fn same(what: &str, got: f64, want: f64, digits: i32) {
    let magnitude = want.abs().log10().floor() as i32;
    let unit = 10_f64.powi(magnitude + 1 - digits);
    assert!((got - want).abs() <= 0.51 * unit, "{what}: got {got}, printed {want}");
}

fn of_test(what: &str, test: &GroupTest, printed: &Value, digits: i32) {
    same(
        &format!("{what} statistic"),
        test.statistic,
        number(printed, "statistic").unwrap(),
        digits,
    );
    if let Some(p) = number(printed, "p_value") {
        // Sources print p-values with fewer digits than statistics.
        let digits = number(printed, "p_digits").map_or(digits.min(5), |digits| digits as i32);
        same(&format!("{what} p-value"), test.p_value, p, digits);
    }
    for (group, want) in test.groups.iter().zip(numbers(printed, "expected")) {
        same(&format!("{what} expected"), group.expected, want, digits);
    }
}

fn of_aalen() -> AalenJohansen {
    AalenJohansen::new().variance(Variance::Aalen)
}

/// Curves, tests and means of the data that [`REFERENCE_CASES.md`](../../../fixtures/REFERENCE_CASES.md) lists by name.
#[test]
fn to_the_printed_digits() {
    let mut seen = 0;
    for case in cases() {
        for printed in &case.printed {
            let kind = printed["what"].as_str().unwrap();
            let digits = number(printed, "digits").unwrap() as i32;
            let what = format!("{}, {kind} {}", case.name, printed["group"]);
            let at = numbers(printed, "at");
            let estimates = numbers(printed, "estimate");
            let cause = number(printed, "cause").map(|cause| cause as usize);
            match kind {
                "gray" => {
                    let rho = number(printed, "rho").unwrap();
                    let test = Gray::new(cause.unwrap()).rho(rho).fit(&case.tables).unwrap();
                    of_test(&what, &test, printed, digits);
                }
                "log_rank" => {
                    let weights = match number(printed, "p").unwrap() {
                        0.0 => TestWeights::LogRank,
                        p => TestWeights::FlemingHarrington { p, q: 0.0 },
                    };
                    let test = LogRank::new().weights(weights).fit(&case.tables).unwrap();
                    of_test(&what, &test, printed, digits);
                }
                "incidence" => {
                    let aalen = printed["aalen"] == 1;
                    let spec = if aalen { of_aalen() } else { AalenJohansen::new() };
                    // A group over its strata.
                    let curves = spec.fit(&table(&case, printed)).unwrap();
                    let curve = &curves[cause.unwrap()];
                    for (i, &t) in at.iter().enumerate() {
                        same(&format!("{what} at {t}"), curve.at(t), estimates[i], digits);
                    }
                    for (&t, want) in at.iter().zip(numbers(printed, "variance")) {
                        let variance = curve.point(t).std_error.powi(2);
                        same(&format!("{what} variance at {t}"), variance, want, digits);
                    }
                }
                "incidence_error" => {
                    let curves = of_aalen().fit(&table(&case, printed)).unwrap();
                    for (&t, &want) in at.iter().zip(&estimates) {
                        let error = curves[cause.unwrap()].point(t).std_error;
                        same(&format!("{what} at {t}"), error, want, digits);
                    }
                }
                "incidence_limits" => {
                    let spec = of_aalen().interval(Interval::LogLog);
                    let curves = spec.fit(&table(&case, printed)).unwrap();
                    let limits = numbers(printed, "low").into_iter().zip(numbers(printed, "high"));
                    for (&t, (low, high)) in at.iter().zip(limits) {
                        let point = curves[cause.unwrap()].point(t);
                        same(&format!("{what} at {t}, low"), point.conf_low, low, digits);
                        same(&format!("{what} at {t}, high"), point.conf_high, high, digits);
                    }
                }
                "gehan" => {
                    let spec = LogRank::new().weights(TestWeights::Gehan);
                    of_test(&what, &spec.fit(&case.tables).unwrap(), printed, digits);
                }
                "fleming_harrington" => {
                    let curve = FlemingHarrington::new().fit(&table(&case, printed)).unwrap();
                    for (&t, &want) in at.iter().zip(&estimates) {
                        same(&format!("{what} at {t}"), curve.at(t), want, digits);
                    }
                }
                "survival" => {
                    let curve = KaplanMeier::new().fit(&table(&case, printed)).unwrap();
                    for (&t, &want) in at.iter().zip(&estimates) {
                        same(&format!("{what} at {t}"), curve.at(t), want, digits);
                    }
                }
                "at_risk" => {
                    let table = table(&case, printed);
                    for (&t, &want) in at.iter().zip(&estimates) {
                        same(&format!("{what} at {t}"), table.at_risk_at(t), want, digits);
                    }
                }
                "quantile" => {
                    let curve = KaplanMeier::new().fit(&table(&case, printed)).unwrap();
                    for (&p, &want) in at.iter().zip(&estimates) {
                        let got = curve.quantile(p, QuantileRule::Midpoint).estimate;
                        same(&format!("{what} {p}"), got, want, digits);
                    }
                }
                "median_limits" => {
                    let curve = KaplanMeier::new().fit(&table(&case, printed)).unwrap();
                    let median = curve.quantile(0.5, QuantileRule::Midpoint);
                    same(&what, median.conf_low, estimates[0], digits);
                    same(&what, median.conf_high, estimates[1], digits);
                }
                "mean" | "mean_difference" => {
                    let horizon = number(printed, "horizon").unwrap();
                    // The last time of the other group may be earlier, where R goes on.
                    let spec = RestrictedMean::new(horizon).extend(true);
                    if kind == "mean" {
                        let means = spec.fit(&table(&case, printed)).unwrap();
                        for (lost, want) in means.lost.iter().zip(numbers(printed, "lost")) {
                            same(&format!("{what} lost"), lost.estimate, want, digits);
                        }
                        let mean = means.time_in;
                        same(&what, mean.estimate, estimates[0], digits);
                        if let Some(want) = number(printed, "std_error") {
                            same(&format!("{what} error"), mean.std_error, want, digits);
                        }
                    } else {
                        let groups: Vec<(f64, f64)> = case.tables[0]
                            .iter()
                            .map(|table| spec.fit(table).unwrap().time_in)
                            .map(|mean| (mean.estimate, mean.std_error))
                            .collect();
                        let contrasts =
                            Contrast::Difference.pairwise(groups.as_slice(), 0.95).unwrap();
                        let pair = contrasts.pairs[0];
                        same(&what, pair.estimate.estimate, estimates[0], digits);
                        same(
                            &what,
                            pair.estimate.conf_low,
                            number(printed, "low").unwrap(),
                            digits,
                        );
                        same(
                            &what,
                            pair.estimate.conf_high,
                            number(printed, "high").unwrap(),
                            digits,
                        );
                        same(&what, pair.p_value, number(printed, "p_value").unwrap(), digits);
                    }
                }
                _ => panic!("unknown {kind}"),
            }
            seen += 1;
        }
    }
    assert_eq!(seen, 78);
}
