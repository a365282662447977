//! What is refused, and in which words.

use afgang_models::{
    Design, Error, Factor, FineGray, Interval, OnCollinear, Profile, Spells, Weights,
};

fn spells() -> Spells {
    let cause = [Some(0), Some(1), None, Some(0), Some(1), Some(0)];
    Spells::new(2, vec![1.0, 2.0, 2.0, 3.0, 4.0, 5.0], cause.to_vec()).unwrap()
}

fn numeric(x: &[f64]) -> Design {
    Design::builder().numeric("x", x.to_vec()).build().unwrap()
}

const X: [f64; 6] = [1.0, 0.0, 1.0, 0.0, 1.0, 1.0];

fn error(spec: FineGray, spells: &Spells, design: &Design) -> Error {
    spec.fit(spells, design).unwrap_err()
}

#[test]
fn inputs_that_do_not_fit() {
    let of = |spec, design| error(spec, &spells(), &design);
    let wrong = |column: &str| Error::ColumnLength { column: column.into(), found: 2, expected: 6 };
    assert_eq!(of(FineGray::new(0), numeric(&[1.0, 2.0])), wrong("design"));
    let groups = FineGray::new(0).censoring_groups(Factor::new(&["a", "b"]));
    assert_eq!(of(groups, numeric(&X)), wrong("censoring groups"));
    assert_eq!(of(FineGray::new(2), numeric(&X)), Error::UnknownCause { cause: 2, n_causes: 2 });
    assert_eq!(of(FineGray::new(0).level(1.0), numeric(&X)), Error::Level { level: 1.0 });
    let found = FineGray::new(0).partial_likelihood(&spells(), &numeric(&X), &[]).unwrap_err();
    assert_eq!(found, Error::CovariateCount { found: 0, expected: 1 });
}

#[test]
fn nothing_to_estimate_from() {
    let spells = Spells::new(2, vec![1.0, 2.0], vec![Some(1), None]).unwrap();
    let found = error(FineGray::new(0), &spells, &numeric(&[0.0, 1.0]));
    assert_eq!(found, Error::NoEvents { spells: 2 });
    let none = Spells::new(1, vec![], vec![]).unwrap();
    let found = error(FineGray::new(0), &none, &numeric(&[]));
    assert_eq!(found, Error::NoEvents { spells: 0 });
    let weights = Weights::Case(vec![0.0, 1.0, 1.0, 0.0, 1.0, 0.0]);
    let found =
        error(FineGray::new(0), &self::spells().with_weights(weights).unwrap(), &numeric(&X));
    assert_eq!(found, Error::NoEvents { spells: 3 });
}

#[test]
fn no_events_in_a_level() {
    let levels = Factor::new(&["a", "b", "c", "a", "b", "c"]);
    let design = Design::builder().factor("level", levels).build().unwrap();
    let found = error(FineGray::new(0), &spells(), &design);
    let want = Error::NoEventsInLevel { term: "level".into(), level: "b".into() };
    assert_eq!(found, want);
}

/// The competing exit at 2 stays at risk, so events must have larger values than it, too.
#[test]
fn monotone_likelihood() {
    let design = numeric(&[6.0, 0.0, 5.0, 4.0, 1.0, 3.0]);
    let found = error(FineGray::new(0), &spells(), &design);
    assert_eq!(found, Error::MonotoneLikelihood { terms: vec!["x".into()] });
    let design = numeric(&[6.0, 3.5, 5.0, 4.0, 1.0, 3.0]);
    FineGray::new(0).fit(&spells(), &design).unwrap();
}

#[test]
fn collinear_columns() {
    let design = Design::builder()
        .numeric("x", X.to_vec())
        .numeric("double", X.map(|x| 2.0 * x + 1.0).to_vec())
        .build()
        .unwrap();
    let fit = FineGray::new(0).fit(&spells(), &design).unwrap();
    assert_eq!(fit.coefficients.len(), 1);
    assert_eq!(fit.collinear[0].column, "double");
    assert_eq!(fit.collinear[0].with.len(), 1);
    assert!((fit.collinear[0].with[0].1 - 2.0).abs() < 1e-12);
    let found = error(FineGray::new(0).on_collinear(OnCollinear::Refuse), &spells(), &design);
    let want = Error::CollinearColumn { column: "double".into(), with: vec!["x".into()] };
    assert_eq!(found, want);
}

#[test]
fn one_cluster_has_no_variance() {
    let spells = spells().with_clusters(&[1; 6]).unwrap();
    let found = error(FineGray::new(0), &spells, &numeric(&X));
    assert_eq!(found, Error::NoRobustVariance { column: "x".into(), clusters: 1 });
}

#[test]
fn profiles_that_do_not_fit() {
    let fit = FineGray::new(0).fit(&spells(), &numeric(&X)).unwrap();
    let of = |profile: Profile| fit.incidence(&profile, Interval::Log).unwrap_err();
    assert_eq!(of(Profile::new(vec![])), Error::CovariateCount { found: 0, expected: 1 });
    let found = of(Profile::new(vec![0.0]).in_stratum(1));
    assert_eq!(found, Error::UnknownStratum { stratum: 1, n_strata: 1 });
    assert!(matches!(of(Profile::new(vec![f64::NAN])), Error::NotFinite { .. }));
    assert!(matches!(of(Profile::new(vec![f64::MAX])), Error::HazardBeyondDouble { .. }));
}

#[test]
fn too_few_steps() {
    let found = error(FineGray::new(0).max_iterations(1), &spells(), &numeric(&X));
    assert!(matches!(found, Error::NotConverged { iterations: 1, .. }), "{found}");
}
