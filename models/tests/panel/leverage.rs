//! HC2 and HC3 of two absorbed effects against hat values of R's `lm` with dummies.

use afgang_models::{FixedEffects, HcType, PanelConvention, PanelCovariance};
use serde::Deserialize;

use super::data::{Data, close, read};

#[derive(Deserialize)]
struct Answers {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    data: Data,
    singletons: usize,
    parameters: usize,
    coefficients: Vec<f64>,
    hc0: Vec<f64>,
    hc2: Vec<f64>,
    hc3: Vec<f64>,
}

#[test]
fn two_effects_of_unbalanced_panels() {
    let Answers { cases } = read("panel_leverage.json");
    assert_eq!(cases.len(), 7);
    for case in cases {
        let mut panel = case.data.panel();
        if let Some(weights) = &case.data.weights {
            panel = panel.with_weights(weights).unwrap();
        }
        // Either effect may be the one with more levels.
        for effects in [["unit", "time"], ["time", "unit"]] {
            let spec = FixedEffects::of(effects)
                .convention(PanelConvention::StataAreg)
                .drop_singletons(true);
            for (hc, wanted) in
                [(HcType::Hc0, &case.hc0), (HcType::Hc2, &case.hc2), (HcType::Hc3, &case.hc3)]
            {
                let fit = spec.clone().covariance(PanelCovariance::Heteroskedastic(hc)).fit(&panel);
                let fit = fit.unwrap();
                assert_eq!(fit.counts.singletons, case.singletons, "{}", case.name);
                assert_eq!(fit.counts.absorbed + 2, case.parameters, "{}", case.name);
                for (k, found) in fit.coefficients.iter().enumerate() {
                    let name = format!("{} {hc:?} {}", case.name, found.column);
                    close(&name, found.estimate.estimate, case.coefficients[k], 1e-10);
                    close(&name, found.estimate.std_error, wanted[k], 1e-10);
                }
            }
        }
        // Kept, singletons have leverage 1.
        if case.singletons > 0 {
            let spec = FixedEffects::units_and_times().convention(PanelConvention::StataAreg);
            let spec = spec.covariance(PanelCovariance::Heteroskedastic(HcType::Hc3));
            let error = spec.fit(&panel).unwrap_err().to_string();
            assert!(error.contains("has leverage 1"), "{error}");
        }
    }
}
