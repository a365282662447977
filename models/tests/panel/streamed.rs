//! Sums of rows against rows in memory.

use afgang_models::{
    Cluster, Design, Factor, FixedEffects, HcType, Panel, PanelConvention, PanelCovariance,
    PanelFit, PanelMoments,
};
use proptest::prelude::*;

use super::data::{close, data_sets};

/// Rows as they come: unit, time, outcome and regressors.
#[derive(Debug, Clone)]
struct Rows {
    unit: Vec<u64>,
    time: Vec<i64>,
    y: Vec<f64>,
    x: Vec<Vec<f64>>,
}

impl Rows {
    fn panel(&self) -> Panel {
        let names = ["a", "b", "c"];
        let mut design = Design::builder();
        for (name, values) in names.iter().zip(&self.x) {
            design = design.numeric(*name, values.clone());
        }
        let unit: Vec<String> = self.unit.iter().map(ToString::to_string).collect();
        Panel::new(&self.y, &design.build().unwrap(), &Factor::new(&unit), &self.time).unwrap()
    }

    /// Sums of the rows in a range, in batches that end where `ends` says.
    fn moments(&self, range: std::ops::Range<usize>, ends: &[usize]) -> PanelMoments {
        let moments = PanelMoments::new(["a", "b", "c"]).by_clusters().unwrap();
        let mut moments = moments.with_times().unwrap();
        let mut start = range.start;
        let inside = ends.iter().filter(|end| range.contains(end)).copied();
        for end in inside.chain([range.end]) {
            let columns: Vec<&[f64]> = self.x.iter().map(|x| &x[start..end]).collect();
            let (unit, time) = (&self.unit[start..end], &self.time[start..end]);
            moments.push_at(unit, time, &self.y[start..end], &columns).unwrap();
            start = end;
        }
        moments
    }
}

/// Unit, noise and three regressors of a row, about 0.
type Drawn = (u64, f64, f64, f64, f64);

/// Rows of up to 30 units, interleaved, with means a million times the spread.
fn rows() -> impl Strategy<Value = Rows> {
    let row = (0..30_u64, -1.0..1.0_f64, -1.0..1.0_f64, -1.0..1.0_f64, -1.0..1.0_f64);
    prop::collection::vec(row, 90..160).prop_map(|rows| {
        let far = |unit: u64, k: u64| 1e6 * (1.0 + ((unit * 7 + k * 3) % 11) as f64);
        let column = |k: u64, of: &dyn Fn(&Drawn) -> f64| -> Vec<f64> {
            rows.iter().map(|row| far(row.0, k) + of(row)).collect()
        };
        Rows {
            unit: rows.iter().map(|row| row.0).collect(),
            time: (0..rows.len() as i64).collect(),
            y: column(0, &|row| row.1 + 0.5 * row.2),
            x: vec![
                column(1, &|row| row.2),
                column(2, &|row| row.3 + 0.3 * row.2),
                column(3, &|row| row.4),
            ],
        }
    })
}

fn kinds() -> [PanelCovariance; 2] {
    [PanelCovariance::Conventional, PanelCovariance::Clustered(vec![Cluster::Unit])]
}

fn same(found: &PanelFit, expected: &PanelFit, tolerance: f64) {
    let counts = |fit: &PanelFit| {
        let c = &fit.counts;
        let sizes = (c.rows, c.units, c.slopes, c.absorbed, c.residual_df);
        (sizes, c.singletons, c.singletons_dropped, c.rows_of_unit, c.times, c.units_with_gaps)
    };
    assert_eq!(counts(found), counts(expected));
    assert_eq!(found.variance.kind, expected.variance.kind);
    close("multiplier", found.variance.multiplier, expected.variance.multiplier, 1e-14);
    close("rss", found.rss, expected.rss, tolerance);
    for (a, b) in found.coefficients.iter().zip(&expected.coefficients) {
        assert_eq!(a.column, b.column);
        // Relative to the standard error where the estimate is near 0.
        let scale = b.estimate.estimate.abs().max(b.estimate.std_error);
        let apart = (a.estimate.estimate - b.estimate.estimate).abs();
        assert!(apart <= tolerance * scale, "{}: {apart:e} of {scale}", a.column);
        close(&a.column, a.estimate.std_error, b.estimate.std_error, tolerance);
    }
    let (a, b) =
        (found.constant.as_ref().unwrap().estimate, expected.constant.as_ref().unwrap().estimate);
    close("constant", a.estimate, b.estimate, tolerance);
    close("constant", a.std_error, b.std_error, tolerance);
    let shares = |r: &afgang_models::RSquared| {
        [r.within, r.between, r.overall, r.inclusive, r.adjusted.unwrap_or(0.0), r.adjusted_within]
    };
    for (a, b) in shares(&found.r_squared).iter().zip(shares(&expected.r_squared)) {
        assert!((a - b).abs() <= tolerance, "{a} {b}");
    }
    if let (Some(a), Some(b)) = (found.slopes_test, expected.slopes_test) {
        close("F", a.statistic, b.statistic, 10.0 * tolerance);
    }
}

