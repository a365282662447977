//! How well linear predictors order the events.

use super::fit::CoxFit;
use super::index::NONE;
use super::risk_sets::{Cell, RiskSets};
use crate::design::Grouping;
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
    /// Concordance of linear predictors and times to the event, in $O(\text{cells} \log \text{patterns})$.
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
        let ranks = Grouping::of_values(&predictors);
        let (first, second) = pairs(sets, &ranks);
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
fn pairs(sets: &RiskSets, ranks: &Grouping) -> (Vec<Partners>, Vec<Partners>) {
    let rank = |cell: &Cell| ranks.of_row[cell.pattern as usize] as usize;
    let none = vec![Partners::default(); sets.cells.len()];
    let (mut first, mut second) = (none.clone(), none.clone());
    let mut at_entry = none;
    for times in &sets.strata {
        let mut at_risk = Weights::new(ranks.n);
        for k in times.clone().rev() {
            if k + 1 < times.end {
                for cell in sets.entering(k) {
                    at_risk.add(rank(cell), -cell.weight);
                }
            }
            let leaving = sets.leaving_places(k);
            let events = leaving.end - sets.events(k).len()..leaving.end;
            for place in leaving.start..events.start {
                at_risk.add(rank(&sets.cells[place]), sets.cells[place].weight);
            }
            for place in events.clone() {
                first[place] = at_risk.around(rank(&sets.cells[place]));
            }
            for place in events {
                at_risk.add(rank(&sets.cells[place]), sets.cells[place].weight);
            }
        }
        let mut gone = Weights::new(ranks.n);
        for k in times.clone() {
            if k > times.start {
                for &place in sets.entering_places(k - 1) {
                    at_entry[place as usize] = gone.around(rank(&sets.cells[place as usize]));
                }
            }
            let leaving = sets.leaving_places(k);
            let events = leaving.end - sets.events(k).len()..leaving.end;
            for place in events.clone() {
                second[place] = gone.around(rank(&sets.cells[place]));
            }
            for place in events.clone() {
                gone.add(rank(&sets.cells[place]), sets.cells[place].weight);
            }
            for place in leaving.start..events.start {
                second[place] = gone.around(rank(&sets.cells[place]));
            }
        }
    }
    for (second, before) in second.iter_mut().zip(&at_entry) {
        second.lower -= before.lower;
        second.equal -= before.equal;
        second.higher -= before.higher;
    }
    (first, second)
}

/// Sums of weights by rank that change: a tree of Fenwick (1994).
struct Weights {
    tree: Vec<f64>,
    of: Vec<f64>,
    total: f64,
}

impl Weights {
    fn new(n: usize) -> Self {
        Self { tree: vec![0.0; n + 1], of: vec![0.0; n], total: 0.0 }
    }

    fn add(&mut self, rank: usize, weight: f64) {
        self.of[rank] += weight;
        self.total += weight;
        let mut place = rank + 1;
        while place < self.tree.len() {
            self.tree[place] += weight;
            place += place & place.wrapping_neg();
        }
    }

    fn around(&self, rank: usize) -> Partners {
        let (mut lower, mut place) = (0.0, rank);
        while place > 0 {
            lower += self.tree[place];
            place &= place - 1;
        }
        let equal = self.of[rank];
        Partners { lower, equal, higher: self.total - lower - equal }
    }
}
