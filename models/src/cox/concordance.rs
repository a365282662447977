//! How well linear predictors order the events.

use rayon::slice::ParallelSliceMut;

use super::fit::CoxFit;
use super::index::NONE;
use super::risk_sets::{Cell, RiskSets};
use crate::design::order_bits;
use crate::error::{Error, Result};
use crate::spells::Spells;

/// Harrell's concordance of a fit.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Concordance {
    /// Share of the pairs in which who has the event first has the higher risk; ties of risk count half.
    pub estimate: f64,
    /// By influence: of clusters where the fit's covariance is of clusters, else of rows.
    pub std_error: f64,
    /// Weight of pairs in that order,
    pub concordant: f64,
    /// in the other,
    pub discordant: f64,
    /// and with equal risks.
    pub tied: f64,
}

/// Pairs of a spell: partners' weights with lower, equal and higher risk.
#[derive(Debug, Clone, Copy, Default)]
struct Partners {
    lower: f64,
    equal: f64,
    higher: f64,
}

impl CoxFit {
    /// Concordance of linear predictors and times to the event, in $O(\text{cells} \log \text{cells})$.
    ///
    /// A pair counts if one has the event at $t$ and the other is at risk at $t$ in the same stratum and does not leave by the
    /// event at $t$: $C = (c + \tfrac12 e) / (c + d + e)$ with concordant $c$, discordant $d$ and equal risks $e$ (Harrell et al.
    /// 1982). With late entry pairs are those that the partial likelihood compares. The standard error is that of the
    /// infinitesimal jackknife, $\sum_i (w_i\\,\partial C / \partial w_i)^2$, with the coefficients as given. It is R's `concordance` of a
    /// `coxph`.
    ///
    /// Spells are those of the fit.
    ///
    /// # Errors
    ///
    /// [`Error::Length`] for other spells; [`Error::NoInformation`] if no two spells can be compared.
    ///
    /// # Examples
    ///
    /// Events at 1, 2, 3 with linear predictors 2, 3, 1 (an offset): the first two are in the wrong order, each of them and the
    /// third in the right one.
    ///
    /// ```
    /// use afgang_models::{Cox, Design, Spells};
    ///
    /// let spells = Spells::new(1, vec![1.0, 2.0, 3.0], vec![Some(0); 3])?;
    /// let design = Design::builder().offset(vec![2.0, 3.0, 1.0]).build()?;
    /// let of = Cox::new().fit(&spells, &design)?.concordance(&spells)?;
    /// assert_eq!((of.concordant, of.discordant, of.tied), (2.0, 1.0, 0.0));
    /// assert_eq!(of.estimate, 2.0 / 3.0);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Harrell, F. E. et al. (1982). *J. Amer. Med. Assoc.* 247, 2543–2546.
    pub fn concordance(&self, spells: &Spells) -> Result<Concordance> {
        let sets = &self.model.likelihood.sets;
        let (found, expected) = (spells.len(), sets.of_row.len());
        if found != expected {
            return Err(Error::Length { column: "spells", found, expected });
        }
        let (predictors, _) = self.model.likelihood.x.predictors(&self.model.beta);
        let (first, second) = pairs(sets, &predictors);
        let (mut concordant, mut discordant, mut tied) = (0.0, 0.0, 0.0);
        for (cell, of) in sets.cells.iter().zip(&first) {
            concordant += cell.weight * of.lower;
            tied += cell.weight * of.equal;
            discordant += cell.weight * of.higher;
        }
        let all = concordant + discordant + tied;
        if all <= 0.0 {
            return Err(Error::NoInformation);
        }
        let estimate = (concordant + 0.5 * tied) / all;
        let influence = |cell: usize| {
            let (first, second) = (first[cell], second[cell]);
            let right = first.lower + second.higher + 0.5 * (first.equal + second.equal);
            let sum = first.lower + first.equal + first.higher;
            let sum = sum + second.lower + second.equal + second.higher;
            (right - estimate * sum) / all
        };
        let influences: Vec<f64> = (0..sets.cells.len()).map(influence).collect();
        let variance: f64 = match spells.clusters().filter(|_| self.robust) {
            None => sets.cells.iter().zip(&influences).map(|(c, i)| c.squares * i * i).sum(),
            Some(clusters) => {
                let mut sums = vec![0.0; spells.n_clusters()];
                for (row, &cell) in sets.of_row.iter().enumerate().filter(|(_, c)| **c != NONE) {
                    sums[clusters[row]] += spells.weights().of(row) * influences[cell as usize];
                }
                sums.iter().map(|sum| sum * sum).sum()
            }
        };
        let std_error = variance.sqrt();
        Ok(Concordance { estimate, std_error, concordant, discordant, tied })
    }
}

