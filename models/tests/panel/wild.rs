//! The wild cluster bootstrap.

use afgang_models::{
    Cluster, FixedEffects, PanelConvention, PanelCovariance, Signs, WildBootstrap,
};

use super::data::{Data, data_sets};

fn case(name: &str) -> Data {
    data_sets().remove(name).unwrap()
}

/// Ten firms: all 1,024 draws. wildboottest 0.3.2 (by `pyfixest`, fixtures/python/wild.py) gives 2 and 24 of 1,024 as far out as the
/// data's t; both leave out the data themselves and their mirror image, which have the same t.
#[test]
fn all_draws_of_ten_firms() {
    let panel = case("grunfeld").panel();
    let spec = FixedEffects::units();
    let test = |column| {
        spec.wild_test(&panel, &Cluster::Unit, column, 0.0, &WildBootstrap::new()).unwrap()
    };
    let capital = test("capital");
    assert!(capital.exhaustive);
    assert_eq!((capital.draws, capital.clusters), (1024, 10));
    assert!((capital.statistic / 1.176_123_f64.sqrt() - 5.741_984_091).abs() < 1e-5);
    assert_eq!(capital.p_value * 1024.0, 24.0 + 2.0);
    assert_eq!(test("value").p_value * 1024.0, 2.0 + 2.0);
}

/// By hand: refits on outcomes with signs turned, with the library's own clustered t.
#[test]
fn draws_are_refits() {
    refits("grunfeld", 0.0);
    refits("grunfeld with holes", 0.25);
}

fn refits(name: &str, hypothesis: f64) {
    let data = case(name);
    let panel = data.panel();
    let spec = FixedEffects::units()
        .convention(PanelConvention::Plm)
        .covariance(PanelCovariance::Clustered(vec![Cluster::Unit]));
    // Fitted values and residuals with the coefficient of capital at its hypothesis.
    let moved: Vec<f64> = data.y.iter().zip(&data.x[1]).map(|(y, x)| y - hypothesis * x).collect();
    let null = Data {
        names: vec!["value".to_owned()],
        x: vec![data.x[0].clone()],
        y: moved,
        ..case(name)
    };
    let residuals: Vec<f64> =
        spec.fit(&null.panel()).unwrap().residuals.into_iter().map(Option::unwrap).collect();
    let mut firms = data.unit.clone();
    firms.sort();
    firms.dedup();
    let t = |y: &[f64]| {
        let fit = spec.fit(&panel.clone().with_outcome(y).unwrap()).unwrap();
        let capital = fit.coefficient("capital").unwrap().estimate;
        ((capital.estimate - hypothesis) / capital.std_error).abs()
    };
    let observed = t(&data.y);
    let as_large = (0..1_usize << firms.len())
        .filter(|draw| {
            let signed = |row: usize| {
                let firm = firms.iter().position(|firm| *firm == data.unit[row]).unwrap();
                let sign = if draw >> firm & 1 == 1 { 1.0 } else { -1.0 };
                data.y[row] - residuals[row] + sign * residuals[row]
            };
            let y: Vec<f64> = (0..data.y.len()).map(signed).collect();
            t(&y) >= observed * (1.0 - 1e-9)
        })
        .count();
    let found = FixedEffects::units()
        .wild_test(&panel, &Cluster::Unit, "capital", hypothesis, &WildBootstrap::new())
        .unwrap();
    assert!((found.statistic.abs() - observed).abs() < 1e-9 * observed);
    assert_eq!(found.p_value * found.draws as f64, as_large as f64);
    assert!(as_large > 2, "a hypothesis that leaves something to count");
}

#[test]
fn random_draws_come_near_all_of_them() {
    let panel = case("grunfeld").panel();
    let spec = FixedEffects::units();
    let p = |bootstrap: &WildBootstrap| {
        spec.wild_test(&panel, &Cluster::Unit, "capital", 0.25, bootstrap).unwrap().p_value
    };
    let all = p(&WildBootstrap::new());
    // 1,000 draws are fewer than all 1,024; their share has a standard error of at most 0.016.
    for seed in 1..4 {
        let some = p(&WildBootstrap::new().draws(1_000).seed(seed));
        assert!((some - all).abs() < 0.06, "{some} {all}");
    }
    let webb = p(&WildBootstrap::new().signs(Signs::Webb));
    assert!((webb - all).abs() < 0.1, "{webb} {all}");
    assert_eq!(webb, p(&WildBootstrap::new().signs(Signs::Webb)));
}

#[test]
fn effects_that_clusters_cross_are_refused() {
    let panel = case("grunfeld").panel();
    let error = FixedEffects::units_and_times()
        .wild_test(&panel, &Cluster::Unit, "capital", 0.0, &WildBootstrap::new())
        .unwrap_err();
    let message = "time is not nested within clusters of unit; the wild bootstrap draws whole clusters, make the effect a \
                   regressor instead";
    assert_eq!(error.to_string(), message);
}
