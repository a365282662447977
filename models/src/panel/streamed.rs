//! Fixed effects of units from sums alone.

use nalgebra::{DMatrix, DVector};
use ndarray::Array2;

use super::convention::{PanelConvention, Sizes};
use super::covariance::{Cluster, Covariance, PanelCovariance};
use super::error::PanelError;
use super::explained::Shares;
use super::fit::{coefficients, collinear, slopes_test, squared_correlation, variance};
use super::fixed_effects::FixedEffects;
use super::least_squares::NOTHING;
use super::moments::PanelMoments;
use super::result::{PanelCounts, PanelEstimator, PanelFit, RSquared};
use crate::cox::{Kept, independent_columns};
use crate::error::{Error, Result};
use crate::summation::RunningSum;

/// Sums over the units that are used, deviations from unit means within and from the overall mean in all.
struct Sums {
    within: DMatrix<f64>,
    total: DMatrix<f64>,
    means: Vec<f64>,
    rows: f64,
    /// Places of units used.
    units: Vec<usize>,
}

impl FixedEffects {
    /// The within estimator of [`fit`](Self::fit) from sums of rows, with effects of units alone; rows are not needed again.
    ///
    /// With $W$ the cross-products of deviations from units' means, $\hat\beta = W_{xx}^{-1} W_{xy}$. Covariances are conventional or,
    /// of sums by clusters, by clusters of units: the score of a unit is $W^i_{xy} - W^i_{xx} \hat\beta$. Equal to the answer in memory
    /// to about 1e-12 where regressors are not nearly collinear. There are no residuals; rows of a unit count as its times where
    /// the sums are without times.
    ///
    /// # Errors
    ///
    /// As [`fit`](Self::fit); [`PanelError::NeedsRows`] for other effects or covariances, and for clusters if the sums are not
    /// by clusters.
    pub fn fit_moments(&self, moments: &PanelMoments) -> Result<PanelFit> {
        if !self.only_units() {
            return Err(PanelError::NeedsRows { what: "effects other than of units" }.into());
        }
        let clustered = match &self.covariance {
            PanelCovariance::Conventional => false,
            PanelCovariance::Clustered(by) if by.as_slice() == [Cluster::Unit] => true,
            PanelCovariance::Heteroskedastic(_)
                if self.convention == PanelConvention::StataXtreg =>
            {
                true
            }
            _ => return Err(PanelError::NeedsRows { what: "this covariance" }.into()),
        };
        if clustered && !moments.by_clusters {
            return Err(PanelError::NeedsRows {
                what: "clusters of units, of sums that are not by clusters,",
            }
            .into());
        }
        if moments.is_empty() {
            return Err(PanelError::EmptyPanel.into());
        }
        moments.computable()?;
        let drop = self.drops_singletons();
        let sums = Sums::new(moments, drop);
        if sums.units.is_empty() {
            let (rows, effects) = (moments.rows.len(), vec!["unit".to_owned()]);
            return Err(PanelError::AllSingletons { rows, effects }.into());
        }
        let singletons = moments.rows.iter().filter(|rows| **rows == 1).count();
        let p = moments.names.len();
        let x = sums.within.view((0, 0), (p, p)).into_owned();
        let least: Vec<f64> = (0..p)
            .map(|k| NOTHING * sums.total[(k, k)].max(sums.means[k].powi(2) * sums.rows))
            .collect();
        let kept = independent_columns(&x, &least);
        let k = kept.columns.len();
        let g = sums.units.len();
        if sums.rows <= (g + k) as f64 {
            return Err(Error::TooFewRows { rows: sums.rows as usize, parameters: g + k });
        }
        let sizes = Sizes { rows: sums.rows, slopes: k as f64, absorbed: g as f64 };
        let at = |a: usize, b: usize| sums.within[(kept.columns[a], kept.columns[b])];
        let scale: Vec<f64> = (0..k).map(|a| at(a, a).sqrt()).collect();
        let unit = DMatrix::from_fn(k, k, |a, b| at(a, b) / (scale[a] * scale[b]));
        let right = DVector::from_fn(k, |a, _| sums.within[(kept.columns[a], p)] / scale[a]);
        let Some(factor) = unit.clone().cholesky() else {
            return Err(Error::SingularInformation { columns: Vec::new(), iteration: 0 });
        };
        let mut solved = factor.solve(&right);
        solved += factor.solve(&(&right - &unit * &solved));
        let beta = DVector::from_fn(k, |a, _| solved[a] / scale[a]);
        let inverse = factor.inverse();
        let inverse = DMatrix::from_fn(k, k, |a, b| inverse[(a, b)] / (scale[a] * scale[b]));
        // y less its prediction, as a combination of columns.
        let mut combination = DVector::zeros(p + 1);
        kept.columns.iter().zip(&beta).for_each(|(&column, b)| combination[column] = -b);
        combination[p] = 1.0;
        let rss = combination.dot(&(&sums.within * &combination)).max(0.0);
        let means = DVector::from_fn(k, |a, _| sums.means[kept.columns[a]]);
        let of_means = &inverse * &means;
        let covariance = if clustered {
            let meat = clustered_meat(moments, &sums, &kept, &beta);
            self.by_units(sizes, &inverse, &of_means, &meat)?
        } else {
            let mut matrix = DMatrix::zeros(k + 1, k + 1);
            matrix.view_mut((0, 0), (k, k)).copy_from(&inverse);
            matrix.view_mut((k, 0), (1, k)).copy_from(&-of_means.transpose());
            matrix.view_mut((0, k), (k, 1)).copy_from(&-&of_means);
            matrix[(k, k)] = 1.0 / sums.rows + means.dot(&of_means);
            Covariance {
                matrix: matrix * (rss / sizes.residual_df()),
                kind: "conventional".to_owned(),
                groups: Vec::new(),
                multiplier: 1.0,
                df: sizes.residual_df(),
                repaired: false,
                by_clusters: false,
            }
        };
        let constant = sums.means[p] - means.dot(&beta);
        let estimates: Vec<f64> = beta.iter().copied().chain([constant]).collect();
        let names = kept.columns.iter().map(|&column| moments.names[column].clone());
        let names: Vec<String> = names.chain(["constant".to_owned()]).collect();
        let mut coefficients = coefficients(&names, &estimates, &covariance, self.level)?;
        let constant = coefficients.remove(k);
        let of_units = sums.units.iter().map(|&unit| moments.rows[unit]);
        let seen = moments.seen.as_ref().map(|seen| seen.counts(&sums.units));
        let rows_of_unit =
            (of_units.clone().min().unwrap_or_default(), of_units.max().unwrap_or_default());
        let (times, units_with_gaps) = seen.unwrap_or((rows_of_unit.1 as usize, 0));
        Ok(PanelFit {
            estimator: PanelEstimator::Within,
            convention: self.convention,
            r_squared: self.r_squared(moments, &sums, &combination, rss, sizes, clustered),
            slopes_test: slopes_test(&beta, &covariance),
            covariance: Array2::from_shape_fn((k + 1, k + 1), |at| covariance.matrix[at]),
            coefficients,
            constant: Some(constant),
            variance: variance(&covariance),
            counts: PanelCounts {
                rows: sums.rows as usize,
                singletons,
                singletons_dropped: drop,
                units: g,
                times,
                rows_of_unit: (rows_of_unit.0 as usize, rows_of_unit.1 as usize),
                units_with_gaps,
                slopes: k,
                absorbed: g,
                residual_df: sizes.residual_df() as usize,
                rounds: 0,
            },
            rss,
            sigma: (rss / sizes.residual_df()).sqrt(),
            collinear: collinear(&kept, &moments.names),
            residuals: Vec::new(),
        })
    }

