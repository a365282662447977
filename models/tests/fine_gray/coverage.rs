//! Whether intervals hold what they promise: many small registers from a known model.
//!
//! Ignored by default; run with `cargo test --release -p afgang-models --test fine_gray -- --ignored --nocapture`. The
//! numbers it prints stand in models/REGRESSION.md.

use afgang_models::{
    Design, Factor, FineGray, FineGrayFit, FineGrayVariance, Interval, Profile, Spells,
};

use crate::large::Numbers;

const REGISTERS: usize = 4_000;
const PERSONS: usize = 300;
const BETA: [f64; 2] = [0.5, -0.5];
/// In a unit of time; so few events are tied that Breslow's ties do no harm.
const MONTHS: f64 = 24.0;
/// Share that ever has the event at x = 0.
const SHARE: f64 = 0.6;

#[derive(Clone, Copy)]
struct Setting {
    name: &'static str,
    months: bool,
    late: bool,
}

/// Fine and Gray's own example: $F(t \mid x) = 1 - (1 - p (1 - e^{-t}))^{\exp(x \beta)}$. Censoring depends on the first covariate.
fn register(of: &mut Numbers, setting: Setting) -> (Spells, Design, Factor) {
    let [mut entry, mut exit, mut x, mut z] = [const { Vec::new() }; 4];
    let (mut cause, mut groups) = (Vec::new(), Vec::new());
    while exit.len() < PERSONS {
        let (a, b) = (f64::from(u8::from(of.next() < 0.5)), 2.0 * of.next() - 1.0);
        let risk = (BETA[0] * a + BETA[1] * b).exp();
        let (u, ever) = (of.next(), 1.0 - (1.0 - SHARE).powf(risk));
        let (time, of_cause) = if u < ever {
            let left = 1.0 - (1.0 - (1.0 - u).powf(1.0 / risk)) / SHARE;
            (-left.ln(), 0)
        } else {
            (-of.next().ln() / (0.7 + 0.5 * a), 1)
        };
        let censored = -of.next().ln() / if a > 0.0 { 0.8 } else { 0.3 };
        let late = if setting.late && of.next() < 0.5 { 0.5 * of.next() } else { 0.0 };
        // A month's events come before its censorings.
        let scale = |time: f64| if setting.months { (MONTHS * time).ceil() } else { time };
        let (time, censored, from) = (scale(time), scale(censored), scale(late));
        let last = time.min(censored);
        if last <= from {
            continue;
        }
        entry.push(if late > 0.0 { from } else { f64::NEG_INFINITY });
        exit.push(last);
        cause.push((time <= censored).then_some(of_cause));
        x.push(a);
        z.push(b);
        groups.push(a as u32);
    }
    let spells = Spells::new(2, exit, cause).unwrap().with_entry(entry).unwrap();
    let design = Design::builder().numeric("x", x).numeric("z", z).build().unwrap();
    (spells, design, Factor::from_codes(groups, ["0", "1"]).unwrap())
}

/// Whether the intervals hold both coefficients and the incidence at 1 of x = (1, 0).
fn holds(fit: &FineGrayFit, setting: Setting) -> [bool; 3] {
    let within = |low: f64, high: f64, value: f64| low <= value && value <= high;
    let of = |k: usize| {
        let of = fit.coefficients[k].estimate;
        within(of.conf_low, of.conf_high, BETA[k])
    };
    let at = if setting.months { MONTHS } else { 1.0 };
    let point = fit.incidence(&Profile::new(vec![1.0, 0.0]), Interval::LogLog).unwrap().point(at);
    let incidence = 1.0 - (1.0 - SHARE * (1.0 - (-1.0_f64).exp())).powf(BETA[0].exp());
    [of(0), of(1), within(point.conf_low, point.conf_high, incidence)]
}

#[test]
#[ignore = "a simulation of a minute"]
fn intervals_hold_what_they_promise() {
    let settings = [
        Setting { name: "continuous", months: false, late: false },
        Setting { name: "months", months: true, late: false },
        Setting { name: "continuous, late", months: false, late: true },
    ];
    let kinds = [
        FineGrayVariance::EstimatedWeights,
        FineGrayVariance::KnownWeights,
        FineGrayVariance::Information,
    ];
    for setting in settings {
        let (mut of, mut held) = (Numbers(19_990_601), [[0_u32; 3]; 3]);
        for _ in 0..REGISTERS {
            let (spells, design, groups) = register(&mut of, setting);
            for (kind, held) in kinds.iter().zip(&mut held) {
                let spec = FineGray::new(0).censoring_groups(groups.clone()).variance(*kind);
                let fit = spec.fit(&spells, &design).unwrap();
                for (held, holds) in held.iter_mut().zip(holds(&fit, setting)) {
                    *held += u32::from(holds);
                }
            }
        }
        for (kind, held) in kinds.iter().zip(held) {
            let share = held.map(|n| 100.0 * f64::from(n) / REGISTERS as f64);
            println!("{}, {kind:?}: {share:.1?}", setting.name);
            // Three standard errors of the simulation, and half a point of small samples.
            let near = share.iter().all(|share| (share - 95.0).abs() < 1.6);
            assert!(near || *kind != FineGrayVariance::EstimatedWeights, "{share:?}");
        }
    }
}
