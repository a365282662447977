//! Pseudo-values of incidence.

use afgang_models::{
    AalenJohansen, Assignment, Factor, OutcomePaths, Spells, TreatmentEffect, ValuesAt, Weights,
};

use crate::data::Uniform;

struct Drawn {
    treated: Vec<bool>,
    exit: Vec<f64>,
    cause: Vec<Option<usize>>,
}

/// Two causes, whole weeks; censored between weeks `from` and 60, or not before 80 if `from` is that late.
fn draw(n: usize, seed: u64, from: f64) -> Drawn {
    let mut u = Uniform(seed);
    let mut drawn = Drawn { treated: Vec::new(), exit: Vec::new(), cause: Vec::new() };
    for row in 0..n {
        let treated = row % 2 == 0;
        let exit = (-40.0 * u.next().ln() / if treated { 1.3 } else { 1.0 }).ceil();
        let cause = usize::from(u.chance(0.4));
        let censored = (from + (60.0 - from).max(20.0) * u.next()).floor();
        drawn.treated.push(treated);
        drawn.exit.push(exit.min(censored));
        drawn.cause.push((exit <= censored).then_some(cause));
    }
    drawn
}

impl Drawn {
    fn spells(&self) -> Spells {
        Spells::new(2, self.exit.clone(), self.cause.clone()).unwrap()
    }

    fn arm(&self, treated: bool) -> Vec<usize> {
        (0..self.exit.len()).filter(|&row| self.treated[row] == treated).collect()
    }

    fn spells_of(&self, treated: bool) -> Spells {
        let rows = self.arm(treated);
        let exit = rows.iter().map(|&row| self.exit[row]).collect();
        let cause = rows.iter().map(|&row| self.cause[row]).collect();
        Spells::new(2, exit, cause).unwrap()
    }
}

/// Until somebody is censored a pseudo-value is whether the person has left, to the bit.
#[test]
fn indicators_without_censoring() {
    let drawn = draw(100, 1, 80.0);
    let assignment = Assignment::new(&drawn.treated).unwrap();
    let time: Vec<f64> = (0..=80).map(f64::from).collect();
    for cause in 0..2 {
        let paths =
            OutcomePaths::incidence(&drawn.spells(), cause, time.clone(), &assignment).unwrap();
        for ((row, place), &value) in paths.values().indexed_iter() {
            let left = drawn.exit[row] <= time[place] && drawn.cause[row] == Some(cause);
            assert_eq!(value, f64::from(u8::from(left)), "row {row} at {}", time[place]);
        }
    }
}

/// With censoring, a pseudo-value is that of the jackknife in the limit: the estimate of Aalen and Johansen plus the number of persons
/// times its change with the person's weight, here by finite differences of weighted estimates.
#[test]
fn derivatives_of_weighted_incidence() {
    let drawn = draw(60, 2, 5.0);
    let assignment = Assignment::new(&drawn.treated).unwrap();
    let time = vec![3.0, 10.0, 25.0, 40.5];
    let paths = OutcomePaths::incidence(&drawn.spells(), 1, time.clone(), &assignment).unwrap();
    for treated in [true, false] {
        let rows = drawn.arm(treated);
        let n = rows.len();
        for (place, &row) in rows.iter().enumerate() {
            let at = |weight: f64| {
                let mut weights = vec![1.0; n];
                weights[place] = weight;
                let spells = drawn.spells_of(treated).with_weights(Weights::Case(weights)).unwrap();
                AalenJohansen::new().fit(&spells.table().unwrap()).unwrap().remove(1)
            };
            let (one, up, down) = (at(1.0), at(1.0 + 1e-5), at(1.0 - 1e-5));
            for (at, &time) in time.iter().enumerate() {
                let slope = (up.at(time) - down.at(time)) / 2e-5;
                let want = one.at(time) + n as f64 * slope;
                let got = paths.values()[(row, at)];
                assert!((got - want).abs() < 1e-8, "row {row} at {time}: {got}, {want}");
            }
        }
    }
}