    fn by_units(
        &self,
        sizes: Sizes,
        inverse: &DMatrix<f64>,
        of_means: &DVector<f64>,
        meat: &DMatrix<f64>,
    ) -> Result<Covariance> {
        let k = inverse.nrows();
        let groups = sizes.absorbed;
        if groups < 2.0 {
            return Err(PanelError::OneCluster { clusters: "unit".to_owned() }.into());
        }
        // A unit's residuals add up to 0, so the constant has no score of its own.
        let mut bread = DMatrix::zeros(k + 1, k);
        bread.view_mut((0, 0), (k, k)).copy_from(inverse);
        bread.view_mut((k, 0), (1, k)).copy_from(&-of_means.transpose());
        let multiplier = self.convention.by_clusters(sizes, groups, 1.0, false);
        Ok(Covariance {
            matrix: &bread * meat * bread.transpose() * multiplier,
            kind: "clustered by unit".to_owned(),
            groups: vec![groups as usize],
            multiplier,
            df: self.convention.df_of_groups(sizes, groups),
            repaired: false,
            by_clusters: true,
        })
    }

    fn r_squared(
        &self,
        moments: &PanelMoments,
        sums: &Sums,
        combination: &DVector<f64>,
        rss: f64,
        sizes: Sizes,
        by_clusters: bool,
    ) -> RSquared {
        let p = moments.names.len();
        let (mut of_outcome, mut of_prediction) = (Vec::new(), Vec::new());
        for &unit in &sums.units {
            let means: Vec<f64> = moments.unit_means(unit).collect();
            of_outcome.push(means[p]);
            of_prediction
                .push(-means[..p].iter().zip(combination).map(|(x, c)| x * c).sum::<f64>());
        }
        // The prediction's products with itself and the outcome.
        let slopes = -combination.rows(0, p);
        let with_outcome = slopes.dot(&sums.total.view((0, p), (p, 1)));
        let own = slopes.dot(&(sums.total.view((0, 0), (p, p)) * &slopes));
        let outcome = sums.total[(p, p)];
        let shares = Shares {
            within: 1.0 - rss / sums.within[(p, p)],
            between: squared_correlation(&of_outcome, &of_prediction),
            overall: with_outcome * with_outcome / (own * outcome),
        };
        let inclusive = 1.0 - rss / outcome;
        RSquared::new(self.convention, sizes, shares.within, inclusive, shares, by_clusters)
    }
}

