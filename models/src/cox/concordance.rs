//! How well linear predictors order the events.

use super::fit::CoxFit;
use super::risk_sets::{Cell, RiskSets};
use crate::design::{order_bits, sorted};
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
        let Pairs { concordant, discordant, tied, of_cell } = pairs(sets, &predictors);
        let all = concordant + discordant + tied;
        if all <= 0.0 {
            return Err(Error::NoInformation);
        }
        let estimate = (concordant + 0.5 * tied) / all;
        let influence = |&[right, sum]: &[f64; 2]| (right - estimate * sum) / all;
        let influences = of_cell.iter().map(influence);
        let variance: f64 = if self.robust {
            let influences: Vec<f64> = influences.collect();
            let add = |cell: u32, weight: f64, sum: &mut [f64]| {
                sum[0] += weight * influences[cell as usize];
            };
            sets.units(spells).meat(1, add)[(0, 0)]
        } else {
            sets.cells.iter().zip(influences).map(|(c, i)| c.squares * i * i).sum()
        };
        let std_error = variance.sqrt();
        Ok(Concordance { estimate, std_error, concordant, discordant, tied })
    }
}

/// What the pairs come to.
struct Pairs {
    concordant: f64,
    discordant: f64,
    tied: f64,
    /// Of one spell of each cell: weight of its partners with whom it is in the right order (ties of risk count half), and of all.
    of_cell: Vec<[f64; 2]>,
}

/// Compares every spell with its partners, as the one with the event first and as the other one.
///
/// Cells come in the order of their risk. Weights of those that came are kept by time, as there are fewer times than risks.
fn pairs(sets: &RiskSets, predictors: &[f64]) -> Pairs {
    let keys = sets.cells.iter().map(|cell| order_bits(predictors[cell.pattern as usize]));
    let in_order = sorted(keys);
    let mut came = ByTime::new(sets);
    for cell in &sets.cells {
        came.add(cell);
    }
    let whole = came.fixed();
    came = ByTime::new(sets);
    let mut found = Pairs {
        concordant: 0.0,
        discordant: 0.0,
        tied: 0.0,
        of_cell: vec![[0.0; 2]; sets.cells.len()],
    };
    let mut lower = Vec::new();
    for alike in in_order.chunk_by(|a, b| a.0 == b.0) {
        let cells =
            || alike.iter().map(|&(_, place)| (place as usize, &sets.cells[place as usize]));
        lower.clear();
        lower.extend(cells().map(|(_, cell)| came.partners(cell)));
        for (_, cell) in cells() {
            came.add(cell);
        }
        for ((place, cell), &lower) in cells().zip(&lower) {
            // Nobody is a partner of his own.
            let until = if alike.len() == 1 { lower } else { came.partners(cell) };
            let whole = whole.partners(cell);
            let (equal, higher) =
                ([until.0 - lower.0, until.1 - lower.1], [whole.0 - until.0, whole.1 - until.1]);
            found.concordant += cell.weight * lower.0;
            found.tied += cell.weight * equal[0];
            found.discordant += cell.weight * higher[0];
            let right = lower.0 + higher[1] + 0.5 * (equal[0] + equal[1]);
            let sum = lower.0 + equal[0] + higher[0];
            found.of_cell[place] = [right, sum + lower.1 + equal[1] + higher[1]];
        }
    }
    found
}

/// Weights of cells by the times at which they are at risk, and of events by time.
struct ByTime<'sets, Sums> {
    sets: &'sets RiskSets,
    /// By the last time at risk, events before others,
    leaving: Sums,
    /// by the first, of those that come late,
    entering: Sums,
    events: Sums,
}

impl<'sets> ByTime<'sets, Changing> {
    fn new(sets: &'sets RiskSets) -> Self {
        let n = sets.times.len();
        let late = if sets.has_late() { n } else { 0 };
        let [leaving, entering, events] = [2 * n, late, n].map(Changing::new);
        Self { sets, leaving, entering, events }
    }

    /// As they are now.
    fn fixed(&self) -> ByTime<'sets, Fixed> {
        let [leaving, entering, events] =
            [&self.leaving, &self.entering, &self.events].map(Changing::fixed);
        ByTime { sets: self.sets, leaving, entering, events }
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
}

impl<Sums: Between> ByTime<'_, Sums> {
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

/// Sums of weights by place.
trait Between {
    /// Of the places before one.
    fn before(&self, place: usize) -> f64;

    /// Whether there is no place at all.
    fn is_empty(&self) -> bool;

    /// Of the places `from..until`; nothing where there are none.
    fn between(&self, from: usize, until: usize) -> f64 {
        if self.is_empty() || from >= until {
            return 0.0;
        }
        self.before(until) - self.before(from)
    }
}

/// Sums that change: a tree of Fenwick (1994).
struct Changing(Vec<f64>);

impl Changing {
    fn new(n: usize) -> Self {
        Self(vec![0.0; n + 1])
    }

    fn add(&mut self, place: usize, weight: f64) {
        let mut place = place + 1;
        while place < self.0.len() {
            self.0[place] += weight;
            place += place & place.wrapping_neg();
        }
    }

    fn fixed(&self) -> Fixed {
        Fixed((0..self.0.len()).map(|place| self.before(place)).collect())
    }
}

impl Between for Changing {
    fn before(&self, mut place: usize) -> f64 {
        let mut sum = 0.0;
        while place > 0 {
            sum += self.0[place];
            place &= place - 1;
        }
        sum
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
}

/// Sums that do not change.
struct Fixed(Vec<f64>);

impl Between for Fixed {
    fn before(&self, place: usize) -> f64 {
        self.0[place]
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
}
