//! HC2 and HC3 of two absorbed effects against hat values of R's `lm` with dummies.

use afgang_models::{FixedEffects, HcType, PanelConvention, PanelCovariance, PanelOls};
use serde::Deserialize;

use super::data::{Data, cases, close, data_sets};

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
    let cases = cases::<Case>("panel_leverage.json");
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

/// R's `plm` counts the constant of a regression without effects, of `plm(inv ~ value + capital, Grunfeld, model = "pooling")` with
/// `vcovHC(method = "white1")`, and of first differences.
#[test]
fn plm_counts_a_constant() {
    let panel = data_sets()["grunfeld"].panel();
    for (spec, hc, wanted) in [
        (PanelOls::pooled(), HcType::Hc2, [0.006_955_025_801_305_404, 0.053_165_053_831_057_21]),
        (PanelOls::pooled(), HcType::Hc3, [0.007_162_666_244_380_065, 0.058_509_866_205_313_89]),
        (
            PanelOls::first_difference(),
            HcType::Hc2,
            [0.019_131_389_323_789_01, 0.166_129_644_948_384_2],
        ),
        (
            PanelOls::first_difference(),
            HcType::Hc3,
            [0.021_548_152_896_381_446, 0.190_199_570_534_764_66],
        ),
    ] {
        let spec = spec.convention(PanelConvention::Plm);
        let fit = spec.covariance(PanelCovariance::Heteroskedastic(hc)).fit(&panel).unwrap();
        for (found, wanted) in fit.coefficients.iter().zip(wanted) {
            close("standard error", found.estimate.std_error, wanted, 1e-10);
        }
    }
}
