//! Identities that hold for any data.

use std::mem::discriminant;

use afgang_models::{
    Clock, Design, DiscreteFit, DiscreteHazard, Error, Factor, Information, Link,
    PartialLikelihood, Shape, Spells, Weights,
};
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

#[derive(Debug, Clone, Copy)]
struct Row {
    entry: u8,
    lasts: u8,
    cause: Option<usize>,
    x: f64,
    level: u32,
    start: i8,
    weight: f64,
    cluster: u64,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let cause = prop_oneof![Just(None), Just(Some(0)), Just(Some(1))];
    let row = (0..3_u8, 1..5_u8, cause, -20..20_i32, 0..3_u32, -2..3_i8, 1..9_u32, 0..7_u64)
        .prop_map(|(entry, lasts, cause, x, level, start, weight, cluster)| Row {
            entry,
            lasts,
            cause,
            x: f64::from(x) / 10.0,
            level,
            start,
            weight: f64::from(weight) / 4.0,
            cluster,
        });
    prop::collection::vec(row, 12..60)
}

fn spells(rows: &[Row]) -> Spells {
    let exit = rows.iter().map(|row| f64::from(row.entry + row.lasts)).collect();
    Spells::new(2, exit, rows.iter().map(|row| row.cause).collect())
        .unwrap()
        .with_entry(rows.iter().map(|row| f64::from(row.entry)).collect())
        .unwrap()
}

fn design(rows: &[Row]) -> Design {
    let level = Factor::from_codes(rows.iter().map(|row| row.level).collect(), ["a", "b", "c"]);
    Design::builder()
        .numeric("x", rows.iter().map(|row| row.x).collect())
        .factor("level", level.unwrap())
        .offset(rows.iter().map(|row| row.x.abs() / 5.0).collect())
        .build()
        .unwrap()
}

fn clock(rows: &[Row], shape: Shape) -> Clock {
    Clock::new("month", rows.iter().map(|row| f64::from(row.start)).collect()).shape(shape)
}

fn weighted(rows: &[Row]) -> Spells {
    let weights = rows.iter().map(|row| row.weight).collect();
    spells(rows).with_weights(Weights::Sampling(weights)).unwrap()
}

fn near(got: f64, want: f64, tolerance: f64) -> Result<(), TestCaseError> {
    prop_assert!((got - want).abs() <= tolerance * want.abs().max(1.0), "{} is not {}", got, want);
    Ok(())
}

/// Logarithms of the hazard and of staying.
fn hazard(link: Link, eta: f64) -> (f64, f64) {
    match link {
        Link::Logit => (-(-eta).exp().ln_1p(), -eta.exp().ln_1p()),
        Link::CLogLog => ((-(-eta.exp()).exp_m1()).ln(), -eta.exp()),
    }
}

/// The likelihood of person-months by its definition; coefficients: constant, duration, x, two levels, month and its square.
fn by_definition(rows: &[Row], link: Link, beta: &[f64]) -> f64 {
    let of = |row: &Row| {
        let constant = beta[0]
            + row.x * beta[2]
            + row.x.abs() / 5.0
            + [0.0, beta[3], beta[4]][row.level as usize];
        let month = |time: u8| {
            let value = f64::from(row.start) + f64::from(time);
            let eta =
                constant + beta[1] * f64::from(time) + beta[5] * value + beta[6] * value * value;
            let (leave, stay) = hazard(link, eta);
            if time == row.entry + row.lasts && row.cause.is_some() { leave } else { stay }
        };
        row.weight * (row.entry + 1..=row.entry + row.lasts).map(month).sum::<f64>()
    };
    rows.iter().map(of).sum()
}

fn beta(n: usize) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec((-10..10_i32).prop_map(|b| f64::from(b) / 20.0), n)
}

fn fitted(fit: &DiscreteFit) -> Vec<f64> {
    let all = fit.exits.iter().flat_map(|exit| exit.baseline.iter().chain(&exit.coefficients));
    all.flat_map(|of| [of.estimate.estimate, of.estimate.std_error]).collect()
}