/// For each cell, the partners of one of its spells: as the one with the event first, and as the other one.
///
/// Cells come in the order of their risk. Weights of those that came are kept by time, as there are fewer times than risks.
fn pairs(sets: &RiskSets, predictors: &[f64]) -> (Vec<Partners>, Vec<Partners>) {
    let mut in_order: Vec<(u64, u32)> = (sets.cells.iter().zip(0..))
        .map(|(cell, place)| (order_bits(predictors[cell.pattern as usize]), place))
        .collect();
    in_order.par_sort_unstable();
    let mut of = ByTime::new(sets);
    for cell in &sets.cells {
        of.add(cell);
    }
    let whole: Vec<(f64, f64)> = sets.cells.iter().map(|cell| of.partners(cell)).collect();
    of.clear();
    let mut first = vec![Partners::default(); sets.cells.len()];
    let mut second = first.clone();
    for alike in in_order.chunk_by(|a, b| a.0 == b.0) {
        let places = || alike.iter().map(|&(_, place)| place as usize);
        for place in places() {
            (first[place].lower, second[place].lower) = of.partners(&sets.cells[place]);
        }
        for place in places() {
            of.add(&sets.cells[place]);
        }
        for place in places() {
            // Nobody is a partner of his own.
            let (of_event, of_other) = match alike {
                [_] => (first[place].lower, second[place].lower),
                _ => of.partners(&sets.cells[place]),
            };
            first[place].equal = of_event - first[place].lower;
            second[place].equal = of_other - second[place].lower;
            first[place].higher = whole[place].0 - of_event;
            second[place].higher = whole[place].1 - of_other;
        }
    }
    (first, second)
}

/// Weights of cells by the times at which they are at risk, and of events by time.
struct ByTime<'sets> {
    sets: &'sets RiskSets,
    /// By the last time at risk, events before others,
    leaving: Sums,
    /// by the first, of those that come late,
    entering: Sums,
    events: Sums,
}

impl<'sets> ByTime<'sets> {
    fn new(sets: &'sets RiskSets) -> Self {
        let n = sets.times.len();
        let late = sets.has_late();
        Self {
            sets,
            leaving: Sums::new(2 * n),
            entering: Sums::new(if late { n } else { 0 }),
            events: Sums::new(n),
        }
    }

    fn clear(&mut self) {
        *self = Self::new(self.sets);
    }

    fn add(&mut self, cell: &Cell) {
        let last = cell.last as usize - 1;
        self.leaving.add(2 * last + usize::from(!cell.event), cell.weight);
        if cell.event {
            self.events.add(last, cell.weight);
        }
        let start = self.sets.strata[cell.stratum as usize].start;
        if cell.first as usize > start {
            self.entering.add(cell.first as usize, cell.weight);
        }
    }

    /// Weight of those that are at risk when the cell has its event, and of the events while it is at risk.
    fn partners(&self, cell: &Cell) -> (f64, f64) {
        let times = &self.sets.strata[cell.stratum as usize];
        let (first, last) = (cell.first as usize, cell.last as usize);
        let at_risk = if cell.event {
            let later = self.leaving.between(2 * last - 1, 2 * times.end);
            later - self.entering.between(last, times.end)
        } else {
            0.0
        };
        (at_risk, self.events.between(first, last - usize::from(cell.event)))
    }
}

/// Sums of weights by place that change: a tree of Fenwick (1994).
struct Sums {
    tree: Vec<f64>,
}

impl Sums {
    fn new(n: usize) -> Self {
        Self { tree: vec![0.0; n + 1] }
    }

    fn add(&mut self, place: usize, weight: f64) {
        let mut place = place + 1;
        while place < self.tree.len() {
            self.tree[place] += weight;
            place += place & place.wrapping_neg();
        }
    }

    /// Of the places `from..until`; nothing where there are none.
    fn between(&self, from: usize, until: usize) -> f64 {
        if self.tree.len() == 1 || from >= until {
            return 0.0;
        }
        self.before(until) - self.before(from)
    }

    fn before(&self, mut place: usize) -> f64 {
        let mut sum = 0.0;
        while place > 0 {
            sum += self.tree[place];
            place &= place - 1;
        }
        sum
    }
}
