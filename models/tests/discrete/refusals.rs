//! What is refused, in which words; and what is left out and said.

use afgang_models::{
    Clock, Design, DiscreteFit, DiscreteHazard, Error, ExitModel, Factor, Link, OnCollinear, Shape,
    Spells,
};

fn spells(exit: &[f64], events: &[u8]) -> Spells {
    let cause = events.iter().map(|&event| (event > 0).then_some(0)).collect();
    Spells::new(1, exit.to_vec(), cause).unwrap()
}

fn column(name: &str, values: &[f64]) -> Design {
    Design::builder().numeric(name, values.to_vec()).build().unwrap()
}

fn none(n: usize) -> Design {
    Design::builder().rows(n).build().unwrap()
}

#[track_caller]
fn refused(result: Result<DiscreteFit, Error>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn times() {
    let of = DiscreteHazard::new();
    refused(
        of.fit(&spells(&[1.0, 2.5], &[1, 0]), &none(2)),
        "column exit, row 1: 2.5 is not a whole number below a billion; discrete times count whole months (or other \
         units), so round them",
    );
    refused(
        of.fit(&spells(&[1.0, 0.0], &[1, 0]), &none(2)),
        "row 1: the exit at 0 comes before the first time at risk, 1; say what the first time is, or leave the row out",
    );
    assert!(of.clone().first_time(0).fit(&spells(&[1.0, 0.0, 1.0], &[1, 1, 0]), &none(3)).is_ok());
    refused(
        of.fit(&spells(&[1.0, 50_000.0], &[1, 0]), &none(2)),
        "times span 50000 units, at most 12000 are possible; take a coarser unit",
    );
    refused(
        of.clone()
            .baseline(Shape::Polynomial(3))
            .fit(&spells(&[1.0, 3.0, 3.0], &[1, 1, 0]), &none(3)),
        "clock time: its function needs 4 values that are far enough apart, and there are 3 in all; take fewer parameters \
         or an origin nearer to the values",
    );
    refused(
        of.clone()
            .first_time(0)
            .baseline(Shape::Logarithm)
            .fit(&spells(&[1.0, 0.0], &[1, 0]), &none(2)),
        "time 0 is not above 0 and has no logarithm; take another scale of time",
    );
    refused(
        of.clock(Clock::new("month", vec![1.0])).fit(&spells(&[1.0, 1.0], &[1, 0]), &none(2)),
        "column month holds 1 rows, expected 2",
    );
}

#[test]
fn fits_without_an_answer() {
    let of = DiscreteHazard::new();
    refused(of.fit(&spells(&[1.0], &[1]), &none(2)), "column design holds 2 rows, expected 1");
    refused(
        of.clone().cause(1).fit(&spells(&[1.0], &[1]), &none(1)),
        "cause 1 asked for, the table has causes 0..1",
    );
    refused(
        of.fit(&spells(&[1.0, 2.0], &[0, 0]), &none(2)),
        "no event among 2 spells at risk; check the cause and the rows that are left",
    );
    refused(
        of.clone().link(Link::CLogLog).fit_exits(&spells(&[1.0, 2.0], &[1, 0]), &none(2)),
        "several exits at once have the logit link; fit each exit by itself for another link",
    );
    let two = Spells::new(2, vec![1.0, 2.0, 2.0], vec![Some(0), Some(0), Some(1)]).unwrap();
    refused(
        of.fit_exits(&two, &none(3)),
        "all at risk at 2 leave, by several exits, so nothing is known of staying there; join it with an earlier interval",
    );
    let few = of.max_iterations(1).fit(
        &spells(&[1.0; 6], &[1, 0, 1, 0, 1, 0]),
        &column("x", &[1.0, 2.0, 9.0, 4.0, 5.0, 7.0]),
    );
    assert!(matches!(few, Err(Error::NotConverged { iterations: 1, .. })), "{few:?}");
}

#[test]
fn separation_names_its_terms() {
    // Whoever leaves has the largest values, at every time.
    let x = column("age", &[9.0, 8.0, 7.0, 6.0, 3.0, 2.0, 4.0, 1.0]);
    let of = DiscreteHazard::new();
    refused(
        of.fit(&spells(&[1.0; 8], &[1, 1, 1, 1, 0, 0, 0, 0]), &x),
        "complete separation: age tells events from the rest without error, so the coefficients grow without bound; merge \
         levels, leave a term out, or use Firth's penalty",
    );
    // Two with a value of 5 do and do not leave.
    let quasi = column("age", &[9.0, 8.0, 7.0, 5.0, 5.0, 2.0, 4.0, 1.0]);
    for link in [Link::Logit, Link::CLogLog] {
        refused(
            of.clone().link(link).fit(&spells(&[1.0; 8], &[1, 1, 1, 1, 0, 0, 0, 0]), &quasi),
            "quasi-complete separation: age tells events from the rest without error for some rows, so the coefficients \
             grow without bound; merge levels, leave a term out, or use Firth's penalty",
        );
    }
    // Beside a term with a maximum, and where everybody of a level leaves.
    let both = Design::builder()
        .numeric("height", vec![1.0, 3.0, 2.0, 2.0, 1.0, 3.0, 2.5, 1.5])
        .factor("sex", Factor::new(&["f", "m", "f", "m", "f", "f", "f", "f"]))
        .build()
        .unwrap();
    match of.fit(&spells(&[1.0; 8], &[1, 1, 1, 1, 0, 0, 0, 0]), &both).unwrap_err() {
        Error::Separation { terms, complete } => {
            assert!(terms.contains(&"sex".to_owned()) && !complete, "{terms:?}");
        }
        other => panic!("{other}"),
    }
}

/// Hazards that are highest in the middle, and a row at 300 that stays: its chance of staying is 1 as it is, so it tells nothing, and
/// the likelihood has the maximum that it has without the row.
#[test]
fn a_far_row_that_stays_is_no_separation() {
    let x: Vec<f64> = (0..120).map(|k| f64::from(k * 37 % 120) / 24.0 - 2.5).collect();
    let n = x.len();
    let hash: Vec<f64> = (0..120).map(|k| f64::from(k * 71 % 113) / 113.0).collect();
    let events: Vec<u8> = x
        .iter()
        .zip(&hash)
        .map(|(x, u)| u8::from(*u < 1.0 / (1.0 + (x * x - 0.5).exp())))
        .collect();
    let square = |x: &[f64]| x.iter().map(|x| x * x).collect();
    let fit = |x: &[f64], events: &[u8], link: Link| {
        let design = Design::builder().numeric("x", x.to_vec()).numeric("x2", square(x));
        let of = DiscreteHazard::new().link(link).baseline(Shape::Polynomial(0));
        of.fit(&spells(&vec![1.0; events.len()], events), &design.build().unwrap()).unwrap()
    };
    let (far, more) = ([&x[..], &[300.0]].concat(), [&events[..], &[0]].concat());
    assert_eq!(far.len(), n + 1);
    for link in [Link::Logit, Link::CLogLog] {
        let (without, with) = (fit(&x, &events, link), fit(&far, &more, link));
        let pairs = with.exits[0].coefficients.iter().zip(&without.exits[0].coefficients);
        for (got, want) in pairs {
            let (got, want) = (got.estimate, want.estimate);
            assert!((got.estimate - want.estimate).abs() < 1e-7 * want.std_error, "{got:?}");
            assert!((got.std_error / want.std_error - 1.0).abs() < 1e-7, "{got:?}");
        }
        assert!((with.log_likelihood - without.log_likelihood).abs() < 1e-9);
    }
}

/// A constant in the offset is one less in the constant, and changes nothing else.
#[test]
fn offsets_far_from_0() {
    let n = 80;
    let numbers =
        |of: &dyn Fn(f64) -> f64| -> Vec<f64> { (0..n).map(|k| of(f64::from(k))).collect() };
    let exit = numbers(&|k| 1.0 + (k * 7.0) % 4.0);
    let exits = (0..n).map(|k| (k % 3 > 0).then_some(usize::from(k % 2 == 0))).collect();
    let spells = Spells::new(2, exit, exits).unwrap();
    let fits = |far: f64, shape: &Shape, link: Link| {
        let design = Design::builder()
            .numeric("x", numbers(&|k| (k * 0.77).sin()))
            .offset(numbers(&|k| far + (k * 1.3).cos()))
            .build()
            .unwrap();
        let of = DiscreteHazard::new().baseline(shape.clone()).link(link);
        let one = of.clone().cause(0).fit(&spells, &design).unwrap();
        let all = (link == Link::Logit).then(|| of.fit_exits(&spells, &design).unwrap());
        [Some(one), all]
    };
    for shape in [Shape::Free, Shape::Polynomial(1), Shape::Logarithm] {
        for link in [Link::Logit, Link::CLogLog] {
            let near = fits(0.0, &shape, link);
            for far in [-30.0, 12.0, 30.0, 1000.0] {
                let pairs = fits(far, &shape, link).into_iter().zip(&near);
                for (got, want) in pairs.filter_map(|(got, want)| Some((got?, want.as_ref()?))) {
                    for (got, want) in got.exits.iter().zip(&want.exits) {
                        let levels = want.baseline.len();
                        let constants = if shape == Shape::Free { levels } else { 1 };
                        let both = |of: &ExitModel| [&of.baseline[..], &of.coefficients].concat();
                        for (place, (got, want)) in both(got).iter().zip(&both(want)).enumerate() {
                            let taken = if place < constants { far } else { 0.0 };
                            let (got, want) = (got.estimate, want.estimate);
                            assert!((got.estimate + taken - want.estimate).abs() < 1e-9, "{got:?}");
                            assert!((got.std_error - want.std_error).abs() < 1e-9, "{got:?}");
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn separation_of_one_of_several_exits() {
    let cause = [0, 0, 1, 1, 1, 2, 2, 2, 2, 2].map(|exit: usize| (exit < 2).then_some(exit));
    let spells = Spells::new(2, vec![1.0; 10], cause.to_vec()).unwrap();
    let x = column("age", &[9.0, 8.0, 2.0, 3.0, 4.0, 1.0, 5.0, 2.0, 3.0, 2.5]);
    match DiscreteHazard::new().fit_exits(&spells, &x).unwrap_err() {
        Error::Separation { terms, complete: false } => {
            assert!(terms.contains(&"age (cause 0)".to_owned()), "{terms:?}");
        }
        other => panic!("{other}"),
    }
}

#[test]
fn levels_without_events() {
    let sex = Design::builder().factor("sex", Factor::new(&["f", "x", "m", "x", "f", "m"])).build();
    let message = |term: &str, level: &str| {
        format!(
            "term {term}: no event in level {level}, so its ratio has no finite estimate; merge the level with \
             another or leave its rows out"
        )
    };
    let few = spells(&[1.0, 2.0, 1.0, 2.0, 2.0, 2.0], &[1, 0, 1, 0, 1, 0]);
    refused(DiscreteHazard::new().fit(&few, &sex.unwrap()), &message("sex", "x"));
    let month = Clock::new("month", vec![0.0, 0.0, 0.0, 2.0, 0.0, 1.0]);
    refused(DiscreteHazard::new().clock(month).fit(&few, &none(6)), &message("month", "3"));
}

#[test]
fn collinear_columns() {
    let a = vec![3.0, 1.0, 2.0, 5.0, 4.0, 2.5, 1.5, 3.5];
    let twice = a.iter().map(|a| 1.0 + 2.0 * a).collect();
    let some = spells(&[1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 2.0, 2.0], &[1, 0, 1, 0, 1, 0, 0, 1]);
    let design = Design::builder()
        .numeric("same", vec![7.1; 8])
        .numeric("a", a)
        .numeric("twice", twice)
        .build()
        .unwrap();
    let fit = DiscreteHazard::new().fit(&some, &design).unwrap();
    assert_eq!(fit.exits[0].coefficients.len(), 1);
    assert_eq!((fit.collinear[0].column.as_str(), fit.collinear[0].with.len()), ("same", 0));
    assert_eq!(fit.collinear[1].column, "twice");
    assert_eq!(fit.collinear[1].with[0].0, "a");
    assert!((fit.collinear[1].with[0].1 - 2.0).abs() < 1e-9);
    refused(
        DiscreteHazard::new().on_collinear(OnCollinear::Refuse).fit(&some, &design),
        "column same is collinear with the baseline (it is constant); leave one of them out",
    );
    // Everybody starts in one month, so that months are durations; and a month is what is left of the year and the duration.
    let month = |starts: Vec<f64>, shape| {
        DiscreteHazard::new().clock(Clock::new("month", starts).shape(shape))
    };
    let fit = month(vec![4.0; 8], Shape::Free).fit(&some, &none(8)).unwrap();
    assert_eq!((fit.collinear[0].column.as_str(), fit.exits[0].coefficients.len()), ("month=6", 0));
    refused(
        month(vec![4.0; 8], Shape::Polynomial(1)).fit(&some, &none(8)),
        "column month is collinear with the baseline (it is constant); leave one of them out",
    );
}