fn bits(fit: &PanelFit) -> Vec<u64> {
    let each = fit.coefficients.iter().chain(&fit.constant);
    each.flat_map(|c| [c.estimate.estimate.to_bits(), c.estimate.std_error.to_bits()]).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn means_far_from_zero(rows in rows(), ends in prop::collection::vec(1..89_usize, 0..5), cut in 1..89_usize) {
        let (panel, n) = (rows.panel(), rows.y.len());
        let mut ends = ends;
        ends.sort_unstable();
        let whole = rows.moments(0..n, &[]);
        let mut merged = rows.moments(0..cut, &ends);
        merged.merge(rows.moments(cut..n, &ends)).unwrap();
        for kind in kinds() {
            for convention in [PanelConvention::StataXtreg, PanelConvention::Reghdfe, PanelConvention::Plm] {
                let spec = FixedEffects::units().convention(convention).covariance(kind.clone());
                let expected = spec.fit(&panel).unwrap();
                let found = spec.fit_moments(&whole).unwrap();
                same(&found, &expected, 1e-10);
                same(&spec.fit_moments(&merged).unwrap(), &expected, 1e-10);
                let split = spec.fit_moments(&rows.moments(0..n, &ends)).unwrap();
                prop_assert_eq!(bits(&split), bits(&found));
            }
        }
    }
}

#[test]
fn data_sets_in_memory() {
    for (name, data) in data_sets() {
        let panel = data.panel();
        let mut units: Vec<&String> = Vec::new();
        let mut code = |unit| {
            units.iter().position(|known| *known == unit).unwrap_or_else(|| {
                units.push(unit);
                units.len() - 1
            }) as u64
        };
        let unit: Vec<u64> = data.unit.iter().map(&mut code).collect();
        let columns: Vec<&[f64]> = data.x.iter().map(Vec::as_slice).collect();
        for kind in kinds() {
            let mut moments = PanelMoments::new(data.names.clone()).with_times().unwrap();
            if kind != PanelCovariance::Conventional {
                moments = moments.by_clusters().unwrap();
            }
            let time: Vec<i64> = data.time.iter().map(|time| *time as i64).collect();
            moments.push_at(&unit, &time, &data.y, &columns).unwrap();
            assert_eq!(moments.len(), data.y.len() as u64);
            for drop in [false, true] {
                let spec = FixedEffects::units().covariance(kind.clone()).drop_singletons(drop);
                let (found, expected) =
                    (spec.fit_moments(&moments).unwrap(), spec.fit(&panel).unwrap());
                assert_eq!(found.coefficients.len(), expected.coefficients.len(), "{name}");
                same(&found, &expected, 1e-10);
            }
        }
    }
}

/// Many rows of one sum: what a running sum would lose stays.
#[test]
fn a_million_rows() {
    let (units, times) = (1_000_u64, 1_000_u64);
    let mut moments = PanelMoments::new(["x"]);
    // x is -1, 0, 1, 0 in turn about 2^20 times the unit, and y = 3 x with 1/2 more or less in turn, which is orthogonal to x.
    for time in 0..times {
        let unit: Vec<u64> = (0..units).collect();
        let x: Vec<f64> = unit
            .iter()
            .map(|u| 1_048_576.0 * *u as f64 + [-1.0, 0.0, 1.0, 0.0][(time % 4) as usize])
            .collect();
        let noise = [0.5, -0.5, 0.5, -0.5][(time % 4) as usize];
        let y: Vec<f64> = x.iter().map(|x| 3.0 * x + noise).collect();
        moments.push(&unit, &y, &[&x]).unwrap();
    }
    let fit = FixedEffects::units().fit_moments(&moments).unwrap();
    close("slope", fit.coefficients[0].estimate.estimate, 3.0, 1e-13);
    close("rss", fit.rss, 250_000.0, 1e-10);
    // Square sum of x: a half of the rows.
    let variance = 250_000.0 / (1e6 - 1_001.0) / 500_000.0;
    close("error", fit.coefficients[0].estimate.std_error, f64::sqrt(variance), 1e-10);
}

