//! Mean outcomes of both arms in one population, with the influence of each person.

use nalgebra::DVector;

use super::assignment::{Assignment, arm};
use super::covariates::{Covariates, Propensity};
use super::error::EffectError;
use super::outcomes::OutcomePaths;
use super::{EffectMethod, OutcomeModel, Target};
use crate::error::Result;

/// A mean, with what each person moves it by: squares add up to its variance.
pub(super) struct Mean {
    pub(super) mean: f64,
    pub(super) influence: Vec<f64>,
}

/// What is settled before outcomes are looked at.
pub(super) struct Prepared<'a> {
    of: &'a Assignment,
    method: EffectMethod,
    target: Target,
    /// Rows with weight.
    pub(super) rows: Vec<usize>,
    pub(super) covariates: Option<Covariates>,
    pub(super) propensity: Option<Propensity>,
    /// Of each stratum its share of the target.
    shares: Vec<f64>,
}

impl<'a> Prepared<'a> {
    pub(super) fn new(
        of: &'a Assignment,
        method: EffectMethod,
        target: Target,
        bound: f64,
    ) -> Result<Self> {
        let rows: Vec<usize> = of.rows().collect();
        let mut prepared = Self {
            of,
            method,
            target,
            rows,
            covariates: None,
            propensity: None,
            shares: Vec::new(),
        };
        match method {
            EffectMethod::Randomised => {}
            EffectMethod::Stratified => prepared.strata()?,
            EffectMethod::Weighted
            | EffectMethod::Regression(_)
            | EffectMethod::DoublyRobust(_) => {
                let design = of
                    .covariates
                    .as_ref()
                    .filter(|design| design.n_columns() > 0)
                    .ok_or_else(|| EffectError::NoCovariates { method: method.name() })?;
                let covariates = Covariates::new(design, prepared.rows.iter().copied());
                if !matches!(method, EffectMethod::Regression(_)) {
                    let (all, rows) = (target == Target::All, &prepared.rows);
                    let propensity =
                        Propensity::fit(&covariates, &of.treated, &of.weights, rows, all, bound)?;
                    prepared.propensity = Some(propensity);
                }
                prepared.covariates = Some(covariates);
            }
        }
        Ok(prepared)
    }

    /// Shares of strata, in each of which there are two of each arm.
    fn strata(&mut self) -> Result<()> {
        let strata = self.of.strata.as_ref().ok_or(EffectError::NoStrata)?;
        let n = strata.levels().len();
        let (mut shares, mut total) = (vec![0.0; n], 0.0);
        let mut persons = vec![[0_usize; 2]; n];
        for &row in &self.rows {
            let (stratum, treated) = (strata.codes()[row] as usize, self.of.treated[row]);
            persons[stratum][usize::from(treated)] += 1;
            if self.target == Target::All || treated {
                shares[stratum] += self.of.weights[row];
                total += self.of.weights[row];
            }
        }
        for (stratum, found) in persons.iter().enumerate().filter(|(_, found)| **found != [0, 0]) {
            for treated in [true, false] {
                let persons = found[usize::from(treated)];
                // A stratum without treated is not among them.
                let wanted = self.target == Target::All || found[1] > 0;
                if persons < 2 && wanted {
                    let (stratum, arm) = (strata.levels()[stratum].clone(), arm(treated));
                    let time = None;
                    return Err(EffectError::SmallStratum { stratum, arm, time, persons }.into());
                }
            }
        }
        self.shares = shares.into_iter().map(|share| share / total).collect();
        Ok(())
    }

    /// The mean of an arm at a time.
    pub(super) fn mean(&self, paths: &OutcomePaths, place: usize, treated: bool) -> Result<Mean> {
        let rows = paths.two_followed(self.of, place, treated)?;
        let outcome = |row: usize| paths.values()[(row, place)];
        let mut influence = vec![0.0; self.of.len()];
        let mean = match (self.method, &self.covariates) {
            (EffectMethod::Stratified, _) => {
                self.stratified(paths, place, treated, &rows, &mut influence)?
            }
            (EffectMethod::Weighted, Some(covariates)) => {
                self.weighted(covariates, treated, &rows, outcome, &mut influence)
            }
            (
                EffectMethod::Regression(model) | EffectMethod::DoublyRobust(model),
                Some(covariates),
            ) => self
                .regression(covariates, model, treated, &rows, outcome, &mut influence)
                .map_err(|error| EffectError::OutcomeModel {
                    time: paths.time()[place],
                    arm: arm(treated),
                    error: Box::new(error),
                })?,
            _ => self.plain(&rows, outcome, 1.0, &mut influence),
        };
        Ok(Mean { mean, influence })
    }

    /// Adds `share` times the influence of rows on their mean, whose squares add up to $s^2/n$ if weights are equal.
    fn plain(
        &self,
        rows: &[usize],
        outcome: impl Fn(usize) -> f64,
        share: f64,
        influence: &mut [f64],
    ) -> f64 {
        let total: f64 = rows.iter().map(|&row| self.of.weights[row]).sum();
        let sum: f64 = rows.iter().map(|&row| self.of.weights[row] * outcome(row)).sum();
        let (mean, n) = (sum / total, rows.len() as f64);
        let factor = share * (n / (n - 1.0)).sqrt() / total;
        for &row in rows {
            influence[row] += factor * self.of.weights[row] * (outcome(row) - mean);
        }
        share * mean
    }

