//! Variances that count persons, from numbers of exits and of pairs of exits.

use std::collections::BTreeMap;

use crate::aalen_johansen::AalenJohansen;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::event_table::{EventTable, Step};
use crate::kaplan_meier::KaplanMeier;
use crate::summation::{is_rounding, without_rounding};

/// How a spell ends: when, and for which cause (`None` is censored).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Exit {
    /// Time of exit or censoring.
    pub time: f64,
    /// Cause of exit.
    pub cause: Option<usize>,
}

/// Two spells of one person, and how many persons' pairs of spells end like that.
///
/// Each unordered pair is counted once; a person with three spells has three pairs.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExitPair {
    /// The end of the one spell.
    pub one: Exit,
    /// The end of the other.
    pub two: Exit,
    /// Number of pairs.
    pub count: f64,
}

impl AalenJohansen {
    /// As [`fit`](Self::fit), with standard errors and intervals for spells that come in persons.
    ///
    /// The estimates are the same. The variance is the infinitesimal jackknife grouped by person: if
    /// $\varphi_i(t) = \partial \hat F_k(t) / \partial w_i$ is the change of the estimate with the weight of
    /// spell $i$,
    ///
    /// $$\mathrm{var}\\,\hat F_k(t) = \sum_{\text{persons}} \Bigl(\sum_i \varphi_i(t)\Bigr)^2
    ///   = \sum_i \varphi_i(t)^2 + 2 \sum_{i < j \text{ of one person}} \varphi_i(t)\\,\varphi_j(t),$$
    ///
    /// what R's `survfit` gives for `cluster`. $\varphi_i$ depends on the exit of the spell alone. It follows one path
    /// $P(t)$ common to all while the spell lasts, and after its exit at $T_i$
    ///
    /// $$\varphi_i(t) = \varphi_i(T_i) + \frac{\psi_i(T_i)}{\hat S(T_i)}\bigl(\hat F_k(t) - \hat F_k(T_i)\bigr),$$
    ///
    /// with $\psi_i = \partial \hat S / \partial w_i$. So counts of exits (the table) and of pairs of exits are all that is
    /// needed: both are integers that add up. Without pairs it is the jackknife for independent spells, which without late
    /// entry equals [`Variance::Greenwood`](crate::Variance::Greenwood).
    ///
    /// $O(\text{rows} \times (\text{rows} + \text{different pairs}))$ for each cause.
    ///
    /// # Errors
    ///
    /// Those of [`fit`](Self::fit); [`Error::PairOutsideTable`] for a pair with an exit that the table does not hold;
    /// [`Error::LateEntry`] for a table with late entries, where the exit alone does not tell a spell's influence.
    ///
    /// # Examples
    ///
    /// Two persons with two equal spells each count as two, not four: the standard error of a half is
    /// $\sqrt{1/2 \cdot 1/2 / 2}$.
    ///
    /// ```
    /// use afgang_models::{AalenJohansen, EventTable, Exit, ExitPair};
    ///
    /// let table = EventTable::from_counts(1, &[1.0], &[2], &[2], None)?;
    /// let pair = |cause| {
    ///     let exit = Exit { time: 1.0, cause };
    ///     ExitPair { one: exit, two: exit, count: 1.0 }
    /// };
    /// let curves = AalenJohansen::new().fit_clustered(&table, &[pair(Some(0)), pair(None)])?;
    /// assert!((curves[0].std_error[0] - (1.0_f64 / 8.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_clustered(self, table: &EventTable, pairs: &[ExitPair]) -> Result<Vec<Curve>> {
        if let Some(row) = table.entered().iter().position(|&n| n > 0.0) {
            return Err(Error::LateEntry { time: table.times()[row] });
        }
        let mut curves = self.fit(table)?;
        let steps = table.steps()?;
        for (cause, curve) in curves.iter_mut().enumerate() {
            let cells = Cells::new(&steps, curve, cause);
            let pairs = cells.count_pairs(pairs)?;
            let variance = cells.variance(&pairs);
            self.replace_std_errors(curve, &variance)?;
        }
        Ok(curves)
    }
}

