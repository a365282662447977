//! Conventions whose program could not be run, by programs that count alike: statsmodels with a dummy for every level as Stata's
//! `areg` (and, where no cluster holds an effect, `reghdfe` and `fixest`), pyfixest without rows alone in a level as `reghdfe`.

use std::collections::BTreeMap;

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, HcType, Panel, PanelConvention, PanelCovariance,
};
use serde::Deserialize;

use super::data::{Data, close, data_sets, read};

#[derive(Deserialize)]
struct File {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    effects: Vec<String>,
    areg: BTreeMap<String, Answer>,
    dropped: BTreeMap<String, Answer>,
    default_kernel: Answer,
}

#[derive(Deserialize)]
struct Answer {
    se: Vec<f64>,
    p: Option<Vec<f64>>,
    adjusted: Option<f64>,
    rows: Option<usize>,
}

fn covariance(kind: &str) -> PanelCovariance {
    let clusters = PanelCovariance::Clustered;
    match kind {
        "conventional" => PanelCovariance::Conventional,
        "HC0" => PanelCovariance::Heteroskedastic(HcType::Hc0),
        "HC1" => PanelCovariance::Heteroskedastic(HcType::Hc1),
        "HC2" => PanelCovariance::Heteroskedastic(HcType::Hc2),
        "HC3" => PanelCovariance::Heteroskedastic(HcType::Hc3),
        "clustered by unit" => clusters(vec![Cluster::Unit]),
        "clustered by time" => clusters(vec![Cluster::Time]),
        "clustered by unit and time" => clusters(vec![Cluster::Unit, Cluster::Time]),
        "Driscoll-Kraay 2" => PanelCovariance::DriscollKraay { lag: Some(2) },
        "Newey-West 2" => PanelCovariance::NeweyWest { lag: 2 },
        "Driscoll-Kraay" => PanelCovariance::DriscollKraay { lag: None },
        kind => panic!("{kind}"),
    }
}

/// Compares standard errors, p-values and, where the convention has that of all effects, the adjusted R².
fn compare(
    panel: &Panel,
    case: &Case,
    convention: PanelConvention,
    kind: &str,
    want: &Answer,
) -> usize {
    let spec = if case.effects.len() == 1 {
        FixedEffects::units()
    } else {
        FixedEffects::units_and_times()
    };
    let found = spec.convention(convention).covariance(covariance(kind)).fit(panel).unwrap();
    let what = format!("{} {:?} {} {kind}", case.name, case.effects, convention.name());
    if let Some(rows) = want.rows {
        assert_eq!(found.counts.rows, rows, "{what}");
    }
    if let (true, Some(want)) = (convention != PanelConvention::StataXtreg, want.adjusted) {
        assert!((found.r_squared.adjusted.unwrap() - want).abs() < 1e-10, "{what}");
    }
    // Other programs print a covariance that is not positive semi-definite as it is.
    if found.variance.repaired {
        return 0;
    }
    for (place, coefficient) in found.coefficients.iter().enumerate() {
        close(&what, coefficient.estimate.std_error, want.se[place], 1e-8);
        if let Some(p) = &want.p {
            assert!((coefficient.p_value - p[place]).abs() < 1e-8, "{what}: p");
        }
    }
    found.coefficients.len()
}

#[test]
fn effects_counted_as_dummies() {
    use PanelConvention::{Fixest, Reghdfe, StataAreg, StataXtreg};
    let (data, mut compared) = (data_sets(), 0);
    for case in read::<File>("panel_conventions.json").cases {
        let panel = data[&case.name].panel();
        for (kind, want) in &case.areg {
            let by_clusters = kind.starts_with("clustered");
            for convention in [StataAreg, Reghdfe, Fixest, StataXtreg] {
                // They leave nested effects out; `xtreg` takes HC1 as clusters, and `fixest` counts times in Newey and West's.
                let other = by_clusters
                    || convention == StataXtreg && kind == "HC1"
                    || convention == Fixest && kind.starts_with("Newey");
                if convention == StataAreg || !other {
                    compared += compare(&panel, &case, convention, kind, want);
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn lags_that_linearmodels_chooses() {
    let data = data_sets();
    for case in read::<File>("panel_conventions.json").cases {
        let (panel, linearmodels) = (data[&case.name].panel(), PanelConvention::Linearmodels);
        compare(&panel, &case, linearmodels, "Driscoll-Kraay", &case.default_kernel);
    }
}

/// Every third firm has its first year alone.
fn kept(data: &Data) -> Panel {
    let unit = Factor::new(&data.unit);
    let first = data.time.iter().copied().fold(f64::INFINITY, f64::min);
    let rows: Vec<usize> = (0..data.y.len())
        .filter(|&row| data.time[row] <= first || !unit.codes()[row].is_multiple_of(3))
        .collect();
    let pick = |values: &[f64]| -> Vec<f64> { rows.iter().map(|&row| values[row]).collect() };
    let mut design = Design::builder();
    for (name, values) in data.names.iter().zip(&data.x) {
        design = design.numeric(name, pick(values));
    }
    let units: Vec<&str> = rows.iter().map(|&row| data.unit[row].as_str()).collect();
    let time: Vec<i64> = pick(&data.time).into_iter().map(|time| time as i64).collect();
    Panel::new(&pick(&data.y), &design.build().unwrap(), &Factor::new(&units), &time).unwrap()
}

#[test]
fn singletons_dropped_as_reghdfe_does() {
    let (data, mut compared) = (data_sets(), 0);
    for case in read::<File>("panel_conventions.json").cases {
        let panel = kept(&data[&case.name]);
        for (kind, want) in &case.dropped {
            compared += compare(&panel, &case, PanelConvention::Reghdfe, kind, want);
        }
    }
    assert!(compared > 50, "{compared}");
}