impl Sums {
    fn new(moments: &PanelMoments, drop: bool) -> Self {
        let p = moments.names.len() + 1;
        let units: Vec<usize> =
            (0..moments.rows.len()).filter(|&unit| !drop || moments.rows[unit] > 1).collect();
        let rows: f64 = units.iter().map(|&unit| moments.rows[unit] as f64).sum();
        let mut sums = vec![RunningSum::default(); p];
        for &unit in &units {
            for (sum, mean) in sums.iter_mut().zip(moments.unit_means(unit)) {
                sum.add(mean * moments.rows[unit] as f64);
            }
        }
        let shifted: Vec<f64> = sums.into_iter().map(|sum| sum.value() / rows).collect();
        let mut between = vec![RunningSum::default(); p * (p + 1) / 2];
        for &unit in &units {
            let away: Vec<f64> =
                moments.unit_means(unit).zip(&shifted).map(|(mean, all)| mean - all).collect();
            let mut at = 0;
            for a in 0..p {
                for b in 0..=a {
                    between[at].add(away[a] * away[b] * moments.rows[unit] as f64);
                    at += 1;
                }
            }
        }
        let within = symmetric(&moments.within(), p);
        let between: Vec<f64> = between.into_iter().map(RunningSum::value).collect();
        let total = &within + symmetric(&between, p);
        let means =
            shifted.iter().zip(moments.reference()).map(|(mean, zero)| mean + zero).collect();
        Self { within, total, means, rows, units }
    }
}

/// A matrix from its lower triangle.
fn symmetric(triangle: &[f64], p: usize) -> DMatrix<f64> {
    DMatrix::from_fn(p, p, |a, b| {
        let (a, b) = (a.max(b), a.min(b));
        triangle[a * (a + 1) / 2 + b]
    })
}

/// $\sum_i s_i s_i^\top$ with $s_i = W^i_{xy} - W^i_{xx} b$.
fn clustered_meat(
    moments: &PanelMoments,
    sums: &Sums,
    kept: &Kept,
    beta: &DVector<f64>,
) -> DMatrix<f64> {
    let (p, k) = (moments.names.len() + 1, beta.len());
    let triangle = p * (p + 1) / 2;
    let mut meat = vec![RunningSum::default(); k * k];
    let mut score = vec![0.0; k];
    for &unit in &sums.units {
        let own = &moments.own[unit * triangle..(unit + 1) * triangle];
        let of = |a: usize, b: usize| own[a.max(b) * (a.max(b) + 1) / 2 + a.min(b)];
        for (score, &a) in score.iter_mut().zip(&kept.columns) {
            let each = kept.columns.iter().zip(beta);
            *score = of(a, p - 1) - each.map(|(&b, beta)| of(a, b) * beta).sum::<f64>();
        }
        for a in 0..k {
            for b in 0..k {
                meat[a * k + b].add(score[a] * score[b]);
            }
        }
    }
    DMatrix::from_fn(k, k, |a, b| meat[a * k + b].value())
}
