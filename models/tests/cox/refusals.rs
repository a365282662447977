//! What is refused, in which words; and what is left out and said.

use afgang_models::{
    Cox, CoxFit, Design, Error, Factor, OnCollinear, Spells, Stopped, Ties, Weights,
};

fn spells(events: &[bool]) -> Spells {
    let exit = (1..=events.len()).map(|t| t as f64).collect();
    Spells::new(1, exit, events.iter().map(|event| event.then_some(0)).collect()).unwrap()
}

fn all(n: usize) -> Spells {
    spells(&vec![true; n])
}

#[track_caller]
fn refused(result: Result<CoxFit, Error>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

fn column(name: &str, values: &[f64]) -> Design {
    Design::builder().numeric(name, values.to_vec()).build().unwrap()
}

#[test]
fn designs() {
    let message = |design: Result<Design, Error>| design.unwrap_err().to_string();
    let of = Design::builder().numeric("a", vec![1.0, 2.0]);
    assert_eq!(
        message(of.clone().numeric("b", vec![1.0]).build()),
        "column b holds 1 rows, expected 2"
    );
    assert_eq!(
        message(of.clone().numeric("b", vec![1.0, f64::NAN]).build()),
        "column b, row 1: NaN is not a finite number; leave rows with missing values out"
    );
    assert_eq!(
        message(of.clone().numeric("a", vec![1.0, 2.0]).build()),
        "column a stands twice in the design; give each its own name"
    );
    assert_eq!(
        Factor::from_codes(vec![0, 2], ["m", "f"]).unwrap_err().to_string(),
        "row 1: code 2 is outside the factor's 2 levels, which count from 0"
    );
    assert_eq!(
        Factor::new(&["m", "f"]).with_base("x").unwrap_err().to_string(),
        "level x is not among the factor's levels: f, m"
    );
}

#[test]
fn fits_without_an_answer() {
    let x = column("x", &[3.0, 1.0, 2.0, 5.0]);
    refused(Cox::new().fit(&all(3), &x), "column design holds 4 rows, expected 3");
    refused(Cox::new().cause(1).fit(&all(4), &x), "cause 1 asked for, the table has causes 0..1");
    refused(
        Cox::new().fit(&spells(&[false; 4]), &x),
        "no event among 4 spells at risk; check the cause and the rows that are left",
    );
    refused(
        Cox::new().level(1.0).fit(&all(4), &x),
        "confidence level 1 must lie between 0 and 1, as in 0.95",
    );
    let far = Design::builder()
        .numeric("x", vec![3.0, 1.0, 2.0, 5.0])
        .offset(vec![0.0, 2000.0, 0.0, 0.0])
        .build()
        .unwrap();
    assert_eq!(Cox::new().fit(&all(4), &far).unwrap_err(), Error::RiskOverflow);
    let few = Cox::new().max_iterations(1).fit(&all(4), &x).unwrap_err();
    assert!(matches!(few, Error::NotConverged { iterations: 1, .. }), "{few}");
}

#[test]
fn monotone_likelihood_names_its_term() {
    // Who leaves next always has the largest value.
    refused(
        Cox::new().fit(&all(5), &column("age", &[9.0, 7.0, 5.0, 4.0, 1.0])),
        "monotone likelihood: the coefficients of age grow without bound, because the events always have the highest \
         (or lowest) values at risk; merge levels, or leave the term out",
    );
    // Beside a term with a maximum.
    let two = Design::builder()
        .numeric("height", vec![1.0, 3.0, 2.0, 5.0, 1.5, 2.5])
        .numeric("age", vec![9.0, 7.0, 5.0, 4.0, 2.0, 1.0])
        .build()
        .unwrap();
    for ties in [Ties::Efron, Ties::Exact] {
        match Cox::new().ties(ties).fit(&all(6), &two).unwrap_err() {
            Error::MonotoneLikelihood { terms } => assert!(terms.contains(&"age".to_owned())),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn levels_without_events() {
    let factor =
        |labels: &[&str]| Design::builder().factor("sex", Factor::new(labels)).build().unwrap();
    let message = |level: &str| {
        format!(
            "term sex: no event in level {level}, so its ratio has no finite estimate; merge the level with \
             another or leave its rows out"
        )
    };
    let events = [true, false, true, false, true];
    let of = |labels: &[&str]| Cox::new().fit(&spells(&events), &factor(labels));
    refused(of(&["f", "x", "m", "x", "f"]), &message("x"));
    refused(of(&["f", "a", "m", "a", "f"]), &message("a")); // the base
}

#[test]
fn collinear_columns() {
    let (a, b) = (vec![3.0, 1.0, 2.0, 5.0, 4.0, 2.5], vec![1.0, 4.0, 2.0, 8.0, 5.0, 7.0]);
    let c: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 10.0 + 2.0 * a - 0.5 * b).collect();
    let design = Design::builder()
        .numeric("a", a)
        .numeric("same", vec![7.1; 6])
        .numeric("b", b)
        .numeric("c", c)
        .build()
        .unwrap();
    let fit = Cox::new().fit(&all(6), &design).unwrap();
    assert_eq!(fit.coefficients.len(), 2);
    assert_eq!(fit.likelihood_ratio.df, 2);
    assert_eq!(fit.convergence.stopped, Stopped::SmallStep);
    assert_eq!((fit.collinear[0].column.as_str(), fit.collinear[0].with.len()), ("same", 0));
    let of_c = &fit.collinear[1];
    assert_eq!(of_c.column, "c");
    let with: Vec<&str> = of_c.with.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(with, ["a", "b"]);
    assert!((of_c.with[0].1 - 2.0).abs() < 1e-9 && (of_c.with[1].1 + 0.5).abs() < 1e-9);
    let refuse = Cox::new().on_collinear(OnCollinear::Refuse);
    refused(
        refuse.fit(&all(6), &design),
        "column same is collinear with the baseline (it is constant); leave one of them out",
    );
}

#[test]
fn strata_take_up_what_is_constant_in_them() {
    let region = Factor::new(&["n", "s", "n", "s", "n", "s"]);
    let design = Design::builder()
        .factor("region", region.clone())
        .numeric("x", vec![3.0, 1.0, 2.0, 5.0, 4.0, 2.5])
        .strata("region", region)
        .build()
        .unwrap();
    let fit = Cox::new().fit(&all(6), &design).unwrap();
    assert_eq!(fit.collinear[0].column, "region=s");
    assert_eq!(fit.coefficients[0].column, "x");
    assert_eq!(design.strata_names(), ["region=n", "region=s"]);
}

#[test]
fn a_model_without_columns() {
    let design = Design::builder().rows(4).build().unwrap();
    let fit = Cox::new().fit(&all(4), &design).unwrap();
    assert!(fit.coefficients.is_empty());
    assert_eq!(fit.convergence.stopped, Stopped::NoCoefficients);
    assert!((fit.log_likelihood + 24.0_f64.ln()).abs() < 1e-14);
    assert_eq!(
        (fit.likelihood_ratio.df, fit.likelihood_ratio.p_value.to_bits()),
        (0, 1.0_f64.to_bits())
    );
}

#[test]
fn weights_and_ties() {
    let x = column("x", &[3.0, 1.0, 2.0, 5.0]);
    let weights = vec![1.0, 2.0, 0.5, 1.0];
    let case = all(4).with_weights(Weights::Case(weights.clone())).unwrap();
    refused(
        Cox::new().fit(&case, &x),
        "row 2: case weight 0.5 is no whole number, but tied events are counted by spells; use Breslow's ties, or \
         sampling weights",
    );
    assert!(Cox::new().ties(Ties::Breslow).fit(&case, &x).is_ok());
    let sampling = all(4).with_weights(Weights::Sampling(weights)).unwrap();
    let exact = Cox::new().ties(Ties::Exact);
    refused(
        exact.fit(&sampling, &x),
        "a likelihood with sampling weights is not defined for exact ties; use Efron's or Breslow's",
    );
    refused(
        exact.robust(true).fit(&all(4), &x),
        "a variance by influence is not defined for exact ties; use Efron's or Breslow's",
    );
    let one = all(4).with_clusters(&[1, 1, 1, 1]).unwrap();
    refused(
        Cox::new().fit(&one, &x),
        "column x: within each of 1 (clusters, or rows where there are none) influences add up to 0, so there is no variance by \
         influence; it needs more of them than columns and events at several times, or use the model's variance",
    );
}

#[test]
fn rows_without_weight_are_left_out() {
    let x = column("x", &[3.0, 1.0, 2.0, 5.0, 9.0]);
    let spells = all(5).with_weights(Weights::Case(vec![1.0, 1.0, 1.0, 1.0, 0.0])).unwrap();
    let fit = Cox::new().fit(&spells, &x).unwrap();
    let without = Cox::new().fit(&all(4), &column("x", &[3.0, 1.0, 2.0, 5.0])).unwrap();
    assert_eq!(fit.counts.rows_without_weight, 1);
    assert!((fit.log_likelihood - without.log_likelihood).abs() < 1e-14);
    let [got, want] = [&fit, &without].map(|fit| fit.coefficients[0].estimate.estimate);
    assert!((got - want).abs() < 1e-12);
}