/// The arms' means are their incidences, and the difference has the variance of the infinitesimal jackknife times n/(n - 1), which
/// without late entry is Greenwood's.
#[test]
fn means_are_incidences() {
    let drawn = draw(300, 3, 5.0);
    let assignment = Assignment::new(&drawn.treated).unwrap();
    for cause in 0..2 {
        let time = vec![10.0, 30.0];
        let paths = OutcomePaths::incidence(&drawn.spells(), cause, time, &assignment).unwrap();
        let effect = TreatmentEffect::randomised().fit(&assignment, &paths).unwrap();
        for (place, time) in [10.0, 30.0].into_iter().enumerate() {
            let tables = [true, false].map(|treated| drawn.spells_of(treated).table().unwrap());
            let values = ValuesAt::new(time).fit(&tables).unwrap();
            let mut variance = 0.0;
            for (group, got) in [effect.treated[place], effect.comparison[place]].iter().enumerate()
            {
                let (estimate, error) = values.incidence[cause].get(group).unwrap();
                assert!((got.estimate - estimate).abs() < 1e-13);
                variance += error * error * 150.0 / 149.0;
            }
            let got = effect.difference[place].std_error;
            assert!((got - variance.sqrt()).abs() < 1e-13, "{got} {}", variance.sqrt());
        }
    }
}

/// Weights of the assignment are those of the estimate, whose value is the weighted mean.
#[test]
fn weighted_means() {
    let drawn = draw(80, 4, 5.0);
    let mut u = Uniform(9);
    let weights: Vec<f64> =
        (0..80).map(|row| if row == 7 { 0.0 } else { 0.5 + u.next() }).collect();
    let assignment =
        Assignment::new(&drawn.treated).unwrap().with_weights(weights.clone()).unwrap();
    let paths = OutcomePaths::incidence(&drawn.spells(), 0, vec![20.0], &assignment).unwrap();
    assert!(paths.values()[(7, 0)].is_nan());
    let effect = TreatmentEffect::randomised().fit(&assignment, &paths).unwrap();
    let of_arm = drawn.arm(true).into_iter().map(|row| weights[row]).collect();
    let spells = drawn.spells_of(true).with_weights(Weights::Case(of_arm)).unwrap();
    let want = AalenJohansen::new().fit(&spells.table().unwrap()).unwrap()[0].at(20.0);
    assert!((effect.treated[0].estimate - want).abs() < 1e-13);
}

/// Beyond the last time of an arm of which some were still in nothing is known; if all had left it stays.
#[test]
fn behind_the_last_time() {
    let treated = [true, true, false, false];
    let spells = Spells::new(1, vec![2.0, 3.0, 2.0, 3.0], vec![Some(0), None, Some(0), Some(0)]);
    let assignment = Assignment::new(&treated).unwrap();
    let paths = OutcomePaths::incidence(&spells.unwrap(), 0, vec![3.0, 4.0], &assignment).unwrap();
    assert_eq!(paths.values().column(0).to_vec(), [1.0, 0.0, 1.0, 1.0]);
    assert!(paths.values()[(0, 1)].is_nan() && paths.values()[(1, 1)].is_nan());
    assert_eq!(paths.values()[(3, 1)], 1.0);
}

#[test]
fn refused() {
    let drawn = draw(20, 5, 5.0);
    let assignment = Assignment::new(&drawn.treated).unwrap();
    let message = |spells: Spells| {
        OutcomePaths::incidence(&spells, 0, vec![9.0], &assignment).unwrap_err().to_string()
    };
    let mut entry = vec![f64::NEG_INFINITY; 20];
    entry[3] = 0.5;
    let end = "; give one spell a person from its start, and weights with the assignment";
    for (spells, what) in [
        (drawn.spells().with_entry(entry).unwrap(), "late entry"),
        (drawn.spells().with_weights(Weights::Case(vec![2.0; 20])).unwrap(), "weighted spells"),
        (drawn.spells().with_clusters(&[1; 20]).unwrap(), "spells in clusters"),
    ] {
        assert_eq!(message(spells), format!("pseudo-values are not made for {what}{end}"));
    }
    let unknown = OutcomePaths::incidence(&drawn.spells(), 2, vec![9.0], &assignment);
    assert_eq!(unknown.unwrap_err().to_string(), "cause 2 asked for, the table has causes 0..2");
    // Strata take nothing from it.
    let strata = assignment.clone().with_strata(Factor::new(&["a"; 20])).unwrap();
    assert!(OutcomePaths::incidence(&drawn.spells(), 0, vec![9.0], &strata).is_ok());
}
