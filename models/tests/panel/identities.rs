//! What must hold whatever the data.

use std::collections::BTreeMap;

use afgang_models::{
    Cluster, Design, Error, Factor, FixedEffects, HcType, Panel, PanelConvention, PanelCovariance,
    PanelFit, PanelOls,
};
use proptest::prelude::*;

/// Rows as they come: unit, time, outcome and two covariates.
#[derive(Debug, Clone)]
struct Rows(Vec<(u8, i64, f64, f64, f64)>);

impl Rows {
    fn panel(&self) -> Panel {
        self.with_dummies(false)
    }

    fn with_dummies(&self, dummies: bool) -> Panel {
        let rows = &self.0;
        let unit: Vec<String> = rows.iter().map(|row| format!("u{}", row.0)).collect();
        let mut design = Design::builder()
            .numeric("a", rows.iter().map(|row| row.3).collect())
            .numeric("b", rows.iter().map(|row| row.4).collect());
        if dummies {
            design = design.factor("unit", Factor::new(&unit));
        }
        let time: Vec<i64> = rows.iter().map(|row| row.1).collect();
        let y: Vec<f64> = rows.iter().map(|row| row.2).collect();
        Panel::new(&y, &design.build().unwrap(), &Factor::new(&unit), &time).unwrap()
    }
}

/// Panels of 3 to 6 units with 3 to 5 of 6 times each.
fn rows() -> impl Strategy<Value = Rows> {
    let numbers = (-5.0..5.0, -5.0..5.0, -5.0..5.0);
    let unit = prop::collection::vec((0..2_i64, numbers), 3..6);
    prop::collection::vec(unit, 3..7).prop_map(|units| {
        let mut rows = Vec::new();
        for (unit, of_unit) in units.into_iter().enumerate() {
            let mut time = 0;
            for (gap, (y, a, b)) in of_unit {
                time += 1 + gap;
                rows.push((unit as u8, time, y, a, b));
            }
        }
        Rows(rows)
    })
}

fn numbers(fit: &PanelFit) -> Vec<u64> {
    let each = fit.coefficients.iter().chain(&fit.constant);
    each.flat_map(|c| [c.estimate.estimate.to_bits(), c.estimate.std_error.to_bits()]).collect()
}

fn kinds() -> Vec<PanelCovariance> {
    vec![
        PanelCovariance::Conventional,
        PanelCovariance::Heteroskedastic(HcType::Hc3),
        PanelCovariance::Clustered(vec![Cluster::Unit]),
        PanelCovariance::Clustered(vec![Cluster::Unit, Cluster::Time]),
        PanelCovariance::DriscollKraay { lag: Some(1) },
        PanelCovariance::NeweyWest { lag: 1 },
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn within_is_dummies(rows in rows()) {
        let areg = PanelConvention::StataAreg;
        for kind in [PanelCovariance::Conventional, PanelCovariance::Heteroskedastic(HcType::Hc2), PanelCovariance::Heteroskedastic(HcType::Hc1)] {
            let within = FixedEffects::units().convention(areg).covariance(kind.clone()).fit(&rows.panel()).unwrap();
            let dummies = PanelOls::pooled().convention(areg).covariance(kind).fit(&rows.with_dummies(true)).unwrap();
            for coefficient in &within.coefficients {
                let other = dummies.coefficient(&coefficient.column).unwrap().estimate;
                let found = coefficient.estimate;
                prop_assert!((found.estimate - other.estimate).abs() < 1e-8 * (1.0 + other.estimate.abs()));
                prop_assert!((found.std_error - other.std_error).abs() < 1e-7 * (1.0 + other.std_error));
            }
            prop_assert!((within.r_squared.adjusted.unwrap() - dummies.r_squared.adjusted.unwrap()).abs() < 1e-8);
        }
    }

    #[test]
    fn units_may_be_moved(rows in rows(), shifts in prop::collection::vec(-1e3..1e3_f64, 6)) {
        let mut moved = rows.clone();
        for row in &mut moved.0 {
            row.2 += shifts[row.0 as usize % 6];
        }
        for kind in kinds() {
            let spec = FixedEffects::units().convention(PanelConvention::Reghdfe).covariance(kind);
            let (a, b) = (spec.fit(&rows.panel()).unwrap(), spec.fit(&moved.panel()).unwrap());
            for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
                prop_assert!((a.estimate.estimate - b.estimate.estimate).abs() < 1e-8);
                prop_assert!((a.estimate.std_error - b.estimate.std_error).abs() < 1e-8);
            }
        }
    }

    #[test]
    fn order_of_rows_changes_no_bit(rows in rows(), seed in any::<u64>()) {
        let mut shuffled = rows.clone();
        let n = shuffled.0.len();
        let mut state = seed | 1;
        for at in (1..n).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.0.swap(at, (state >> 33) as usize % (at + 1));
        }
        for kind in kinds() {
            for spec in [FixedEffects::units(), FixedEffects::units_and_times()] {
                let spec = spec.convention(PanelConvention::Fixest).covariance(kind.clone());
                let (a, b) = (spec.fit(&rows.panel()), spec.fit(&shuffled.panel()));
                match (a, b) {
                    (Ok(a), Ok(b)) => prop_assert_eq!(numbers(&a), numbers(&b)),
                    // Rows of the input that messages name are others.
                    (a, b) => {
                        let words = |e: Error| e.to_string().replace(char::is_numeric, "");
                        prop_assert_eq!(a.err().map(words), b.err().map(words));
                    }
                }
            }
        }
    }

    #[test]
    fn weights_of_one_size_change_nothing(rows in rows(), weight in 0.1..10.0_f64) {
        let panel = rows.panel();
        let weighted = panel.clone().with_weights(&vec![weight; panel.len()]).unwrap();
        for kind in kinds() {
            let spec = FixedEffects::units().convention(PanelConvention::StataAreg).covariance(kind);
            let (a, b) = (spec.fit(&panel).unwrap(), spec.fit(&weighted).unwrap());
            for (a, b) in a.coefficients.iter().zip(&b.coefficients) {
                prop_assert!((a.estimate.estimate - b.estimate.estimate).abs() < 1e-9);
                prop_assert!((a.estimate.std_error - b.estimate.std_error).abs() < 1e-9 * (1.0 + a.estimate.std_error));
            }
        }
    }
}

