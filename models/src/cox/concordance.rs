//! How well linear predictors order the events.

use rayon::iter::{
    IndexedParallelIterator, IntoParallelIterator, IntoParallelRefIterator, ParallelIterator,
};

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
        let pairs = Pairs::new(sets, &predictors);
        let [concordant, discordant, tied] = pairs.sums();
        let all = concordant + discordant + tied;
        if all <= 0.0 {
            return Err(Error::NoInformation);
        }
        let estimate = (concordant + 0.5 * tied) / all;
        let influence = |of: &OfCell| (of.right - estimate * of.all) / all;
        let variance: f64 = if self.robust {
            let mut influences = vec![0.0; sets.cells.len()];
            for of in pairs.parts.iter().flat_map(|part| &part.of_cells) {
                influences[of.cell as usize] = influence(of);
            }
            let add = |cell: u32, weight: f64, sum: &mut [f64]| {
                sum[0] += weight * influences[cell as usize];
            };
            sets.units(spells).meat(1, add)[(0, 0)]
        } else {
            let of_part = |part: &Part| -> f64 {
                part.of_cells.iter().map(|of| of.squares * influence(of).powi(2)).sum()
            };
            pairs.parts.iter().map(of_part).sum()
        };
        let std_error = variance.sqrt();
        Ok(Concordance { estimate, std_error, concordant, discordant, tied })
    }
}

/// What the pairs come to, by parts of the cells in the order of their risk.
struct Pairs {
    parts: Vec<Part>,
}

#[derive(Default)]
struct Part {
    concordant: f64,
    discordant: f64,
    tied: f64,
    of_cells: Vec<OfCell>,
}

/// One spell of a cell among its partners, as the one with the event first and as the other one.
struct OfCell {
    cell: u32,
    /// Weight of the partners with whom it is in the right order; ties of risk count half,
    right: f64,
    /// and of all.
    all: f64,
    squares: f64,
}

/// Cells that are worth a task. Part of the result.
const CELLS: usize = 1 << 15;

/// Sums by time that all tasks may keep together.
const MOST_SUMS: usize = 1 << 23;

impl Pairs {
    /// Cells come in the order of their risk. Weights of those that came are kept by time, as there are fewer times than risks;
    /// each part begins with what came before it.
    fn new(sets: &RiskSets, predictors: &[f64]) -> Self {
        let most_parts = MOST_SUMS / (4 * sets.times.len().max(1));
        let size = CELLS.max(sets.cells.len() / most_parts.max(1) + 1);
        Self::in_parts(sets, predictors, size)
    }

    /// By parts of about so many cells.
    fn in_parts(sets: &RiskSets, predictors: &[f64], size: usize) -> Self {
        let key = |cell: &Cell| order_bits(predictors[cell.pattern as usize]);
        let in_order = sorted(sets.cells.par_iter().map(key));
        let parts = parts(&in_order, size);
        let weights: Vec<ByTime<Plain>> = parts
            .par_iter()
            .map(|part| {
                let mut of = ByTime::<Plain>::new(sets);
                part.iter().for_each(|&(_, cell)| of.add(&sets.cells[cell as usize]));
                of
            })
            .collect();
        let mut whole = ByTime::<Plain>::new(sets);
        let mut before = Vec::with_capacity(parts.len());
        for of in weights {
            before.push(whole.map(Changing::new));
            whole.add_all(&of);
        }
        let whole = whole.map(Fixed::new);
        let parts = parts.into_par_iter().zip(before);
        Self { parts: parts.map(|(part, before)| Part::new(sets, part, before, &whole)).collect() }
    }

    /// Weights of pairs: concordant, discordant and of equal risks.
    fn sums(&self) -> [f64; 3] {
        let sum = |of: &dyn Fn(&Part) -> f64| self.parts.iter().map(of).sum();
        [sum(&|part| part.concordant), sum(&|part| part.discordant), sum(&|part| part.tied)]
    }
}

/// Parts of about so many cells, which end where the risk changes.
fn parts(in_order: &[(u64, u32)], size: usize) -> Vec<&[(u64, u32)]> {
    let mut parts = Vec::new();
    let mut rest = in_order;
    while rest.len() > size {
        let last = rest[size - 1].0;
        let (part, others) = rest.split_at(rest.partition_point(|&(key, _)| key <= last));
        parts.push(part);
        rest = others;
    }
    parts.push(rest);
    parts
}

impl Part {
    fn new(
        sets: &RiskSets,
        cells: &[(u64, u32)],
        mut came: ByTime<Changing>,
        whole: &ByTime<Fixed>,
    ) -> Self {
        // Cells lie all over the memory: they are fetched at once, and then compared.
        let cells: Vec<(u64, u32, Cell)> =
            (cells.iter()).map(|&(key, cell)| (key, cell, sets.cells[cell as usize])).collect();
        let mut found = Self { of_cells: Vec::with_capacity(cells.len()), ..Self::default() };
        let mut lower = Vec::new();
        for alike in cells.chunk_by(|a, b| a.0 == b.0) {
            lower.clear();
            lower.extend(alike.iter().map(|(.., of)| came.partners(of)));
            for (.., of) in alike {
                came.add(of);
            }
            for ((_, cell, of), &lower) in alike.iter().zip(&lower) {
                // Nobody is a partner of his own.
                let until = if alike.len() == 1 { lower } else { came.partners(of) };
                let whole = whole.partners(of);
                let (equal, higher) = (
                    [until.0 - lower.0, until.1 - lower.1],
                    [whole.0 - until.0, whole.1 - until.1],
                );
                found.concordant += of.weight * lower.0;
                found.tied += of.weight * equal[0];
                found.discordant += of.weight * higher[0];
                let right = lower.0 + higher[1] + 0.5 * (equal[0] + equal[1]);
                let all = lower.0 + equal[0] + higher[0] + lower.1 + equal[1] + higher[1];
                found.of_cells.push(OfCell { cell: *cell, right, all, squares: of.squares });
            }
        }
        found
    }
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

impl<'sets> ByTime<'sets, Plain> {
    fn new(sets: &'sets RiskSets) -> Self {
        let n = sets.times.len();
        let late = if sets.has_late() { n } else { 0 };
        let [leaving, entering, events] = [2 * n, late, n].map(|n| Plain(vec![0.0; n]));
        Self { sets, leaving, entering, events }
    }

