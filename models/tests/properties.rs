//! What must hold for any spells.

use afgang_models::{
    AalenJohansen, Curve, EventTable, FlemingHarrington, Interval, KaplanMeier, NelsonAalen,
    Spells, Variance,
};
use proptest::prelude::*;
use proptest::sample::{Index, select};

const CAUSES: usize = 3;

/// A few hundred operations on probabilities.
const ROUNDING: f64 = 1e-13;

const INTERVALS: [Interval; 5] =
    [Interval::Plain, Interval::Log, Interval::LogLog, Interval::Logit, Interval::Arcsine];

type Spell = (f64, f64, Option<usize>);
type WeightedSpell = (f64, f64, Option<usize>, f64);

/// Spells over few times, so that everything ties; about half enter late.
fn spell() -> impl Strategy<Value = Spell> {
    let entry = prop_oneof![Just(f64::NEG_INFINITY), (0_u8..6).prop_map(f64::from)];
    let cause = prop_oneof![Just(None), (0..CAUSES).prop_map(Some)];
    (entry, 1_u8..7, cause).prop_map(|(entry, months, cause)| {
        let from = if entry.is_finite() { entry } else { 0.0 };
        (entry, from + f64::from(months), cause)
    })
}

fn spells() -> impl Strategy<Value = Vec<Spell>> {
    prop::collection::vec(spell(), 1..40)
}

fn weighted_spells() -> impl Strategy<Value = Vec<WeightedSpell>> {
    let weight = select(vec![0.1, 0.3, 0.7, 1.0, 2.5, 1e-3, 1e3]);
    let row = (spell(), weight).prop_map(|((entry, exit, cause), w)| (entry, exit, cause, w));
    prop::collection::vec(row, 1..40)
}

fn table(spells: &[Spell]) -> EventTable {
    EventTable::from_spells(CAUSES, spells).expect("spells are valid")
}

fn fit(table: &EventTable) -> (Curve, Curve, Vec<Curve>) {
    (
        KaplanMeier::new().fit(table).expect("not empty"),
        NelsonAalen::new().fit(table).expect("not empty"),
        AalenJohansen::new().fit(table).expect("not empty"),
    )
}

/// Equality to the bit, in which `NaN` equals `NaN`.
fn same(a: &Curve, b: &Curve) -> bool {
    let bits = |c: &Curve| {
        [
            &c.time,
            &c.n_risk,
            &c.n_event,
            &c.n_censor,
            &c.estimate,
            &c.std_error,
            &c.conf_low,
            &c.conf_high,
        ]
        .map(|column| column.iter().map(|x| x.to_bits()).collect::<Vec<_>>())
    };
    bits(a) == bits(b)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= ROUNDING * a.abs().max(b.abs()).max(1e-3)
}