/// Effects of units and times in a panel with holes are those of dummies.
#[test]
fn two_ways_with_holes() {
    let rows = Rows(
        (0..40)
            .filter(|at| at % 7 != 3)
            .map(|at| {
                let x = f64::from(at * 37 % 41);
                let z = f64::from(at * at % 23);
                ((at % 8) as u8, i64::from(at / 8), x * 0.5 - z + f64::from(at % 8), x, z)
            })
            .collect(),
    );
    let panel = rows.panel();
    let both = FixedEffects::units_and_times().convention(PanelConvention::StataAreg);
    let design = Design::builder()
        .numeric("a", rows.0.iter().map(|r| r.3).collect())
        .numeric("b", rows.0.iter().map(|r| r.4).collect())
        .factor("t", Factor::new(&rows.0.iter().map(|r| r.1.to_string()).collect::<Vec<_>>()))
        .build()
        .unwrap();
    let unit: Vec<String> = rows.0.iter().map(|r| format!("u{}", r.0)).collect();
    let time: Vec<i64> = rows.0.iter().map(|r| r.1).collect();
    let y: Vec<f64> = rows.0.iter().map(|r| r.2).collect();
    let dummies = Panel::new(&y, &design, &Factor::new(&unit), &time).unwrap();
    let kinds = [HcType::Hc0, HcType::Hc1, HcType::Hc2, HcType::Hc3];
    let kinds = kinds.map(PanelCovariance::Heteroskedastic).into_iter();
    for kind in kinds.chain([PanelCovariance::Conventional]) {
        let fit = |spec: &FixedEffects, panel: &Panel| {
            spec.clone().covariance(kind.clone()).fit(panel).unwrap()
        };
        let one = FixedEffects::units().convention(PanelConvention::StataAreg);
        let (absorbed, by_dummies) = (fit(&both, &panel), fit(&one, &dummies));
        for name in ["a", "b"] {
            let (found, expected) = (
                absorbed.coefficient(name).unwrap().estimate,
                by_dummies.coefficient(name).unwrap().estimate,
            );
            assert!((found.estimate - expected.estimate).abs() < 1e-12);
            assert!((found.std_error - expected.std_error).abs() < 1e-12, "{kind:?} {name}");
        }
        assert_eq!(absorbed.counts.residual_df, by_dummies.counts.residual_df);
    }
}

