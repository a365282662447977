//! Logistic regression: against R, by hand, by identities; and what is refused.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its answers has failed")]

use std::path::Path;

use afgang_models::{
    Design, DiscreteHazard, Error, Factor, Logistic, LogisticFit, Outcomes, Shape, Spells, Weights,
};
use ndarray::Array2;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One data set and what R makes of it.
#[derive(Deserialize)]
struct Case {
    name: String,
    y: Vec<f64>,
    terms: Vec<String>,
    covariates: Map<String, Value>,
    weight: Option<Vec<f64>>,
    cluster: Option<Vec<f64>>,
    offset: Option<Vec<f64>>,
    kind: String,
    #[serde(flatten)]
    plain: Option<Answer>,
    robust: Option<Vec<Vec<f64>>>,
    firth: Option<Answer>,
}

#[derive(Deserialize)]
struct Answer {
    coef: Vec<f64>,
    var: Vec<Vec<f64>>,
    loglik: [f64; 2],
    /// Limits of each coefficient, where they are sure, and twice the loss of likelihood at 0.
    profile: Option<Vec<[Option<f64>; 3]>>,
}

/// Limits where R's `optim` has found the best of the other coefficients to about the root of its tolerance.
const PROFILE: f64 = 1e-7;

fn read() -> Vec<Case> {
    #[derive(Deserialize)]
    struct File {
        cases: Vec<Case>,
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/reference/logistic.json");
    let file: File = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    file.cases
}

impl Case {
    fn outcomes(&self) -> Outcomes {
        let events: Vec<bool> = self.y.iter().map(|y| *y > 0.0).collect();
        let mut outcomes = Outcomes::new(&events).unwrap();
        if let Some(weight) = self.weight.clone() {
            let weights = match self.kind.as_str() {
                "sampling" => Weights::Sampling(weight),
                _ => Weights::Case(weight),
            };
            outcomes = outcomes.with_weights(weights).unwrap();
        }
        if let Some(cluster) = &self.cluster {
            let ids: Vec<i64> = cluster.iter().map(|id| *id as i64).collect();
            outcomes = outcomes.with_clusters(&ids).unwrap();
        }
        outcomes
    }

    fn design(&self) -> Design {
        let mut design = Design::builder();
        for name in &self.terms {
            let values = self.covariates[name].as_array().unwrap();
            design = if values[0].is_string() {
                let labels: Vec<&str> = values.iter().map(|v| v.as_str().unwrap()).collect();
                design.factor(name, Factor::new(&labels))
            } else {
                design.numeric(name, values.iter().map(|v| v.as_f64().unwrap()).collect())
            };
        }
        if let Some(offset) = &self.offset {
            design = design.offset(offset.clone());
        }
        design.build().unwrap()
    }
}

#[track_caller]
fn matrix(what: &str, got: &Array2<f64>, want: &[Vec<f64>]) {
    for a in 0..want.len() {
        for b in 0..want.len() {
            let scale = (want[a][a] * want[b][b]).sqrt();
            let (got, want) = (got[(a, b)], want[a][b]);
            assert!((got - want).abs() <= 1e-8 * scale, "{what} ({a}, {b}): {got:e}, R {want:e}");
        }
    }
}

#[track_caller]
fn compare(what: &str, fit: &LogisticFit, want: &Answer) {
    assert_eq!(fit.coefficients.len(), want.coef.len(), "{what}");
    for (k, (got, want)) in fit.coefficients.iter().zip(&want.coef).enumerate() {
        let got = got.estimate.estimate;
        assert!(
            (got - want).abs() <= 1e-10 * want.abs().max(1.0),
            "{what} {k}: {got:e}, R {want:e}"
        );
    }
    matrix(what, &fit.model_covariance, &want.var);
    for (got, want) in [fit.log_likelihood_null, fit.log_likelihood].iter().zip(want.loglik) {
        assert!((got - want).abs() < 1e-11 * want.abs(), "{what}: {got:e}, R {want:e}");
    }
}

#[test]
fn against_r() {
    for case in &read() {
        let (outcomes, design) = (case.outcomes(), case.design());
        let what = case.name.as_str();
        match &case.plain {
            Some(want) => {
                let fit = Logistic::new().robust(false).fit(&outcomes, &design).unwrap();
                compare(what, &fit, want);
                if case.kind == "sampling" || case.weight.is_none() {
                    let fit = Logistic::new().robust(true).fit(&outcomes, &design).unwrap();
                    matrix(what, &fit.covariance, case.robust.as_ref().unwrap());
                }
            }
            None => match Logistic::new().fit(&outcomes, &design).unwrap_err() {
                Error::Separation { terms, complete } => {
                    assert!(complete && terms.contains(&"dose".to_owned()), "{terms:?}");
                }
                other => panic!("{other}"),
            },
        }
        if let Some(want) = &case.firth {
            let fit = Logistic::new().firth(true).fit(&outcomes, &design).unwrap();
            compare(&format!("{what}, Firth"), &fit, want);
            assert!(fit.profiled);
            for (of, [low, high, loss]) in
                fit.coefficients.iter().zip(want.profile.as_ref().unwrap())
            {
                let got = [of.estimate.conf_low, of.estimate.conf_high, of.statistic.powi(2)];
                for (got, want) in got.into_iter().zip([low, high, loss]) {
                    let Some(want) = want else { continue };
                    let near = (got - want).abs() < PROFILE * want.abs().max(1.0);
                    assert!(near, "{what}, {}: {got} is not {want}", of.column);
                }
                assert!(of.statistic * of.estimate.estimate >= 0.0);
            }
            let wald = Logistic::new().firth(true).wald(true).fit(&outcomes, &design).unwrap();
            let of = &wald.coefficients[1];
            let half = of.estimate.estimate - of.estimate.conf_low;
            assert!((half / of.estimate.std_error - 1.959_963_984_540_054).abs() < 1e-9);
        }
    }
}

/// Powers of years, collinear to eight digits (`fixtures/r/firth_powers.R`).
#[test]
fn profiles_of_powers_of_large_numbers() {
    #[derive(Deserialize)]
    struct Powers {
        year: Vec<f64>,
        y: Vec<f64>,
        coef: [f64; 3],
        /// Limits, and twice the loss of likelihood at 0.
        profile: [[f64; 3]; 3],
    }
    #[derive(Deserialize)]
    struct File {
        cases: [Powers; 1],
    }
    let text = include_str!("../../fixtures/reference/firth_powers.json");
    let File { cases: [case] } = serde_json::from_str(text).unwrap();
    let events: Vec<bool> = case.y.iter().map(|y| *y > 0.0).collect();
    let square = case.year.iter().map(|x| x * x).collect();
    let design =
        Design::builder().numeric("year", case.year).numeric("square", square).build().unwrap();
    let fit = Logistic::new().firth(true).fit(&Outcomes::new(&events).unwrap(), &design).unwrap();
    assert_eq!(fit.coefficients.len(), 3);
    for ((of, coef), [low, high, loss]) in fit.coefficients.iter().zip(case.coef).zip(case.profile)
    {
        let e = of.estimate;
        let got = [e.estimate, e.conf_low, e.conf_high, of.statistic.powi(2)];
        for (got, want) in got.into_iter().zip([coef, low, high, loss]) {
            assert!((got / want - 1.0).abs() < 1e-6, "{}: {got} is not {want}", of.column);
        }
    }
}

/// Separated outcomes, where the profile has several maxima and the others none that is found at once (`fixtures/r/firth_separated.R`).
#[test]
fn profiles_of_separated_outcomes() {
    #[derive(Deserialize)]
    struct Separated {
        x: Vec<f64>,
        a: Vec<f64>,
        y: Vec<f64>,
        coef: [f64; 3],
        std_error: f64,
        /// Limits of x, and twice the loss of likelihood at 0.
        profile: [f64; 3],
    }
    #[derive(Deserialize)]
    struct File {
        cases: [Separated; 2],
    }
    let text = include_str!("../../fixtures/reference/firth_separated.json");
    for case in serde_json::from_str::<File>(text).unwrap().cases {
        let events: Vec<bool> = case.y.iter().map(|y| *y > 0.0).collect();
        let design = Design::builder().numeric("x", case.x).numeric("a", case.a).build().unwrap();
        let outcomes = Outcomes::new(&events).unwrap();
        let fit = Logistic::new().firth(true).fit(&outcomes, &design).unwrap();
        let of = &fit.coefficients[1];
        let [low, high, loss] = case.profile;
        let e = of.estimate;
        let got = [e.estimate, e.std_error, e.conf_low, e.conf_high, of.statistic.powi(2)];
        for (got, want) in got.into_iter().zip([case.coef[1], case.std_error, low, high, loss]) {
            assert!((got / want - 1.0).abs() < 1e-6, "{got} is not {want}");
        }
    }
}

/// Of a table of two by two Firth's penalty adds 1/2 to every cell, also where a cell is empty.
#[test]
fn firth_of_a_table() {
    for [a, b, c, d] in [
        [3.0_f64, 7.0, 5.0, 2.0],
        [0.0, 8.0, 4.0, 4.0],
        [6.0, 0.0, 0.0, 9.0],
        // One outcome of a level decides alone: its leverage is 1.
        [2.0, 1.0, 1.0, 0.0],
        [1.0, 0.0, 0.0, 1.0],
    ] {
        let counts = Weights::Case(vec![a, b, c, d]);
        let outcomes = Outcomes::new(&[true, false, true, false]).unwrap();
        let outcomes = outcomes.with_weights(counts).unwrap();
        let design = Design::builder().factor("x", Factor::new(&["n", "n", "y", "y"])).build();
        let fit = Logistic::new().firth(true).fit(&outcomes, &design.unwrap()).unwrap();
        let odds = (a + 0.5) / (b + 0.5);
        let ratio = (c + 0.5) / (d + 0.5) / odds;
        let got = [&fit.coefficients[0], &fit.coefficients[1]].map(|of| of.odds_ratio().estimate);
        assert!(
            (got[0] / odds - 1.0).abs() < 1e-9 && (got[1] / ratio - 1.0).abs() < 1e-9,
            "{got:?}"
        );
    }
}

#[test]
fn counted_is_row_by_row() {
    let case = &read()[0];
    let (outcomes, design) = (case.outcomes(), case.design());
    for firth in [false, true] {
        let fit = Logistic::new().firth(firth).fit(&outcomes, &design).unwrap();
        // The same rows, each three times, and each with a weight of 3.
        let copies: Vec<usize> = (0..case.y.len()).flat_map(|row| [row; 3]).collect();
        let column = |k: usize| copies.iter().map(|&row| design.row(row).unwrap()[k]).collect();
        let names = design.column_names().iter().enumerate();
        let of = names.fold(Design::builder(), |of, (k, name)| of.numeric(name, column(k)));
        let events: Vec<bool> = copies.iter().map(|&row| case.y[row] > 0.0).collect();
        let rows = Logistic::new()
            .firth(firth)
            .fit(&Outcomes::new(&events).unwrap(), &of.build().unwrap());
        let thrice = case.outcomes().with_weights(Weights::Case(vec![3.0; case.y.len()])).unwrap();
        let counted = Logistic::new().firth(firth).fit(&thrice, &design).unwrap();
        let rows = rows.unwrap();
        assert!((counted.counts.outcomes - rows.counts.outcomes).abs() < 1e-9);
        for (a, b) in rows.coefficients.iter().zip(&counted.coefficients) {
            assert!((a.estimate.estimate - b.estimate.estimate).abs() < 1e-9);
            assert!((a.estimate.std_error / b.estimate.std_error - 1.0).abs() < 1e-8);
        }
        if !firth {
            let third = counted.covariance[(1, 1)] * 3.0 / fit.covariance[(1, 1)];
            assert!((third - 1.0).abs() < 1e-9);
        }
    }
}

/// A discrete hazard is a logistic regression on months at risk.
#[test]
fn months_are_outcomes() {
    let exit = [2.0, 3.0, 1.0, 3.0, 2.0, 1.0, 3.0, 3.0];
    let events = [true, true, false, false, true, true, false, true];
    let x = [0.5, -1.0, 2.0, 0.3, 1.1, 0.0, -0.4, 0.9];
    let cause = events.map(|event| event.then_some(0)).to_vec();
    let spells = Spells::new(1, exit.to_vec(), cause).unwrap();
    let design = Design::builder().numeric("x", x.to_vec()).build().unwrap();
    let spec = DiscreteHazard::new().baseline(Shape::Polynomial(1));
    let hazard = spec.fit(&spells, &design).unwrap();
    let (mut y, mut time, mut of_month) = (Vec::new(), Vec::new(), Vec::new());
    for row in 0..8 {
        for month in 1..=exit[row] as u32 {
            y.push(events[row] && f64::from(month) >= exit[row]);
            time.push(f64::from(month));
            of_month.push(x[row]);
        }
    }
    let design = Design::builder().numeric("time", time).numeric("x", of_month).build().unwrap();
    let fit = Logistic::new().fit(&Outcomes::new(&y).unwrap(), &design).unwrap();
    assert!((fit.log_likelihood - hazard.log_likelihood).abs() < 1e-12);
    for column in ["intercept", "time", "x"] {
        let [a, b] =
            [fit.coefficient(column), hazard.exits[0].coefficient(column)].map(Option::unwrap);
        assert!((a.estimate.estimate - b.estimate.estimate).abs() < 1e-10);
        assert!((a.estimate.std_error - b.estimate.std_error).abs() < 1e-10);
    }
}

#[test]
fn refusals() {
    let message = |outcomes: Outcomes, design: &Design, firth: bool| {
        Logistic::new().firth(firth).fit(&outcomes, design).unwrap_err().to_string()
    };
    let x = Design::builder().numeric("x", vec![1.0, 3.0, 2.0, 4.0]).build().unwrap();
    let of = |events: [bool; 4]| Outcomes::new(&events).unwrap();
    assert_eq!(
        message(of([true; 4]), &x, false),
        "4 of 4 rows have the event; without both outcomes there is nothing to compare"
    );
    let mixed = [true, true, false, false];
    for (outcomes, what) in [
        (of(mixed).with_clusters(&[1, 1, 2, 2]).unwrap(), "clusters"),
        (of(mixed).with_weights(Weights::Sampling(vec![1.5; 4])).unwrap(), "sampling weights"),
    ] {
        assert_eq!(
            message(outcomes, &x, true),
            format!("{what} and Firth's penalty do not go together; leave one of them out")
        );
    }
    // All of a level have the event: quasi-complete, and Firth's penalty has an answer.
    let level = Factor::new(&["a", "a", "b", "b", "b", "b"]);
    let design = Design::builder().factor("level", level).build().unwrap();
    let events = [true, true, true, false, false, true];
    let outcomes = Outcomes::new(&events).unwrap();
    assert_eq!(
        message(outcomes.clone(), &design, false),
        "quasi-complete separation: level tells events from the rest without error for some rows, so the coefficients grow \
         without bound; merge levels, leave a term out, or use Firth's penalty"
    );
    let fit = Logistic::new().firth(true).fit(&outcomes, &design).unwrap();
    assert!((fit.coefficients[1].odds_ratio().estimate - 1.0 / 5.0).abs() < 1e-9);
    // Nobody of a level has it.
    let events = events.map(|event| !event);
    assert!(
        message(Outcomes::new(&events).unwrap(), &design, false).contains("no event in level a")
    );
}