#[test]
fn refusals() {
    let mut moments = PanelMoments::new(["x"]);
    let error = moments.push(&[1], &[1.0], &[]).unwrap_err();
    assert_eq!(error.to_string(), "0 columns given for 1 regressors");
    assert!(
        moments.push(&[1], &[1.0], &[&[1.0, 2.0]]).unwrap_err().to_string().contains("column x")
    );
    let error = moments.push(&[1, 2], &[1.0, 2.0], &[&[1.0, f64::NAN]]).unwrap_err();
    assert!(error.to_string().starts_with("column x, row 1"), "{error}");
    assert!(moments.is_empty());
    assert_eq!(
        FixedEffects::units().fit_moments(&moments).unwrap_err().to_string(),
        "the panel holds no rows"
    );
    moments.push(&[1, 1, 2, 2], &[1.0, 2.0, 2.0, 4.0], &[&[0.0, 1.0, 0.0, 1.5]]).unwrap();
    let error = |spec: FixedEffects| spec.fit_moments(&moments).unwrap_err().to_string();
    assert!(error(FixedEffects::units_and_times()).starts_with("effects other than of units"));
    let clusters = PanelCovariance::Clustered(vec![Cluster::Unit]);
    assert!(error(FixedEffects::units().covariance(clusters)).starts_with("clusters of units, of"));
    let hc1 = FixedEffects::units().covariance(PanelCovariance::Heteroskedastic(HcType::Hc1));
    let error = error(hc1.convention(PanelConvention::Fixest));
    assert_eq!(error, "this covariance cannot be had from sums of rows; fit the rows in memory");
    assert!(moments.clone().by_clusters().unwrap_err().to_string().starts_with("ask for sums"));
    let error = moments.merge(PanelMoments::new(["z"])).unwrap_err();
    assert!(error.to_string().starts_with("sums of different regressors"), "{error}");
}

/// A unit that is there twice at one time, in one batch, in two or in sums that are merged.
#[test]
fn units_twice() {
    let sums = || PanelMoments::new(["x"]).with_times().unwrap();
    let twice =
        "unit 7 is there twice at time 2; a unit has one row a time, add them up or leave one out";
    let mut moments = sums();
    moments.push_at(&[9, 7, 7], &[2, 2, 1], &[0.0; 3], &[&[0.0; 3]]).unwrap();
    assert_eq!(moments.times(), [1, 2]);
    let mut other = sums();
    other.push_at(&[4, 7], &[1, 2], &[0.0; 2], &[&[0.0; 2]]).unwrap();
    assert_eq!(moments.clone().merge(other).unwrap_err().to_string(), twice);
    let error = moments.push_at(&[7], &[2], &[0.0], &[&[0.0]]).unwrap_err();
    assert_eq!(error.to_string(), twice);
    let error = moments.push(&[7], &[0.0], &[&[0.0]]).unwrap_err();
    assert!(error.to_string().starts_with("rows have times if"), "{error}");
    let mut without = PanelMoments::new(["x"]);
    assert!(without.push_at(&[7], &[1], &[0.0], &[&[0.0]]).is_err());
    let error = without.merge(sums()).unwrap_err();
    assert!(error.to_string().contains("with times and without"), "{error}");
}

/// A column that effects or others determine is left out by name.
#[test]
fn collinear() {
    let mut moments = PanelMoments::new(["x", "fixed", "double"]);
    let x = [0.1, 2.0, 1.0, 1.0, 2.0, 4.0];
    let fixed = [7.1, 7.1, 7.1, 8.3, 8.3, 8.3];
    let double: Vec<f64> = x.iter().zip(fixed).map(|(x, f)| 2.0 * x + f).collect();
    moments
        .push(&[1, 1, 1, 2, 2, 2], &[1.0, 3.0, 2.0, 5.0, 4.0, 7.0], &[&x, &fixed, &double])
        .unwrap();
    let fit = FixedEffects::units().fit_moments(&moments).unwrap();
    assert_eq!(fit.coefficients.len(), 1);
    assert_eq!((&*fit.collinear[0].column, &*fit.collinear[1].column), ("fixed", "double"));
}
