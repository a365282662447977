//! Whether intervals hold what they promise where persons have several spells: many small registers from a known model.
//!
//! Ignored by default; run with `cargo test --release -p afgang-models --test cox -- --ignored --nocapture`. The numbers it
//! prints stand in models/REGRESSION.md.

use std::f64::consts::PI;

use afgang_models::{Cox, Design, Spells};

const REGISTERS: usize = 4_000;
const PERSONS: usize = 150;
const BETA: [f64; 2] = [0.5, -0.5];
/// Power of the dependence: half of Kendall's tau.
const ALPHA: f64 = 0.5;
const MONTHS: f64 = 24.0;

/// Numbers between 0 and 1 by the generator of Steele, Lea and Flood (2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1e-17
    }

    /// A positive stable number (Kanter 1975), $E e^{-sA} = e^{-s^\alpha}$.
    fn stable(&mut self) -> f64 {
        let (u, e) = (PI * self.next(), -self.next().ln());
        (ALPHA * u).sin() / u.sin().powf(1.0 / ALPHA)
            * (((1.0 - ALPHA) * u).sin() / e).powf((1.0 - ALPHA) / ALPHA)
    }
}

/// Persons with one to three spells that share a positive stable frailty: of a single spell hazards are then proportional
/// (Hougaard 1986), $S(t \mid x, z) = \exp(-t^\alpha e^{x \beta_1 + z \beta_2})$. The one covariate is the person's, the other the spell's.
fn register(of: &mut Numbers, months: bool) -> (Spells, Design, Vec<usize>) {
    let [mut exit, mut x, mut z] = [const { Vec::new() }; 3];
    let (mut cause, mut person) = (Vec::new(), Vec::new());
    for id in 0..PERSONS {
        let (frailty, a) = (of.stable(), f64::from(u8::from(of.next() < 0.5)));
        for _ in 0..=(3.0 * of.next()) as usize {
            let b = 2.0 * of.next() - 1.0;
            let risk = ((BETA[0] * a + BETA[1] * b) / ALPHA).exp();
            let (time, censored) = (-of.next().ln() / (frailty * risk), 4.0 * of.next());
            let scale = |time: f64| if months { (MONTHS * time).ceil() } else { time };
            let (time, censored) = (scale(time), scale(censored));
            exit.push(time.min(censored));
            cause.push((time <= censored).then_some(0));
            x.push(a);
            z.push(b);
            person.push(id);
        }
    }
    let spells = Spells::new(1, exit, cause).unwrap();
    (spells, Design::builder().numeric("x", x).numeric("z", z).build().unwrap(), person)
}

#[test]
#[ignore = "a simulation of half a minute"]
fn intervals_hold_what_they_promise() {
    for months in [false, true] {
        let (mut of, mut held) = (Numbers(19_860_115), [[0_u32; 2]; 3]);
        for _ in 0..REGISTERS {
            let (spells, design, person) = register(&mut of, months);
            let clustered = spells.clone().with_clusters(&person).unwrap();
            let fits = [
                Cox::new().fit(&clustered, &design).unwrap(),
                Cox::new().robust(true).fit(&spells, &design).unwrap(),
                Cox::new().fit(&spells, &design).unwrap(),
            ];
            for (held, fit) in held.iter_mut().zip(&fits) {
                for k in 0..2 {
                    let of = fit.coefficients[k].estimate;
                    held[k] += u32::from(of.conf_low <= BETA[k] && BETA[k] <= of.conf_high);
                }
            }
        }
        for (name, held) in ["persons", "spells", "information"].into_iter().zip(held) {
            let share = held.map(|n| 100.0 * f64::from(n) / REGISTERS as f64);
            println!("months {months}, {name}: {share:.1?}");
            // Three standard errors of the simulation, and a point of small samples.
            assert!(name != "persons" || share.iter().all(|share| (share - 95.0).abs() < 2.0));
        }
    }
}