/// Fits that have a maximum agree; those that have none have none either way.
fn alike(
    one: Result<DiscreteFit, Error>,
    other: Result<DiscreteFit, Error>,
    tolerance: f64,
) -> Result<(), TestCaseError> {
    match (one, other) {
        (Ok(one), Ok(other)) => {
            near(one.log_likelihood, other.log_likelihood, tolerance)?;
            for (a, b) in fitted(&one).into_iter().zip(fitted(&other)) {
                near(a, b, tolerance.max(1e-8))?;
            }
        }
        (one, other) => {
            let kind =
                |fit: Result<DiscreteFit, Error>| fit.err().map(|error| discriminant(&error));
            prop_assert_eq!(kind(one), kind(other));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn likelihood_is_that_of_person_months(rows in rows(), beta in beta(7)) {
        for link in [Link::Logit, Link::CLogLog] {
            let spec = DiscreteHazard::new()
                .link(link)
                .baseline(Shape::Polynomial(1))
                .clock(clock(&rows, Shape::Polynomial(2)));
            if let Ok(at) = spec.log_likelihood(&weighted(&rows), &design(&rows), &beta) {
                near(at.log_likelihood, by_definition(&rows, link, &beta), 1e-12)?;
            }
        }
    }

    #[test]
    fn score_and_information_are_derivatives(rows in rows(), beta in beta(24)) {
        let (spells, design) = (weighted(&rows), design(&rows));
        let spec = DiscreteHazard::new()
            .baseline(Shape::Polynomial(2))
            .clock(clock(&rows, Shape::Intervals(vec![2, 4])))
            .clock(Clock::new("old", rows.iter().map(|row| f64::from(row.level) + 3.0).collect()).shape(Shape::Logarithm));
        for (link, several) in [(Link::Logit, false), (Link::CLogLog, false), (Link::Logit, true)] {
            let spec = spec.clone().link(link).information(Information::Observed);
            let at = |beta: &[f64]| if several {
                spec.log_likelihood_of_exits(&spells, &design, beta)
            } else {
                spec.log_likelihood(&spells, &design, beta)
            };
            // Three of the duration, three covariates, at most two months and one age.
            let Some((n, here)) = (5..=18).find_map(|n| at(&beta[..n]).ok().map(|at| (n, at))) else { continue };
            // Central differences leave step^2 / 6 of the third derivative, which is large where a hazard is near 1; two steps of
            // which one is half the other are without it (Richardson).
            let step = 2e-5;
            // Complementary log-log hazards grow to 10^8 here; differences of small sums beside large ones are rounded with them.
            let largest = here.information.iter().fold(1.0, |largest: f64, of| largest.max(of.abs()));
            let tolerance = 1e-5_f64.max(1e-9 * largest);
            for k in 0..n {
                let moved = |by: f64| {
                    let mut beta = beta[..n].to_vec();
                    beta[k] += by;
                    at(&beta).unwrap()
                };
                let pairs = [step, step / 2.0].map(|step| (step, moved(step), moved(-step)));
                let slope = |of: &dyn Fn(&PartialLikelihood) -> f64| {
                    let [whole, half] = pairs.each_ref().map(|(h, up, down)| (of(up) - of(down)) / (2.0 * h));
                    (4.0 * half - whole) / 3.0
                };
                near(here.score[k], slope(&|at| at.log_likelihood), tolerance)?;
                for other in 0..n {
                    near(here.information[(k, other)], -slope(&|at| at.score[other]), tolerance)?;
                }
            }
        }
    }

    #[test]
    fn order_of_rows_is_no_matter(rows in rows(), seed in any::<u64>()) {
        let mut order: Vec<usize> = (0..rows.len()).collect();
        order.sort_by_key(|&row| (row as u64 ^ seed).wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let shuffled: Vec<Row> = order.iter().map(|&row| rows[row]).collect();
        let fit = |rows: &[Row]| {
            let spec = DiscreteHazard::new().clock(clock(rows, Shape::Polynomial(1)));
            spec.fit(&spells(rows), &design(rows))
        };
        match (fit(&rows), fit(&shuffled)) {
            (Ok(one), Ok(other)) => {
                prop_assert_eq!(&one.covariance, &other.covariance);
                prop_assert_eq!(&one.exits, &other.exits);
                prop_assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
            }
            (one, other) => prop_assert_eq!(one.err(), other.err()),
        }
    }

    #[test]
    fn a_spell_cut_in_pieces_is_one_spell(rows in rows()) {
        // Every month by itself; clusters put the months together again.
        let whole: Vec<Row> = (0..).zip(&rows).map(|(id, row)| Row { cluster: id, ..*row }).collect();
        let mut parts = Vec::new();
        for row in &whole {
            for month in 0..row.lasts {
                let cause = row.cause.filter(|_| month + 1 == row.lasts);
                parts.push(Row { entry: row.entry + month, lasts: 1, cause, ..*row });
            }
        }
        for several in [false, true] {
            let fit = |rows: &[Row]| {
                let ids: Vec<u64> = rows.iter().map(|row| row.cluster).collect();
                let spells = weighted(rows).with_clusters(&ids).unwrap();
                let spec = DiscreteHazard::new().baseline(Shape::Polynomial(1));
                if several { spec.fit_exits(&spells, &design(rows)) } else { spec.fit(&spells, &design(rows)) }
            };
            alike(fit(&whole), fit(&parts), 1e-10)?;
        }
    }

    #[test]
    fn patterns_are_rows(rows in rows()) {
        // A covariate that tells all rows apart and moves nothing: with an offset that takes it back.
        let apart = |rows: &[Row], different: bool| {
            let level = Factor::from_codes(rows.iter().map(|row| row.level).collect(), ["a", "b", "c"]);
            let tiny = |row: usize| if different { row as f64 * 1e-13 } else { 0.0 };
            Design::builder()
                .factor("level", level.unwrap())
                .offset((0..rows.len()).map(tiny).collect())
                .build()
                .unwrap()
        };
        let ids: Vec<u64> = rows.iter().map(|row| row.cluster).collect();
        let spells = weighted(&rows).with_clusters(&ids).unwrap();
        for link in [Link::Logit, Link::CLogLog] {
            let spec = DiscreteHazard::new().link(link);
            let [collapsed, by_row] = [false, true].map(|different| spec.fit(&spells, &apart(&rows, different)));
            alike(collapsed, by_row, 1e-9)?;
        }
    }

    #[test]
    fn one_exit_is_several_with_one(rows in rows()) {
        let one = spells(&rows).cause_specific(1).unwrap();
        let spec = DiscreteHazard::new().baseline(Shape::Polynomial(1));
        let fits = [
            spec.fit(&one, &design(&rows)),
            spec.fit_exits(&one, &design(&rows)),
            spec.clone().cause(1).fit(&spells(&rows), &design(&rows)),
        ];
        let [a, b, c] = fits;
        alike(a.clone(), b, 1e-12)?;
        alike(a, c, 1e-12)?;
    }
}

/// Many rows, so that sums are cut into several chunks.
fn many(n: u32) -> (Spells, Design, Clock) {
    let draw = |row: u32, salt: u32| {
        let mut bits = u64::from(row * 4 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        f64::from((bits >> 40) as u32) / f64::from(1 << 24)
    };
    let x: Vec<f64> = (0..n).map(|row| (draw(row, 0) * 1e4).floor() / 1e4 - 0.5).collect();
    let rate = |row: u32| 1.0 / (1.0 + (1.5 - x[row as usize]).exp());
    let lasts = |row: u32| (draw(row, 1).max(1e-9).ln() / (1.0 - rate(row)).ln()).ceil().max(1.0);
    let exit: Vec<f64> = (0..n).map(|row| lasts(row).min(12.0)).collect();
    let cause = (0..n).map(|row| (lasts(row) <= 12.0).then_some(0)).collect();
    let levels = Factor::from_codes((0..n).map(|row| row % 5).collect(), ["a", "b", "c", "d", "e"]);
    let design = Design::builder().numeric("x", x).factor("level", levels.unwrap());
    let ids: Vec<u32> = (0..n).map(|row| row / 3).collect();
    let spells = Spells::new(1, exit, cause).unwrap().with_clusters(&ids).unwrap();
    (
        spells,
        design.build().unwrap(),
        Clock::new("month", (0..n).map(|row| f64::from(row % 7)).collect()),
    )
}

#[test]
fn any_number_of_threads_gives_the_same_bits() {
    let (spells, design, clock) = many(30_000);
    let fit = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let spec = DiscreteHazard::new().clock(clock.clone().shape(Shape::Polynomial(2)));
        pool.install(|| spec.fit(&spells, &design)).unwrap()
    };
    let one = fit(1);
    for threads in [2, 3, 8] {
        let other = fit(threads);
        assert_eq!(one.covariance, other.covariance);
        assert_eq!(one.exits, other.exits);
        assert_eq!(one.log_likelihood.to_bits(), other.log_likelihood.to_bits());
    }
    // The odds ratio that the months were drawn with.
    let x = one.exits[0].coefficient("x").unwrap();
    assert!((x.estimate.estimate - 1.0).abs() < 4.0 * x.estimate.std_error);
}