impl KaplanMeier {
    /// As [`fit`](Self::fit), with standard errors and intervals for spells that come in persons; any exit is an event.
    ///
    /// Survival is one less the incidence of any exit, and so has its variance: see
    /// [`AalenJohansen::fit_clustered`].
    ///
    /// # Errors
    ///
    /// Those of [`AalenJohansen::fit_clustered`].
    ///
    /// # Examples
    ///
    /// ```
    /// use afgang_models::{EventTable, Exit, ExitPair, KaplanMeier};
    ///
    /// // Two persons with two equal spells each.
    /// let table = EventTable::from_counts(1, &[1.0], &[2], &[2], None)?;
    /// let pair = |cause| {
    ///     let exit = Exit { time: 1.0, cause };
    ///     ExitPair { one: exit, two: exit, count: 1.0 }
    /// };
    /// let curve = KaplanMeier::new().fit_clustered(&table, &[pair(Some(0)), pair(None)])?;
    /// assert!((curve.std_error[0] - (1.0_f64 / 8.0).sqrt()).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn fit_clustered(self, table: &EventTable, pairs: &[ExitPair]) -> Result<Curve> {
        let any = |exit: Exit| Exit { cause: exit.cause.map(|_| 0), ..exit };
        let pairs: Vec<ExitPair> = pairs
            .iter()
            .map(|pair| ExitPair { one: any(pair.one), two: any(pair.two), ..*pair })
            .collect();
        let events: Vec<f64> =
            (0..table.len()).map(|row| table.events_at(row).iter().sum()).collect();
        let entered = table.entered().iter().any(|&n| n > 0.0).then(|| table.entered());
        let of_any =
            EventTable::from_weighted_counts(1, table.times(), &events, table.censored(), entered)?;
        let incidence = AalenJohansen::new().fit_clustered(&of_any, &pairs)?;
        let mut curve = self.fit(table)?;
        let variance: Vec<f64> = incidence
            .iter()
            .flat_map(|curve| &curve.std_error)
            .map(|error| error * error)
            .collect();
        self.replace_std_errors(&mut curve, &variance)?;
        Ok(curve)
    }
}

/// How a spell's exit looks to one cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Cause,
    Other,
    Censored,
}

const KINDS: [Kind; 3] = [Kind::Cause, Kind::Other, Kind::Censored];

/// Influences of all kinds of exits on the incidence of one cause.
struct Cells<'a> {
    steps: &'a [Step<'a>],
    cause: usize,
    incidence: &'a [f64],
    /// Influence of a spell that has not ended, after each step.
    path: Vec<Summed>,
    /// For each step and kind: influence at the exit, and its slope in the incidence afterwards.
    after: Vec<[(Summed, Summed); 3]>,
}

/// A sum with the sizes of its terms.
#[derive(Debug, Clone, Copy, Default)]
struct Summed {
    sum: f64,
    size: f64,
}

impl Summed {
    fn add(self, term: f64) -> Self {
        Self { sum: self.sum + term, size: self.size + term.abs() }
    }

    fn times(self, factor: f64) -> Self {
        Self { sum: self.sum * factor, size: self.size * factor.abs() }
    }

    fn plus(self, other: Self) -> Self {
        Self { sum: self.sum + other.sum, size: self.size + other.size }
    }
}

