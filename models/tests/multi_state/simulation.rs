//! Coverage by simulation.

use afgang_models::{Episode, Histories, StateGraph, StateOccupation};

/// Numbers between 0 and 1 (xorshift of Marsaglia 2003), the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Monthly chances to move: well, ill, out.
const MOVES: [[f64; 3]; 2] = [[0.80, 0.12, 0.08], [0.25, 0.65, 0.10]];
const MONTHS: u32 = 12;

fn sample(random: &mut Random, persons: usize) -> Histories {
    let (mut ids, mut episodes) = (Vec::new(), Vec::new());
    for id in 0..persons {
        let (mut from, mut entry) = (0, 0.0);
        // A third enter late, in the state they are in then; all are censored at random or at the end.
        let late =
            if random.next() < 1.0 / 3.0 { f64::from((random.next() * 4.0) as u32) } else { 0.0 };
        let end = f64::from(MONTHS).min((random.next() * 24.0).ceil() + late);
        for month in 1..=MONTHS {
            let (time, chance) = (f64::from(month), random.next());
            if from == 2 || entry >= end {
                break;
            }
            let [stay_well, stay_ill, _] = MOVES[from];
            let to = if chance < stay_well {
                0
            } else if chance < stay_well + stay_ill {
                1
            } else {
                2
            };
            let moved = to != from;
            if (moved || time >= end) && time > late {
                ids.push(id);
                let to = moved.then_some(to);
                episodes.push(Episode { entry: f64::max(entry, late), exit: time, from, to });
            }
            if moved {
                (from, entry) = (to, time);
            }
            if time >= end {
                break;
            }
        }
    }
    let names = ["well", "ill", "out"];
    let graph = StateGraph::with_places(&names, &[(0, 1), (0, 2), (1, 0), (1, 2)]).unwrap();
    Histories::new(graph, &ids, &episodes).unwrap()
}

#[test]
#[ignore = "some thousand samples"]
fn intervals_cover() {
    // The truth: well, ill and out after each month, and months spent up to 12.
    let mut p = [1.0, 0.0, 0.0];
    let mut spent = [0.0; 3];
    for _ in 0..MONTHS {
        for (spent, p) in spent.iter_mut().zip(&p) {
            *spent += p;
        }
        let next = |j: usize| (0..2).map(|h| p[h] * MOVES[h][j]).sum::<f64>();
        p = [next(0), next(1), p[2] + next(2)];
    }
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (samples, mut covered) = (4000, [[0_u32; 3]; 4]);
    for _ in 0..samples {
        let histories = sample(&mut random, 1000);
        let table = histories.table();
        let spec = StateOccupation::new().starting_in(0);
        let hits = |covered: &mut [u32; 3], got: &[(f64, f64)], truth: &[f64; 3]| {
            for (state, &(estimate, se)) in got.iter().enumerate() {
                covered[state] += u32::from((estimate - truth[state]).abs() <= 1.959_963_985 * se);
            }
        };
        let end = |curves: Vec<afgang_models::Curve>| {
            curves
                .iter()
                .map(|c| (c.estimate[c.len() - 1], c.std_error[c.len() - 1]))
                .collect::<Vec<_>>()
        };
        hits(&mut covered[0], &end(spec.fit(&table).unwrap()), &p);
        hits(&mut covered[1], &end(spec.fit_histories(&histories).unwrap()), &p);
        let times = |of: afgang_models::TimesInStates| {
            of.states.iter().map(|of| (of.estimate, of.std_error)).collect::<Vec<_>>()
        };
        let horizon = f64::from(MONTHS);
        hits(&mut covered[2], &times(spec.times(&table, horizon).unwrap()), &spent);
        hits(
            &mut covered[3],
            &times(spec.times_of_histories(&histories, horizon).unwrap()),
            &spent,
        );
    }
    let kinds =
        ["probability, Greenwood", "probability, persons", "time, Greenwood", "time, persons"];
    for (kind, covered) in kinds.iter().zip(covered) {
        let shares = covered.map(|n| f64::from(n) / f64::from(samples));
        println!("{kind}: {shares:.4?}");
        // Four standard errors of a simulated share.
        assert!(shares.iter().all(|share| (share - 0.95).abs() < 0.014), "{kind}: {shares:?}");
    }
}