    fn add_all(&mut self, other: &Self) {
        self.leaving.add_all(&other.leaving);
        self.entering.add_all(&other.entering);
        self.events.add_all(&other.events);
    }

    /// In another form.
    fn map<Sums>(&self, form: impl Fn(&Plain) -> Sums) -> ByTime<'sets, Sums> {
        let [leaving, entering, events] = [&self.leaving, &self.entering, &self.events].map(form);
        ByTime { sets: self.sets, leaving, entering, events }
    }
}

impl<Sums: Add> ByTime<'_, Sums> {
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

/// Sums of weights by place, to which weights are added.
trait Add {
    fn add(&mut self, place: usize, weight: f64);
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

/// The sum of each place.
struct Plain(Vec<f64>);

impl Plain {
    fn add_all(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, of)| *sum += of);
    }
}

impl Add for Plain {
    fn add(&mut self, place: usize, weight: f64) {
        self.0[place] += weight;
    }
}

/// Sums that change: a tree of Fenwick (1994).
struct Changing(Vec<f64>);

impl Changing {
    fn new(of: &Plain) -> Self {
        let mut tree = Vec::with_capacity(of.0.len() + 1);
        tree.push(0.0);
        tree.extend_from_slice(&of.0);
        for place in 1..tree.len() {
            let above = place + (place & place.wrapping_neg());
            if above < tree.len() {
                tree[above] += tree[place];
            }
        }
        Self(tree)
    }
}

impl Add for Changing {
    fn add(&mut self, place: usize, weight: f64) {
        let mut place = place + 1;
        while place < self.0.len() {
            self.0[place] += weight;
            place += place & place.wrapping_neg();
        }
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

impl Fixed {
    fn new(of: &Plain) -> Self {
        let mut sum = 0.0;
        let sums = of.0.iter().map(|weight| {
            sum += weight;
            sum
        });
        Self(std::iter::once(0.0).chain(sums).collect())
    }
}

impl Between for Fixed {
    fn before(&self, place: usize) -> f64 {
        self.0[place]
    }

    fn is_empty(&self) -> bool {
        self.0.len() == 1
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "sums of small whole numbers and halves are exact")]
mod tests {
    use super::*;
    use crate::design::{Design, Factor};
    use crate::spells::Weights;

    /// Spells of two strata with ties of times and of risks, late entry and weights, against all pairs one by one.
    #[test]
    fn parts_come_to_all_pairs() {
        let n = 60;
        let exit: Vec<f64> = (0..n).map(|k| f64::from(3 + k * 7 % 11)).collect();
        let entry: Vec<f64> = (0..n).map(|k| f64::from(k % 3)).collect();
        let cause: Vec<Option<usize>> = (0..n).map(|k| (k % 4 > 0).then_some(0)).collect();
        let weight: Vec<f64> = (0..n).map(|k| f64::from(1 + k % 2)).collect();
        let stratum: Vec<u32> = (0..n).map(|k| u32::from(k % 5 == 0)).collect();
        let risk: Vec<f64> = (0..n).map(|k| f64::from(k * 13 % 17)).collect();
        let [mut concordant, mut discordant, mut tied] = [0.0; 3];
        for i in (0..n as usize).filter(|&i| cause[i].is_some()) {
            for j in (0..n as usize).filter(|&j| stratum[j] == stratum[i]) {
                let at_risk = entry[j] < exit[i] && exit[i] <= exit[j];
                if !at_risk || (exit[j] <= exit[i] && cause[j].is_some()) {
                    continue;
                }
                let pair = weight[i] * weight[j];
                match risk[j].total_cmp(&risk[i]) {
                    std::cmp::Ordering::Less => concordant += pair,
                    std::cmp::Ordering::Equal => tied += pair,
                    std::cmp::Ordering::Greater => discordant += pair,
                }
            }
        }
        let spells = Spells::new(1, exit, cause).unwrap().with_entry(entry).unwrap();
        let spells = spells.with_weights(Weights::Case(weight)).unwrap();
        let strata = Factor::from_codes(stratum, ["a", "b"]).unwrap();
        let design = Design::builder().numeric("x", risk).strata("s", strata).build().unwrap();
        let sets = RiskSets::new(&spells, &design, None);
        let x: Vec<f64> = sets.patterns.iter().map(|&p| design.matrix()[(p as usize, 0)]).collect();
        let whole = Pairs::in_parts(&sets, &x, n as usize);
        assert_eq!(whole.parts.len(), 1);
        assert_eq!(whole.sums(), [concordant, discordant, tied]);
        let of = |pairs: &Pairs| -> Vec<(u32, [u64; 2])> {
            let cells = pairs.parts.iter().flat_map(|part| &part.of_cells);
            cells.map(|of| (of.cell, [of.right.to_bits(), of.all.to_bits()])).collect()
        };
        for size in [1, 7, 20] {
            let parts = Pairs::in_parts(&sets, &x, size);
            assert!(parts.parts.len() > 1);
            assert_eq!(parts.sums(), whole.sums(), "{size}");
            assert_eq!(of(&parts), of(&whole), "{size}");
        }
    }
}