    fn stratified(
        &self,
        paths: &OutcomePaths,
        place: usize,
        treated: bool,
        rows: &[usize],
        influence: &mut [f64],
    ) -> Result<f64> {
        let strata = self.of.strata.as_ref().ok_or(EffectError::NoStrata)?;
        let mut of_stratum = vec![Vec::new(); self.shares.len()];
        for &row in rows {
            of_stratum[strata.codes()[row] as usize].push(row);
        }
        let mut mean = 0.0;
        for (stratum, &share) in self.shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
            let rows = &of_stratum[stratum];
            if rows.len() < 2 {
                let (stratum, arm) = (strata.levels()[stratum].clone(), arm(treated));
                let (time, persons) = (Some(paths.time()[place]), rows.len());
                return Err(EffectError::SmallStratum { stratum, arm, time, persons }.into());
            }
            mean += self.plain(rows, |row| paths.values()[(row, place)], share, influence);
        }
        Ok(mean)
    }

    /// Weight by the propensity, 1 without, and its derivative by the propensity's linear predictor.
    fn weight(&self, pattern: usize, treated: bool) -> (f64, f64) {
        let all = self.target == Target::All;
        self.propensity.as_ref().map_or((1.0, 0.0), |of| of.weight(pattern, treated, all))
    }

    /// Adds what the propensity's estimate moves, where its coefficients move the mean by `slope`.
    fn by_propensity(&self, covariates: &Covariates, slope: &DVector<f64>, influence: &mut [f64]) {
        let Some(propensity) = &self.propensity else { return };
        let direction = covariates.times(&propensity.regression.solve(slope));
        for &row in &self.rows {
            let pattern = covariates.of_row[row];
            let treated = f64::from(u8::from(self.of.treated[row]));
            let residual = treated - propensity.regression.mean[pattern];
            influence[row] += self.of.weights[row] * residual * direction[pattern];
        }
    }

    /// Weighted mean (Hajek).
    fn weighted(
        &self,
        covariates: &Covariates,
        treated: bool,
        rows: &[usize],
        outcome: impl Fn(usize) -> f64,
        influence: &mut [f64],
    ) -> f64 {
        let sums = covariates.sums(rows, |row| (self.of.weights[row], outcome(row)));
        // A pattern without such persons may have an infinite weight.
        let weight = |(pattern, &there): (usize, &f64)| {
            if there > 0.0 { self.weight(pattern, treated) } else { (0.0, 0.0) }
        };
        let weights: Vec<(f64, f64)> = sums.weight.iter().enumerate().map(weight).collect();
        let (mut sum, mut total) = (0.0, 0.0);
        for (pattern, &(weight, _)) in weights.iter().enumerate() {
            sum += weight * sums.sum[pattern];
            total += weight * sums.weight[pattern];
        }
        let mean = sum / total;
        for &row in rows {
            let (weight, _) = weights[covariates.of_row[row]];
            influence[row] += self.of.weights[row] * weight * (outcome(row) - mean) / total;
        }
        let slopes: Vec<f64> = (0..covariates.n_patterns())
            .map(|p| weights[p].1 * (sums.sum[p] - mean * sums.weight[p]) / total)
            .collect();
        self.by_propensity(covariates, &covariates.sum(&slopes), influence);
        mean
    }

    /// Mean of the outcomes that a regression in the arm predicts for the target; the regression is weighted if there is a
    /// propensity.
    fn regression(
        &self,
        covariates: &Covariates,
        model: OutcomeModel,
        treated: bool,
        rows: &[usize],
        outcome: impl Fn(usize) -> f64,
        influence: &mut [f64],
    ) -> Result<f64> {
        let weight = |row: usize| self.weight(covariates.of_row[row], treated);
        let sums =
            covariates.sums(rows, |row| (self.of.weights[row] * weight(row).0, outcome(row)));
        let fit = match model {
            OutcomeModel::Linear => covariates.linear(&sums)?,
            OutcomeModel::Logit => covariates.logit(&sums)?,
        };
        let target = |row: &&usize| self.target == Target::All || self.of.treated[**row];
        let target: Vec<usize> = self.rows.iter().filter(target).copied().collect();
        let in_target = covariates.sums(&target, |row| (self.of.weights[row], 0.0)).weight;
        let total: f64 = in_target.iter().sum();
        let sum: f64 = in_target.iter().zip(&fit.mean).map(|(weight, mean)| weight * mean).sum();
        let mean = sum / total;
        for &row in &target {
            influence[row] +=
                self.of.weights[row] * (fit.mean[covariates.of_row[row]] - mean) / total;
        }
        let slopes: Vec<f64> = in_target
            .iter()
            .zip(&fit.slope)
            .map(|(weight, slope)| weight * slope / total)
            .collect();
        let direction = fit.solve(&covariates.sum(&slopes));
        let along = covariates.times(&direction);
        let mut moved = vec![0.0; covariates.n_patterns()];
        for &row in rows {
            let pattern = covariates.of_row[row];
            let (weight, change) = weight(row);
            let residual = self.of.weights[row] * (outcome(row) - fit.mean[pattern]);
            influence[row] += residual * weight * along[pattern];
            moved[pattern] += residual * change * along[pattern];
        }
        self.by_propensity(covariates, &covariates.sum(&moved), influence);
        Ok(mean)
    }
}
