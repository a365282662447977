//! A fit is refused as monotone if and only if some direction lets the likelihood rise for ever.

use afgang_models::{Design, Error, FineGray, FineGrayVariance, Spells};
use proptest::prelude::*;

/// Exit, fate (0 censored, 1 the event, 2 another cause) and a covariate.
type Row = (i32, usize, i32);

/// With all events at the largest value of their weighted risk sets, and not all risk sets level.
fn rises(rows: &[Row], sign: i32) -> bool {
    let mut strict = false;
    for time in 1..7 {
        let at_risk = rows.iter().filter(|r| r.0 >= time || r.1 == 2).map(|r| sign * r.2);
        let events: Vec<i32> =
            rows.iter().filter(|r| r.0 == time && r.1 == 1).map(|r| sign * r.2).collect();
        let (largest, least) = (at_risk.clone().max(), at_risk.min());
        if events.iter().any(|&x| Some(x) < largest) {
            return false;
        }
        strict |= !events.is_empty() && least < largest;
    }
    strict
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn refused_if_and_only_if_there_is_no_maximum(
        rows in prop::collection::vec((1_i32..7, 0_usize..3, 0_i32..4), 2..10)
    ) {
        let x = rows.iter().map(|r| f64::from(r.2)).collect();
        let design = Design::builder().numeric("x", x).build().unwrap();
        let exit = rows.iter().map(|r| f64::from(r.0)).collect();
        let cause = rows.iter().map(|r| r.1.checked_sub(1)).collect();
        let spells = Spells::new(2, exit, cause).unwrap();
        let expected = rises(&rows, 1) || rises(&rows, -1);
        let spec = FineGray::new(0).variance(FineGrayVariance::Information);
        match spec.fit(&spells, &design) {
            Ok(fit) => {
                prop_assert!(!expected, "a direction without bound was not seen");
                for of in &fit.coefficients {
                    prop_assert!(of.estimate.std_error.is_finite() && of.estimate.std_error > 0.0);
                }
            }
            Err(Error::MonotoneLikelihood { .. }) => {
                prop_assert!(expected, "said to grow without bound, but does not");
            }
            Err(Error::NoEvents { .. }) => prop_assert!(rows.iter().all(|r| r.1 != 1)),
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