/// Means that are large against the spread leave the answer alone.
#[test]
fn large_means() {
    let rows = |shift: f64| {
        Rows(
            (0..60)
                .map(|at| {
                    let x = f64::from(at * 37 % 41);
                    let z = f64::from(at * at % 23);
                    (
                        (at % 12) as u8,
                        i64::from(at / 12),
                        x - 2.0 * z + f64::from(at % 5),
                        x + shift,
                        z - shift,
                    )
                })
                .collect(),
        )
    };
    let fit = |shift: f64| FixedEffects::units_and_times().fit(&rows(shift).panel()).unwrap();
    // Exact in doubles: integers below 2^53.
    let (plain, far) = (fit(0.0), fit(1_099_511_627_776.0));
    for (a, b) in plain.coefficients.iter().zip(&far.coefficients) {
        assert!(
            (a.estimate.estimate - b.estimate.estimate).abs() < 1e-10 * a.estimate.estimate.abs()
        );
        assert!((a.estimate.std_error - b.estimate.std_error).abs() < 1e-10);
    }
}

/// Successive rows go to successive firms, so that few rows connect far ones: the normal equations of all dummies hold.
#[test]
fn a_ring_of_firms() {
    let (units, times, firms) = (3_000_usize, 4_usize, 1_103_usize);
    let n = units * times;
    let firm: Vec<usize> = (0..n).map(|row| row % firms).collect();
    let x: Vec<f64> =
        (0..n).map(|row| (row * 37 % 101) as f64 + (firm[row] * firm[row] % 53) as f64).collect();
    let y: Vec<f64> = (0..n)
        .map(|row| {
            0.5 * x[row]
                + (row * 59 % 97) as f64
                + 0.1 * firm[row] as f64
                + (row / times % 31) as f64
        })
        .collect();
    let design = Design::builder().numeric("x", x.clone()).build().unwrap();
    let unit: Vec<String> = (0..n).map(|row| (row / times).to_string()).collect();
    let time: Vec<i64> = (0..n).map(|row| (row % times) as i64).collect();
    let names: Vec<String> = firm.iter().map(ToString::to_string).collect();
    let panel = Panel::new(&y, &design, &Factor::new(&unit), &time).unwrap();
    let panel = panel.with_effect("firm", &Factor::new(&names)).unwrap();
    for spec in [FixedEffects::units(), FixedEffects::units_and_times()] {
        let fit = spec.and("firm").fit(&panel).unwrap();
        assert!(fit.counts.rounds > 30, "the design is easy: {}", fit.counts.rounds);
        assert!(fit.counts.rounds < 250, "{}", fit.counts.rounds);
        let e: Vec<f64> = fit.residuals.iter().map(|e| e.unwrap()).collect();
        let largest = |groups: usize, of: &dyn Fn(usize) -> usize| {
            let mut sums = vec![0.0; groups];
            e.iter().enumerate().for_each(|(row, e)| sums[of(row)] += e);
            sums.iter().fold(0.0_f64, |most, sum| most.max(sum.abs()))
        };
        assert!(largest(units, &|row| row / times) < 1e-9);
        assert!(largest(firms, &|row| firm[row]) < 1e-9);
        let with_x: f64 = e.iter().zip(&x).map(|(e, x)| e * x).sum();
        assert!(with_x.abs() < 1e-6, "{with_x:e}");
    }
    // The effects with what x predicts are what the residuals leave, and those of each kind have the mean 0 over the rows.
    for spec in [FixedEffects::units().and("firm"), FixedEffects::units_and_times().and("firm")] {
        let fit = spec.fit(&panel).unwrap();
        let mut of: BTreeMap<(String, String), f64> = BTreeMap::new();
        let mut means: BTreeMap<String, f64> = BTreeMap::new();
        for found in spec.effects(&panel).unwrap().effects {
            *means.entry(found.effect.clone()).or_default() += found.estimate * found.rows as f64;
            of.insert((found.effect, found.level), found.estimate);
        }
        assert!(means.values().all(|sum| sum.abs() < 1e-7 * n as f64), "{means:?}");
        let b = fit.coefficients[0].estimate.estimate;
        for row in 0..n {
            let levels = [("unit", &unit[row]), ("firm", &names[row])];
            let effects: f64 = levels
                .iter()
                .map(|(kind, level)| of[&((*kind).to_owned(), (*level).clone())])
                .sum();
            let at = of.get(&("time".to_owned(), time[row].to_string())).unwrap_or(&0.0);
            let all = fit.constant.as_ref().unwrap().estimate.estimate + b * x[row] + effects + at;
            let left = y[row] - fit.residuals[row].unwrap();
            assert!((all - left).abs() < 1e-7, "row {row}: {all} {left}");
        }
    }
}