impl<'a> Cells<'a> {
    fn new(steps: &'a [Step<'a>], curve: &'a Curve, cause: usize) -> Self {
        let mut cells = Self {
            steps,
            cause,
            incidence: &curve.estimate,
            path: Vec::with_capacity(steps.len()),
            after: Vec::with_capacity(steps.len()),
        };
        // Survival, and the influences on survival and incidence of a spell that is still in.
        let (mut s, mut on_survival, mut on_incidence) =
            (1.0, Summed::default(), Summed::default());
        for step in steps {
            let y = step.at_risk;
            let (h, h_cause) = (step.total / y, step.events[cause] / y);
            let s_after = s * (y - step.total) / y;
            let of = |event: f64, of_cause: f64| {
                let survival = on_survival.times(1.0 - h).add(-s * event / y).add(s * h / y);
                let incidence = on_incidence.plus(on_survival.times(h_cause));
                (survival, incidence.add(s * of_cause / y).add(-s * h_cause / y))
            };
            cells.after.push(KINDS.map(|kind| {
                let (survival, incidence) = match kind {
                    Kind::Cause => of(1.0, 1.0),
                    Kind::Other => of(1.0, 0.0),
                    Kind::Censored => of(0.0, 0.0),
                };
                let slope =
                    if s_after > 0.0 { survival.times(1.0 / s_after) } else { Summed::default() };
                (incidence, slope)
            }));
            let (survival, incidence) = of(0.0, 0.0);
            (on_survival, on_incidence, s) = (survival, incidence, s_after);
            cells.path.push(incidence);
        }
        cells
    }

    /// Influence of an exit of a kind at step `exit` on the incidence after step `at`.
    fn influence(&self, exit: usize, kind: Kind, at: usize) -> Summed {
        if at < exit {
            return self.path[at];
        }
        let (value, slope) = self.after[exit][kind as usize];
        value.plus(slope.times(self.incidence[at] - self.incidence[exit]))
    }

    /// Pairs by the places of their cells.
    fn count_pairs(&self, pairs: &[ExitPair]) -> Result<BTreeMap<(usize, usize), f64>> {
        let place = |exit: Exit| {
            let row = self.steps.partition_point(|step| step.time < exit.time);
            let there = self.steps.get(row).filter(|step| {
                step.time.total_cmp(&exit.time).is_eq()
                    && match exit.cause {
                        None => step.censored > 0.0,
                        Some(cause) => step.events.get(cause).is_some_and(|&d| d > 0.0),
                    }
            });
            if there.is_none() {
                return Err(Error::PairOutsideTable { time: exit.time, cause: exit.cause });
            }
            let kind = match exit.cause {
                None => Kind::Censored,
                Some(cause) if cause == self.cause => Kind::Cause,
                Some(_) => Kind::Other,
            };
            Ok(3 * row + kind as usize)
        };
        let mut sums = BTreeMap::new();
        for pair in pairs {
            let (one, two) = (place(pair.one)?, place(pair.two)?);
            *sums.entry((one.min(two), one.max(two))).or_insert(0.0) += pair.count;
        }
        Ok(sums)
    }

    /// The variance after each step.
    fn variance(&self, pairs: &BTreeMap<(usize, usize), f64>) -> Vec<f64> {
        let mut influences = vec![Summed::default(); 3 * self.steps.len()];
        (0..self.steps.len())
            .map(|at| {
                for exit in 0..self.steps.len() {
                    for kind in KINDS {
                        influences[3 * exit + kind as usize] = self.influence(exit, kind, at);
                    }
                }
                // Of spells, and then of pairs, which may take away what spells have.
                let (mut sum, mut sizes) = (Summed::default(), 0.0);
                for (exit, step) in self.steps.iter().enumerate() {
                    let own = step.events[self.cause];
                    for (kind, n) in KINDS.into_iter().zip([own, step.total - own, step.censored]) {
                        let influence = influences[3 * exit + kind as usize];
                        sum = sum.add(n * influence.sum.powi(2));
                        sizes += n * influence.size.powi(2);
                    }
                }
                for (&(one, two), count) in pairs {
                    let (one, two) = (influences[one], influences[two]);
                    sum = sum.add(2.0 * count * one.sum * two.sum);
                    sizes += 2.0 * count * one.size * two.size;
                }
                if is_rounding(sum.sum, sum.size) {
                    return 0.0;
                }
                without_rounding(sum.sum.max(0.0), sizes)
            })
            .collect()
    }
}
