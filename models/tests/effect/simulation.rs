//! How often intervals and bands hold the true differences, and how often the test of none is wrong.

use afgang_models::{
    Assignment, Design, Factor, OutcomeModel, OutcomePaths, Spells, TreatmentEffect,
};

use crate::data::Uniform;

const WEEKS: usize = 26;

/// Persons who begin education at some week with a chance that depends on a covariate and on being treated, by which covariate they are
/// in an arm too. The true difference after `t` weeks is $(1 - 0.5 (q_{10}^t + q_{11}^t)) - ...$ for both values of the covariate.
struct Draw {
    assignment: Assignment,
    states: Vec<Vec<bool>>,
    spells: Spells,
}

fn hazard(x: bool, treated: bool, effect: f64) -> f64 {
    0.01 + 0.01 * f64::from(u8::from(x)) + effect * f64::from(u8::from(treated))
}

fn truth(week: usize, effect: f64) -> f64 {
    let share = |treated| {
        let stays = |x| (1.0 - hazard(x, treated, effect)).powi(week as i32);
        1.0 - 0.5 * (stays(true) + stays(false))
    };
    share(true) - share(false)
}

fn draw(n: usize, seed: u64, effect: f64, observed: bool) -> Draw {
    let mut u = Uniform(seed);
    let (mut treated, mut covariate, mut states) = (Vec::new(), Vec::new(), Vec::new());
    let (mut exit, mut cause) = (Vec::new(), Vec::new());
    for _ in 0..n {
        let x = u.chance(0.5);
        let a = u.chance(if !observed {
            0.5
        } else if x {
            0.65
        } else {
            0.35
        });
        let h = hazard(x, a, effect);
        let start = (1..=WEEKS).find(|_| u.chance(h)).unwrap_or(WEEKS + 1);
        let censored = 10 + (40.0 * u.next()) as usize;
        treated.push(a);
        covariate.push(f64::from(u8::from(x)));
        states.push((1..=WEEKS).map(|week| week >= start).collect());
        exit.push(start.min(censored).min(WEEKS + 1) as f64);
        cause.push((start <= censored && start <= WEEKS).then_some(0));
    }
    let labels: Vec<&str> = covariate.iter().map(|&x| if x > 0.0 { "a" } else { "b" }).collect();
    let strata = Factor::new(&labels);
    let design = Design::builder().numeric("x", covariate).build().unwrap();
    let assignment = Assignment::new(&treated)
        .unwrap()
        .with_strata(strata)
        .unwrap()
        .with_covariates(design)
        .unwrap();
    Draw { assignment, states, spells: Spells::new(1, exit, cause).unwrap() }
}

#[test]
#[ignore = "a simulation of a minute; its numbers stand in METHODS.md"]
fn coverage_and_size() {
    let runs = 1000;
    for (name, spec, observed, incidence) in [
        ("randomised", TreatmentEffect::randomised(), false, false),
        ("stratified", TreatmentEffect::stratified(), true, false),
        ("weighted", TreatmentEffect::weighted(), true, false),
        ("linear regression", TreatmentEffect::regression(OutcomeModel::Linear), true, false),
        ("doubly robust", TreatmentEffect::doubly_robust(OutcomeModel::Linear), true, false),
        ("randomised, pseudo-values", TreatmentEffect::randomised(), false, true),
        ("weighted, pseudo-values", TreatmentEffect::weighted(), true, true),
    ] {
        let mut held = [0_usize; 3];
        for run in 0..runs {
            for (place, effect) in [(0, 0.01), (1, 0.0)] {
                let draw = draw(400, 7 + 2 * run + place as u64, effect, observed);
                let paths = if incidence {
                    let time = (1..=WEEKS).map(|week| week as f64).collect();
                    OutcomePaths::incidence(&draw.spells, 0, time, &draw.assignment).unwrap()
                } else {
                    OutcomePaths::states(&draw.states, WEEKS).unwrap()
                };
                // Of the first weeks few have begun; the band is for those from the fifth on.
                let paths = paths.only(|week| week > 4.5).unwrap();
                let fit = spec.fit(&draw.assignment, &paths).unwrap();
                if effect > 0.0 {
                    let inside = |place: usize| {
                        let want = truth(fit.time[place] as usize, effect);
                        fit.band.low[place] <= want && want <= fit.band.high[place]
                    };
                    held[0] += usize::from((0..fit.time.len()).all(inside));
                    let (last, want) = (fit.difference[WEEKS - 5], truth(WEEKS, effect));
                    held[1] += usize::from(last.conf_low <= want && want <= last.conf_high);
                } else {
                    held[2] += usize::from(fit.band.p_value <= 0.05);
                }
            }
        }
        let [band, interval, size] = held.map(|n| n as f64 / runs as f64);
        println!("{name}: band {band:.3}, interval at the last week {interval:.3}, size {size:.3}");
        // Three standard errors of 0.95 are 0.021.
        assert!((0.925..0.972).contains(&band), "{name}: {band}");
        assert!((0.925..0.972).contains(&interval), "{name}: {interval}");
        assert!((0.028..0.075).contains(&size), "{name}: {size}");
    }
}