proptest! {
    #[test]
    fn parts_of_a_curve_are_the_curve(spells in spells(), rows in 1_usize..9) {
        let table = table(&spells);
        let (survival, hazard, incidence) = fit(&table);
        let by_hazard = FlemingHarrington::new().fit(&table).unwrap();
        let mut both: Vec<(&Curve, Vec<Curve>)> = vec![
            (&survival, KaplanMeier::new().parts(&table, rows).unwrap().collect()),
            (&hazard, NelsonAalen::new().parts(&table, rows).unwrap().collect()),
            (&by_hazard, FlemingHarrington::new().parts(&table, rows).unwrap().collect()),
        ];
        for (cause, whole) in incidence.iter().enumerate() {
            let parts = AalenJohansen::new().parts(&table, cause, rows).unwrap();
            both.push((whole, parts.collect()));
        }
        for (whole, parts) in both {
            prop_assert_eq!(parts.len(), whole.len().div_ceil(rows));
            let mut joined = whole.clone();
            let columns = |c: &Curve| [
                c.time.clone(),
                c.n_risk.clone(),
                c.n_event.clone(),
                c.n_censor.clone(),
                c.estimate.clone(),
                c.std_error.clone(),
                c.conf_low.clone(),
                c.conf_high.clone(),
            ];
            let of_parts: Vec<_> = parts.iter().map(columns).collect();
            let column = |k: usize| of_parts.iter().flat_map(|part| part[k].clone()).collect();
            joined.time = column(0);
            joined.n_risk = column(1);
            joined.n_event = column(2);
            joined.n_censor = column(3);
            joined.estimate = column(4);
            joined.std_error = column(5);
            joined.conf_low = column(6);
            joined.conf_high = column(7);
            prop_assert!(same(&joined, whole));
            prop_assert!(parts.iter().all(|part| part.start.total_cmp(&whole.start).is_eq()));
        }
    }

    #[test]
    fn conditional_curves_are_quotients(spells in spells(), at in 0_u8..6) {
        let (whole, t) = (table(&spells), f64::from(at));
        let later = whole.given(t);
        let (exit, cause) = spells.iter().map(|s| (s.1, s.2)).unzip();
        let rows = Spells::new(CAUSES, exit, cause)
            .and_then(|rows| rows.with_entry(spells.iter().map(|s| s.0).collect()))
            .expect("spells are valid");
        let later_rows = rows.given(t).expect("spells are valid");
        if later.is_empty() {
            prop_assert!(later_rows.is_empty());
            return Ok(());
        }
        let (survival, _, incidence) = fit(&whole);
        let (survival_later, _, incidence_later) = fit(&later);
        let left = survival.at(t);
        prop_assume!(left > 0.0);
        let before: Vec<f64> = incidence.iter().map(|curve| curve.at(t)).collect();
        for (row, &time) in survival_later.time.iter().enumerate() {
            prop_assert!(close(survival_later.estimate[row], survival.at(time) / left));
            for cause in 0..CAUSES {
                let want = (incidence[cause].at(time) - before[cause]) / left;
                prop_assert!((incidence_later[cause].estimate[row] - want).abs() < 1e-12);
            }
        }
        // The rows give the same table, save for entries by t, which are there from the start in both.
        let of_rows = later_rows.table().expect("not empty");
        prop_assert!(same(&fit(&of_rows).0, &survival_later));
    }

    #[test]
    fn weight_two_is_two_rows(spells in spells(), which in any::<Index>()) {
        let which = which.index(spells.len());
        let mut twice = spells.clone();
        twice.push(spells[which]);
        let weighted: Vec<WeightedSpell> = spells
            .iter()
            .enumerate()
            .map(|(i, &(entry, exit, cause))| (entry, exit, cause, if i == which { 2.0 } else { 1.0 }))
            .collect();
        let weighted = EventTable::from_weighted_spells(CAUSES, &weighted).unwrap();
        prop_assert_eq!(weighted, table(&twice));
    }

    #[test]
    fn row_order_is_irrelevant(rows in weighted_spells().prop_flat_map(|rows| {
        (Just(rows.clone()), Just(rows).prop_shuffle())
    })) {
        let (rows, shuffled) = rows;
        prop_assert_eq!(
            EventTable::from_weighted_spells(CAUSES, &rows).unwrap(),
            EventTable::from_weighted_spells(CAUSES, &shuffled).unwrap()
        );
    }

    #[test]
    fn merged_tables_are_the_table_of_the_union(
        spells in spells(), first in any::<Index>(), second in any::<Index>(),
    ) {
        let (mut i, mut j) = (first.index(spells.len() + 1), second.index(spells.len() + 1));
        if i > j { (i, j) = (j, i); }
        let (a, b, c) = (table(&spells[..i]), table(&spells[i..j]), table(&spells[j..]));
        let whole = table(&spells);
        prop_assert_eq!(&a.merge(&b).unwrap().merge(&c).unwrap(), &whole);
        prop_assert_eq!(&c.merge(&b.merge(&a).unwrap()).unwrap(), &whole);
    }

    #[test]
    fn a_table_is_its_counts(rows in weighted_spells()) {
        let table = EventTable::from_weighted_spells(CAUSES, &rows).unwrap();
        let events: Vec<f64> = (0..table.len()).flat_map(|row| table.events_at(row)).copied().collect();
        let again = EventTable::from_weighted_counts(
            CAUSES, table.times(), &events, table.censored(), Some(table.entered()),
        );
        prop_assert_eq!(again.unwrap(), table);
    }

    #[test]
    fn risk_sets_are_counted_as_defined(rows in weighted_spells(), t in 0_u8..14) {
        let table = EventTable::from_weighted_spells(CAUSES, &rows).unwrap();
        let whole: f64 = rows.iter().map(|row| row.3).sum();
        let at = |t: f64| -> f64 { rows.iter().filter(|r| r.0 < t && t <= r.1).map(|r| r.3).sum() };
        for (&t, at_risk) in table.times().iter().zip(table.at_risk()) {
            prop_assert!((at(t) - at_risk).abs() <= ROUNDING * whole, "{} at {t}", at_risk);
            prop_assert_eq!(at_risk == 0.0, at(t) == 0.0, "an empty set is exactly 0");
        }
        let t = f64::from(t) - 0.5;
        prop_assert!((at(t) - table.at_risk_at(t)).abs() <= ROUNDING * whole);
    }

    /// A spell that is cut in two: censored at a time and entering again at the same.
    #[test]
    fn splitting_a_spell_changes_nothing(
        spells in spells(), which in any::<Index>(), cut in any::<Index>(),
    ) {
        let which = which.index(spells.len());
        let (entry, exit, cause) = spells[which];
        let from = if entry.is_finite() { entry } else { 0.0 };
        // At a whole or half month strictly inside.
        let cut = from + (1 + cut.index(2 * (exit - from) as usize - 1)) as f64 / 2.0;
        let mut split = spells.clone();
        split[which] = (entry, cut, None);
        split.push((cut, exit, cause));

        let (before, after) = (fit(&table(&spells)), fit(&table(&split)));
        let pairs = [(&before.0, &after.0), (&before.1, &after.1)];
        for (before, after) in pairs.into_iter().chain(before.2.iter().zip(&after.2)) {
            for (row, t) in before.time.iter().enumerate() {
                let (a, b) = (before.point(*t), after.point(*t));
                prop_assert_eq!(a.estimate.to_bits(), b.estimate.to_bits());
                prop_assert_eq!(a.std_error.to_bits(), b.std_error.to_bits());
                prop_assert_eq!(a.conf_low.to_bits(), b.conf_low.to_bits());
                let there = after.time.iter().position(|u| u.total_cmp(t).is_eq()).unwrap();
                prop_assert_eq!(before.n_risk[row].to_bits(), after.n_risk[there].to_bits());
            }
        }
    }

    #[test]
    fn relabelled_causes_permute_the_curves(
        spells in spells(), order in Just((0..CAUSES).collect::<Vec<_>>()).prop_shuffle(),
        variance in select(vec![Variance::Greenwood, Variance::Aalen]),
    ) {
        let renamed: Vec<Spell> =
            spells.iter().map(|&(entry, exit, cause)| (entry, exit, cause.map(|k| order[k]))).collect();
        let spec = AalenJohansen::new().variance(variance);
        let (before, after) = (spec.fit(&table(&spells)).unwrap(), spec.fit(&table(&renamed)).unwrap());
        for cause in 0..CAUSES {
            prop_assert!(same(&before[cause], &after[order[cause]]));
        }
    }

    #[test]
    fn incidences_and_survival_add_up_to_one(rows in weighted_spells()) {
        let table = EventTable::from_weighted_spells(CAUSES, &rows).unwrap();
        let (survival, _, curves) = fit(&table);
        for row in 0..survival.len() {
            let all: f64 = curves.iter().map(|curve| curve.estimate[row]).sum();
            prop_assert!(close(all + survival.estimate[row], 1.0));
        }
    }

    #[test]
    fn one_cause_is_one_minus_kaplan_meier(spells in spells()) {
        let pooled: Vec<Spell> =
            spells.iter().map(|&(entry, exit, cause)| (entry, exit, cause.map(|_| 0))).collect();
        let one = EventTable::from_spells(1, &pooled).unwrap();
        let (survival, _, curves) = fit(&one);
        let all = KaplanMeier::new().fit(&table(&spells)).unwrap();
        prop_assert!(same(&survival, &all), "the survival knows no causes");
        for row in 0..survival.len() {
            prop_assert!(close(curves[0].estimate[row], 1.0 - survival.estimate[row]));
            if survival.estimate[row] > 0.0 {
                prop_assert!(close(curves[0].std_error[row], survival.std_error[row]));
            }
        }
    }

    /// The closed form of Dinse and Larson against the recursion.
    #[test]
    fn greenwood_is_the_delta_method(spells in spells()) {
        let (survival, _, curves) = fit(&table(&spells));
        for curve in &curves {
            for t in 0..curve.len() {
                if survival.estimate[t] <= 0.0 { break; }
                let variance: f64 = (0..=t).map(|i| {
                    let s = if i == 0 { 1.0 } else { survival.estimate[i - 1] };
                    let (y, d, dk) = (curve.n_risk[i], survival.n_event[i], curve.n_event[i]);
                    let later = curve.estimate[t] - curve.estimate[i];
                    later.powi(2) * d / (y * (y - d)) + s.powi(2) * dk * (y - dk) / y.powi(3)
                        - 2.0 * later * s * dk / y.powi(2)
                }).sum();
                prop_assert!((variance - curve.std_error[t].powi(2)).abs() <= ROUNDING);
            }
        }
    }

    /// Without censoring and late entry, an incidence is a share and its variance binomial.
    #[test]
    fn complete_spells_are_shares(exits in prop::collection::vec((1_u8..9, 0..CAUSES), 1..40)) {
        let rows: Vec<_> = exits.iter().map(|&(t, cause)| (f64::from(t), Some(cause))).collect();
        let n = rows.len() as f64;
        let (_, _, curves) = fit(&EventTable::from_times(CAUSES, &rows).unwrap());
        for (cause, curve) in curves.iter().enumerate() {
            for (row, &t) in curve.time.iter().enumerate() {
                let left = rows.iter().filter(|r| r.0 <= t && r.1 == Some(cause)).count() as f64;
                let share = left / n;
                prop_assert!(close(curve.estimate[row], share));
                prop_assert!(close(curve.std_error[row].powi(2), share * (1.0 - share) / n));
            }
        }
    }

    #[test]
    fn cause_specific_hazards_add_up(spells in spells()) {
        let table = table(&spells);
        let all = NelsonAalen::new().fit(&table).unwrap();
        let of_causes: Vec<Curve> = (0..CAUSES)
            .map(|k| NelsonAalen::new().fit(&table.cause_specific(k).unwrap()).unwrap())
            .collect();
        for row in 0..all.len() {
            let sum: f64 = of_causes.iter().map(|curve| curve.estimate[row]).sum();
            prop_assert!(close(sum, all.estimate[row]));
        }
    }

    /// Censoring the other causes overstates the chance of one.
    #[test]
    fn one_minus_kaplan_meier_is_never_below_the_incidence(spells in spells()) {
        let table = table(&spells);
        let curves = AalenJohansen::new().fit(&table).unwrap();
        for (cause, curve) in curves.iter().enumerate() {
            let naive = KaplanMeier::new().fit(&table.cause_specific(cause).unwrap()).unwrap();
            for row in 0..curve.len() {
                prop_assert!(1.0 - naive.estimate[row] >= curve.estimate[row] - ROUNDING);
            }
        }
    }

    #[test]
    fn limits_hold_the_estimate(
        rows in weighted_spells(), interval in select(INTERVALS.to_vec()), level in 0.01..0.999,
        variance in select(vec![Variance::Greenwood, Variance::Aalen]),
    ) {
        let table = EventTable::from_weighted_spells(CAUSES, &rows).unwrap();
        let mut curves = AalenJohansen::new()
            .variance(variance).interval(interval).level(level).fit(&table).unwrap();
        curves.push(KaplanMeier::new().interval(interval).level(level).fit(&table).unwrap());
        for curve in &curves {
            for row in 0..curve.len() {
                let (low, p, high) = (curve.conf_low[row], curve.estimate[row], curve.conf_high[row]);
                prop_assert!((-ROUNDING..=1.0 + ROUNDING).contains(&p));
                prop_assert!(low.is_nan() == high.is_nan());
                prop_assert!(low.is_nan() || (0.0..=p + ROUNDING).contains(&low), "{low} {p} {high}");
                prop_assert!(low.is_nan() || (p - ROUNDING..=1.0).contains(&high), "{low} {p} {high}");
            }
        }
        let hazard =
            NelsonAalen::new().variance(variance).interval(interval).level(level).fit(&table).unwrap();
        for row in 0..hazard.len() {
            let (low, h, high) = (hazard.conf_low[row], hazard.estimate[row], hazard.conf_high[row]);
            prop_assert!(low.is_nan() == high.is_nan());
            prop_assert!(low.is_nan() || (low <= h + 1e-9 && h <= high + 1e-9), "{low} {h} {high}");
        }
    }

    /// Log-log limits of a cumulative hazard are the log limits; a wider level has wider limits.
    #[test]
    fn intervals_agree_with_each_other(spells in spells(), level in 0.1..0.9) {
        let table = table(&spells);
        let limits = |interval, level| {
            NelsonAalen::new().interval(interval).level(level).fit(&table).unwrap()
        };
        let (log, log_log) = (limits(Interval::Log, level), limits(Interval::LogLog, level));
        let wider = limits(Interval::Log, level + 0.05);
        for row in 0..log.len() {
            prop_assert_eq!(log.conf_low[row].is_nan(), log_log.conf_low[row].is_nan());
            if !log.conf_low[row].is_nan() {
                prop_assert!((log.conf_low[row] - log_log.conf_low[row]).abs() <= 1e-9);
                prop_assert!(wider.conf_low[row] < log.conf_low[row]);
                prop_assert!(wider.conf_high[row] > log.conf_high[row]);
            }
        }
    }

    #[test]
    fn a_table_in_other_units_has_the_same_curves(spells in spells()) {
        // Halving is exact in doubles.
        let halved: Vec<Spell> = spells.iter().map(|r| (r.0 / 2.0, r.1 / 2.0, r.2)).collect();
        let (a, b) = (fit(&table(&spells)), fit(&table(&halved)));
        for (a, b) in a.2.iter().zip(&b.2) {
            let mut b = b.clone();
            b.time.iter_mut().for_each(|t| *t *= 2.0);
            prop_assert!(same(a, &b));
        }
    }
}