#[test]
fn threads_change_no_bit() {
    let (units, times, firms) = (9_000_usize, 5_usize, 211_usize);
    let n = units * times;
    let x: Vec<f64> = (0..n).map(|row| (row * 37 % 10_007) as f64 / 7.0).collect();
    let y: Vec<f64> = (0..n).map(|row| x[row] + (row * 59 % 9_973) as f64 / 3.0).collect();
    let design = Design::builder().numeric("x", x).build().unwrap();
    let unit: Vec<String> = (0..n).map(|row| (row / times).to_string()).collect();
    let firm: Vec<String> = (0..n).map(|row| (row % firms).to_string()).collect();
    let time: Vec<i64> = (0..n).map(|row| (row % times) as i64).collect();
    let panel = Panel::new(&y, &design, &Factor::new(&unit), &time).unwrap();
    let panel = panel.with_effect("firm", &Factor::new(&firm)).unwrap();
    let clusters = PanelCovariance::Clustered(vec![Cluster::Unit]);
    for spec in [FixedEffects::units(), FixedEffects::units_and_times().and("firm")] {
        let spec = spec.convention(PanelConvention::Fixest).covariance(clusters.clone());
        let with = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            numbers(&pool.install(|| spec.fit(&panel)).unwrap())
        };
        assert_eq!(with(1), with(4));
    }
}

/// Regressors in other units: coefficients in those units, the same statistics, and collinear columns as before.
#[test]
fn units_of_columns() {
    type Row = (i32, i64, f64, f64);
    let of =
        |at: i32| (at % 6, i64::from(at / 6), f64::from(at * 31 % 17), f64::from(at * at % 13));
    let rows: Vec<_> = (0..30).map(of).collect();
    let unit: Vec<String> = rows.iter().map(|row| row.0.to_string()).collect();
    let time: Vec<i64> = rows.iter().map(|row| row.1).collect();
    let y: Vec<f64> =
        rows.iter().map(|row| row.2 - 0.5 * row.3 + f64::from(row.0 * row.0 % 4)).collect();
    let fit = |factor: f64, of_outcome: f64, kind: &PanelCovariance| {
        let column =
            |value: fn(&Row, f64) -> f64| rows.iter().map(|row| value(row, factor)).collect();
        let design = Design::builder()
            .numeric("x", column(|row, factor| row.3 * factor))
            .numeric("double", column(|row, _| 2.0 * row.3 + f64::from(row.0)))
            .numeric("z", column(|row, _| row.2 * row.2));
        let y: Vec<f64> = y.iter().map(|y| y * of_outcome).collect();
        let panel = Panel::new(&y, &design.build().unwrap(), &Factor::new(&unit), &time).unwrap();
        // fixest cuts negative eigenvalues of the covariance as it is, which depends on units.
        let spec = FixedEffects::units().convention(PanelConvention::Reghdfe);
        spec.covariance(kind.clone()).fit(&panel).unwrap()
    };
    for kind in kinds() {
        let plain = fit(1.0, 1.0, &kind);
        for (factor, of_outcome) in
            [(1e-12, 1.0), (1e12, 1.0), (1e-60, 1e60), (1e60, 1e-60), (1.0, 1e-60)]
        {
            let other = fit(factor, of_outcome, &kind);
            assert_eq!(other.collinear[0].column, "double");
            let (name, times) = &other.collinear[0].with[0];
            assert!(name == "x" && (times * factor - 2.0).abs() < 1e-10, "{times}");
            for (a, b) in plain.coefficients.iter().zip(&other.coefficients) {
                assert!(
                    (a.statistic - b.statistic).abs() < 1e-9 * a.statistic.abs(),
                    "{factor} {kind:?}"
                );
            }
            let of_x = other.coefficients[0].estimate.estimate * factor / of_outcome;
            let wanted = plain.coefficients[0].estimate.estimate;
            assert!((of_x - wanted).abs() < 1e-10 * wanted.abs());
        }
    }
}
