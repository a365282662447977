//! Bands: the kinds against each other, and how often they hold a known curve.

#![expect(clippy::unwrap_used, reason = "a test whose data are refused has failed")]

use afgang_models::{
    AalenJohansen, BandError, ConfidenceBand, Curve, Error, EventTable, Interval, KaplanMeier,
    Spells, Weights,
};

/// Uniform numbers in (0, 1) by a counter (SplitMix64).
struct Uniform(u64);

impl Uniform {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (((z ^ (z >> 31)) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }
}

/// Exponential times with rates 0.6 and 0.4 for two causes, censored evenly over 0 to 4, in twentieths if `coarse`.
fn draw(n: usize, seed: u64, coarse: bool) -> Vec<(f64, Option<usize>)> {
    let mut uniform = Uniform(seed);
    (0..n)
        .map(|_| {
            let (time, cause) = (-uniform.next().ln(), usize::from(uniform.next() > 0.6));
            let censored = 4.0 * uniform.next();
            let time_seen = time.min(censored);
            let time_seen = if coarse { (time_seen * 20.0).ceil() / 20.0 } else { time_seen };
            (time_seen, (time <= censored).then_some(cause))
        })
        .collect()
}

fn spells(rows: &[(f64, Option<usize>)]) -> Spells {
    Spells::new(2, rows.iter().map(|r| r.0).collect(), rows.iter().map(|r| r.1).collect()).unwrap()
}

/// Four ways to one number: eigenfunctions, draws from counts, signs of rows, signs of rows of equal spells.
#[test]
fn critical_values_agree() {
    let rows = draw(2000, 1, false);
    let table = EventTable::from_times(2, &rows).unwrap();
    let exact = ConfidenceBand::equal_precision().range(0.2, 2.0).survival(&table).unwrap();
    let simulated = ConfidenceBand::influence(7).range(0.2, 2.0);
    let of_counts = simulated.survival(&table).unwrap();
    let of_rows = simulated.survival_of_spells(&spells(&rows)).unwrap();
    assert_eq!(of_counts.range, exact.range);
    // 1999 draws leave about 0.025 on a 95 % point. A thousand times are nearly all of the stretch.
    for band in [&of_counts, &of_rows] {
        let (got, want) = (band.critical_value, exact.critical_value);
        assert!((got - want).abs() < 0.1, "{got} is not {want}");
    }

    // In twentieths there are fewer times to stray at, for counts and rows alike.
    let rows = draw(2000, 1, true);
    let table = EventTable::from_times(2, &rows).unwrap();
    let few = simulated.survival(&table).unwrap().critical_value;
    assert!((2.5..exact.critical_value - 0.05).contains(&few), "{few}");
    let mut counted: Vec<(f64, Option<usize>, f64)> = Vec::new();
    for &(time, cause) in &rows {
        match counted.iter_mut().find(|row| (row.0, row.1) == (time, cause)) {
            Some(row) => row.2 += 1.0,
            None => counted.push((time, cause, 1.0)),
        }
    }
    let equal = Spells::new(
        2,
        counted.iter().map(|row| row.0).collect(),
        counted.iter().map(|row| row.1).collect(),
    )
    .unwrap()
    .with_weights(Weights::Case(counted.iter().map(|row| row.2).collect()))
    .unwrap();
    for (one, two) in simulated
        .incidence(&table)
        .unwrap()
        .iter()
        .zip(simulated.incidence_of_spells(&equal).unwrap())
    {
        assert!((one.critical_value - two.critical_value).abs() < 0.1, "{one:?}, {two:?}");
    }
}

#[test]
fn a_band_contains_the_pointwise_interval_and_is_scaled_by_one_number() {
    let table = EventTable::from_times(2, &draw(300, 5, false)).unwrap();
    for interval in
        [Interval::Plain, Interval::Log, Interval::LogLog, Interval::Logit, Interval::Arcsine]
    {
        let curve = KaplanMeier::new().interval(interval).fit(&table).unwrap();
        let band = ConfidenceBand::equal_precision().interval(interval).survival(&table).unwrap();
        let inside = (0..curve.len()).filter(|&row| !band.low[row].is_nan());
        let rows: Vec<usize> = inside.collect();
        assert!(rows.len() > 100);
        for &row in &rows {
            assert!(band.low[row] <= curve.conf_low[row] && band.high[row] >= curve.conf_high[row]);
        }
        assert_eq!(
            band.range,
            (
                curve.time[curve.n_event.iter().position(|&d| d > 0.0).unwrap()],
                curve.time[*rows.last().unwrap()]
            )
        );
    }
    // On the log scale the ratio of widths is that of the critical value to 1.96, at every time.
    let curve = KaplanMeier::new().fit(&table).unwrap();
    let band = ConfidenceBand::equal_precision().survival(&table).unwrap();
    for row in (0..curve.len()).filter(|&row| band.low[row] > 0.0) {
        let ratio = (curve.estimate[row] / band.low[row]).ln()
            / (curve.estimate[row] / curve.conf_low[row]).ln();
        assert!((ratio - band.critical_value / 1.959_963_984_540_054).abs() < 1e-9);
    }
}

#[test]
fn the_seed_decides_and_the_order_of_rows_and_threads_do_not() {
    let rows = draw(400, 9, true);
    let clusters: Vec<usize> = (0..rows.len()).map(|row| row / 3).collect();
    let clustered = spells(&rows).with_clusters(&clusters).unwrap();
    let band = |seed| ConfidenceBand::influence(seed).incidence_of_spells(&clustered).unwrap();
    let one = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let three = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let value = |seed| band(seed)[0].critical_value.to_bits();
    assert_eq!(one.install(|| value(3)), three.install(|| value(3)));
    assert_ne!(value(3), value(4));
}

/// The 38 patients of `fixtures/python/bands.py` (Klein and Moeschberger 2003, section 4.4): days of events and of censorings.
fn all_patients() -> EventTable {
    let events = [
        1, 55, 74, 86, 104, 107, 109, 110, 122, 122, 129, 172, 192, 194, 230, 276, 332, 383, 418,
        466, 487, 526, 609, 662,
    ];
    let censored =
        [226, 530, 996, 1111, 1167, 1182, 1199, 1330, 1377, 1433, 1462, 1496, 1602, 2081];
    let rows =
        |days: &[u16], cause| days.iter().map(|&day| (f64::from(day), cause)).collect::<Vec<_>>();
    EventTable::from_times(1, &[rows(&events, Some(0)), rows(&censored, None)].concat()).unwrap()
}

/// A band from 100 to 600 is for the value that is in force at 100, that of the event at 86, and holds until 600, though the last event
/// before is at 526.
#[test]
fn a_range_begins_and_ends_with_the_value_in_force() {
    let table = all_patients();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/reference/bands.json");
    let file: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let ranges = file["ranges"].as_array().unwrap();
    assert_eq!(ranges.len(), 2);
    for range in ranges {
        let number = |name: &str| range[name].as_f64().unwrap();
        for (spec, name) in [
            (ConfidenceBand::equal_precision(), "equal_precision"),
            (ConfidenceBand::hall_wellner(), "hall_wellner"),
        ] {
            let band = spec.range(number("from"), number("to")).survival(&table).unwrap();
            let (got, want) = (band.critical_value, number(name));
            assert!((got - want).abs() < 1e-6, "{name}: {got} is not {want}");
            assert_eq!(band.range, (number("from"), number("to")));
        }
    }
    let curve = KaplanMeier::new().fit(&table).unwrap();
    for spec in [
        ConfidenceBand::equal_precision(),
        ConfidenceBand::hall_wellner(),
        ConfidenceBand::influence(1),
    ] {
        // The curve stands at 34/38 from 86 until 104.
        let [first, second] = [86.0, 100.0].map(|from| spec.range(from, 600.0).survival(&table));
        let (first, second) = (first.unwrap(), second.unwrap());
        assert_eq!(first.critical_value.to_bits(), second.critical_value.to_bits());
        assert_eq!(second.at_start, (first.low[3], first.high[3]));
        assert!(second.low[3].is_nan() && second.low[4..].iter().any(|low| !low.is_nan()));
        let last = curve.time.iter().rposition(|&time| time <= 600.0).unwrap();
        assert!(!second.high[last].is_nan() && second.high[last + 1].is_nan());
        // No event lies between 87 and 103, but the curve is known there.
        let between = spec.range(87.0, 103.0).survival(&table).unwrap();
        assert_eq!(between.range, (87.0, 103.0));
        assert!(between.at_start.0 < 34.0 / 38.0 && between.low.iter().all(|low| low.is_nan()));
        // Before the first event nothing has a standard error: the band begins there.
        let early = spec.range(0.0, 600.0).survival(&table).unwrap();
        assert_eq!((early.range.0, early.at_start), (1.0, (early.low[0], early.high[0])));
        assert!(spec.range(2082.0, 3000.0).survival(&table).is_err());
    }
    // At one value alone a band of equal precision is the interval.
    let alone = ConfidenceBand::equal_precision().range(87.0, 103.0).survival(&table).unwrap();
    assert!((alone.at_start.0 - curve.conf_low[3]).abs() < 1e-7, "{alone:?}");
}

/// Three signs add up to at most the root of three standard errors, which is less than the 1.96 of an interval; ten stray farther.
#[test]
fn a_band_of_few_clusters_is_not_within_the_interval() {
    let rows = draw(300, 11, true);
    let band = |clusters: usize| {
        let ids: Vec<usize> = (0..rows.len()).map(|row| row % clusters).collect();
        let spells = spells(&rows).with_clusters(&ids).unwrap();
        let curve = KaplanMeier::new().fit_spells(&spells).unwrap();
        let band = ConfidenceBand::influence(1).survival_of_spells(&spells).unwrap();
        for row in (0..curve.len()).filter(|&row| !band.low[row].is_nan()) {
            assert!(band.low[row] <= curve.conf_low[row] && band.high[row] >= curve.conf_high[row]);
        }
        band.critical_value
    };
    assert!((band(3) - 1.959_963_984_540_054).abs() < 1e-9);
    let of_ten = band(ConfidenceBand::FEW_CLUSTERS);
    assert!((2.05..10.0_f64.sqrt()).contains(&of_ten), "{of_ten}");
}

#[test]
fn bands_that_have_no_sense_are_refused() {
    let table = EventTable::from_times(1, &[(1.0, Some(0)), (2.0, None)]).unwrap();
    let nothing = ConfidenceBand::equal_precision().range(5.0, 9.0).survival(&table).unwrap_err();
    assert_eq!(nothing, Error::Band(BandError::Range { from: 5.0, to: 9.0 }));
    assert!(nothing.to_string().contains("between 5 and 9"), "{nothing}");
    let of_two = ConfidenceBand::hall_wellner().incidence(&table).unwrap_err();
    assert_eq!(of_two, Error::Band(BandError::OfSurvival));
    assert!(ConfidenceBand::hall_wellner().level(1.0).survival(&table).is_err());
}

/// Whether a band holds a curve at all of its times and just before the next.
fn holds(curve: &Curve, low: &[f64], high: &[f64], truth: impl Fn(f64) -> f64) -> bool {
    (0..curve.len()).filter(|&row| !low[row].is_nan()).all(|row| {
        let end =
            curve.time.get(row + 1).filter(|_| row + 1 < curve.len() && !low[row + 1].is_nan());
        let inside = |t: f64| (low[row]..=high[row]).contains(&truth(t));
        inside(curve.time[row]) && end.is_none_or(|&t| inside(t))
    })
}

/// How often 95 % bands hold the curves of the law that the data are drawn from. Printed for METHODS.md:
/// `cargo test --release -p afgang-models --test bands -- --ignored --nocapture`.
#[test]
#[ignore = "a simulation of some minutes"]
fn coverage() {
    for (n, runs) in [(100, 200), (400, 200)] {
        let mut held = [[0_usize; 4]; 2];
        for run in 0..runs {
            let rows = draw(n, 1000 + run, false);
            let table = EventTable::from_times(2, &rows).unwrap();
            let survival = |t: f64| (-t).exp();
            for (at, interval) in [Interval::Plain, Interval::LogLog].into_iter().enumerate() {
                let curve = KaplanMeier::new().fit(&table).unwrap();
                let kinds = [
                    ConfidenceBand::hall_wellner(),
                    ConfidenceBand::equal_precision(),
                    ConfidenceBand::influence(run),
                ];
                for (kind, spec) in kinds.into_iter().enumerate() {
                    let band = spec.interval(interval).range(0.1, 2.0).survival(&table).unwrap();
                    held[at][kind] += usize::from(holds(&curve, &band.low, &band.high, survival));
                }
                let curves = AalenJohansen::new().fit(&table).unwrap();
                let band = &ConfidenceBand::influence(run)
                    .interval(interval)
                    .range(0.1, 2.0)
                    .incidence(&table)
                    .unwrap()[1];
                let truth = |t: f64| 0.4 * (1.0 - survival(t));
                held[at][3] += usize::from(holds(&curves[1], &band.low, &band.high, truth));
            }
        }
        for (name, held) in ["plain", "log-log"].iter().zip(held) {
            let share = held.map(|held| 100.0 * held as f64 / runs as f64);
            println!(
                "n = {n}, {name}: Hall-Wellner, equal precision, influence, incidence {share:.1?}"
            );
            // Bands on the plain scale are known to be too narrow in small samples (Borgan and Liestøl 1990).
            let least = if *name == "plain" { 75.0 } else { 90.0 };
            assert!(share.iter().all(|share| (least..=99.5).contains(share)), "{share:?}");
        }
    }
}

/// Entry, exit, cause, weight and cluster of a row.
type Row = (f64, f64, Option<usize>, f64, usize);

/// Limits and critical values of the survival and of both incidences, with and without clusters, as bits.
fn bits(rows: &[Row]) -> Vec<u64> {
    let column = |of: fn(&Row) -> f64| rows.iter().map(of).collect::<Vec<f64>>();
    let alone = Spells::new(2, column(|r| r.1), rows.iter().map(|r| r.2).collect())
        .and_then(|spells| spells.with_entry(column(|r| r.0)))
        .and_then(|spells| spells.with_weights(Weights::Sampling(column(|r| r.3))))
        .unwrap();
    let ids: Vec<usize> = rows.iter().map(|row| row.4).collect();
    let spec = ConfidenceBand::influence(3);
    let mut bits = Vec::new();
    for spells in [alone.clone(), alone.with_clusters(&ids).unwrap()] {
        let mut bands = spec.incidence_of_spells(&spells).unwrap();
        bands.push(spec.survival_of_spells(&spells).unwrap());
        for band in bands {
            let limits = band.low.iter().chain(&band.high).chain([&band.critical_value]);
            bits.extend(limits.map(|limit| limit.to_bits()));
        }
    }
    bits
}

/// Many rows tie in time, some also in cause, weight and entry: their order in the file is no part of the data, nor is the number of
/// threads.
#[test]
fn order_of_rows_and_threads_change_no_bit_of_a_simulated_band() {
    let mut uniform = Uniform(5);
    let mut rows: Vec<Row> = draw(120, 4, true)
        .into_iter()
        .map(|(exit, cause)| {
            let late = uniform.next() < 0.3;
            let entry = if late { exit / 4.0 } else { f64::NEG_INFINITY };
            let weight = 1.0 + (2.0 * uniform.next()).floor() / 3.0;
            (entry, exit + 0.05, cause, weight, (40.0 * uniform.next()) as usize)
        })
        .collect();
    let first = bits(&rows);
    assert!(first.iter().any(|&limit| !f64::from_bits(limit).is_nan()));
    for _ in 0..3 {
        for last in (1..rows.len()).rev() {
            rows.swap(last, (uniform.next() * (last + 1) as f64) as usize);
        }
        assert!(bits(&rows) == first);
    }
    for threads in [1, 2, 3, 8] {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        assert!(pool.install(|| bits(&rows)) == first, "{threads} threads");
    }
}
