//! Covariances of coefficients from scores of the rows.

use nalgebra::DMatrix;

use super::convention::{PanelConvention, Sizes};
use super::error::PanelError;
use super::least_squares::{mean, spread};
use super::repair::{cut_where_negative, cut_wholly};
use super::{Effect, Panel, TIME, UNIT};
use crate::error::Result;

/// Kind of covariance of the coefficients.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PanelCovariance {
    /// $s^2 (\tilde X^\top \tilde X)^{-1}$.
    #[default]
    Conventional,
    /// Robust to heteroskedasticity (White 1980; MacKinnon and White 1985).
    Heteroskedastic(HcType),
    /// Rows of a cluster may depend on each other; of several clusterings, by inclusion and exclusion (Cameron, Gelbach and
    /// Miller 2011), which may leave negative eigenvalues: [`PanelVariance::repaired`](crate::PanelVariance::repaired).
    Clustered(Vec<Cluster>),
    /// Rows of all units at times up to `lag` apart may depend on each other (Driscoll and Kraay 1998), with weights of
    /// Bartlett. `None` is the convention's own number of lags.
    DriscollKraay {
        /// Number of lags.
        lag: Option<usize>,
    },
    /// Rows of a unit up to `lag` times apart may depend on each other (Newey and West 1987), with weights of Bartlett.
    NeweyWest {
        /// Number of lags.
        lag: usize,
    },
}

/// Correction of residuals under heteroskedasticity; $h_i$ is the leverage, absorbed effects included (of `plm` without).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum HcType {
    /// $e_i^2$.
    Hc0,
    /// $e_i^2$ times the convention's multiplier.
    #[default]
    Hc1,
    /// $e_i^2 / (1 - h_i)$.
    Hc2,
    /// $e_i^2 / (1 - h_i)^2$.
    Hc3,
}

/// What rows are clustered by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cluster {
    /// Units.
    Unit,
    /// Times.
    Time,
    /// An effect of the panel, by name.
    Effect(String),
}

impl Cluster {
    pub(super) fn of<'a>(&self, panel: &'a Panel) -> Result<&'a Effect> {
        let place = match self {
            Self::Unit => UNIT,
            Self::Time => TIME,
            Self::Effect(name) => panel.effect(name)?,
        };
        Ok(&panel.effects[place])
    }
}

/// What a covariance is made of.
pub(super) struct Scores<'a> {
    pub(super) panel: &'a Panel,
    pub(super) convention: PanelConvention,
    pub(super) sizes: Sizes,
    /// $w_i e_i \tilde x_i$ by column, then $w_i e_i$ for the constant.
    pub(super) columns: Vec<Vec<f64>>,
    /// Rows to coefficients and constant.
    pub(super) bread: DMatrix<f64>,
    /// $s^2$.
    pub(super) scale: f64,
    /// Covariance of coefficients and constant for $s^2 = 1$.
    pub(super) conventional: DMatrix<f64>,
    /// $h_i$ where it is asked for; the estimator if it has none.
    pub(super) leverage: std::result::Result<Vec<f64>, &'static str>,
    /// Effects that were absorbed.
    pub(super) absorbed: Vec<&'a Effect>,
    /// Places of the slopes' columns in the panel, before effects were taken out; none where they are no columns of it.
    pub(super) places: Vec<usize>,
}

/// A covariance and how it came about.
pub(super) struct Covariance {
    pub(super) matrix: DMatrix<f64>,
    /// In words.
    pub(super) kind: String,
    /// Clusters of each clustering, or times.
    pub(super) groups: Vec<usize>,
    pub(super) multiplier: f64,
    pub(super) df: f64,
    pub(super) repaired: bool,
    pub(super) by_clusters: bool,
}

impl Scores<'_> {
    pub(super) fn covariance(&self, kind: &PanelCovariance) -> Result<Covariance> {
        match kind {
            PanelCovariance::Conventional => Ok(Covariance {
                matrix: &self.conventional * self.scale,
                kind: "conventional".to_owned(),
                groups: Vec::new(),
                multiplier: 1.0,
                df: self.sizes.residual_df(),
                repaired: false,
                by_clusters: false,
            }),
            // Heteroskedasticity alone is not consistent with few times (Stock and Watson 2008).
            PanelCovariance::Heteroskedastic(HcType::Hc1)
                if self.convention == PanelConvention::StataXtreg && !self.absorbed.is_empty() =>
            {
                self.clustered(&[Cluster::Unit])
            }
            PanelCovariance::Heteroskedastic(hc) => self.heteroskedastic(*hc),
            PanelCovariance::Clustered(by) => self.clustered(by),
            PanelCovariance::DriscollKraay { lag } => {
                let times = self.panel.effects[TIME].n_used();
                let lag = lag.unwrap_or_else(|| self.convention.default_lag(times as f64));
                self.driscoll_kraay(lag, times)
            }
            PanelCovariance::NeweyWest { lag } => Ok(self.newey_west(*lag)),
        }
    }

    /// $B S B^\top c$.
    fn sandwich(&self, meat: &DMatrix<f64>, multiplier: f64) -> DMatrix<f64> {
        &self.bread * meat * self.bread.transpose() * multiplier
    }

    fn score(&self, row: usize, score: &mut [f64], factor: f64) {
        for (score, column) in score.iter_mut().zip(&self.columns) {
            *score = column[row] * factor;
        }
    }

    fn heteroskedastic(&self, hc: HcType) -> Result<Covariance> {
        let power = match hc {
            HcType::Hc0 | HcType::Hc1 => 0.0,
            HcType::Hc2 => 0.5,
            HcType::Hc3 => 1.0,
        };
        let n = self.panel.len();
        let mut factor = vec![1.0; n];
        if power > 0.0 {
            let none = |&estimator: &&'static str| PanelError::NoLeverage { estimator };
            let leverage = self.leverage.as_ref().map_err(none)?;
            for (row, (factor, h)) in factor.iter_mut().zip(leverage).enumerate() {
                let left = 1.0 - h;
                if left < 1e-10 {
                    return Err(
                        PanelError::FullLeverage { row: self.panel.order[row] as usize }.into()
                    );
                }
                *factor = left.powf(-power);
            }
        }
        let mut meat = Meat::new(self.columns.len());
        let mut score = vec![0.0; self.columns.len()];
        for (row, &factor) in factor.iter().enumerate() {
            self.score(row, &mut score, factor);
            meat.add_square(&score);
        }
        let multiplier = if hc == HcType::Hc1 { self.convention.hc1(self.sizes) } else { 1.0 };
        let name = ["HC0", "HC1", "HC2", "HC3"][hc as usize];
        Ok(Covariance {
            matrix: self.sandwich(&meat.whole(), multiplier),
            kind: format!("robust to heteroskedasticity ({name})"),
            groups: Vec::new(),
            multiplier,
            df: self.sizes.residual_df(),
            repaired: false,
            by_clusters: false,
        })
    }

    /// Sums of scores by code, of as many codes as there are, one code after the other.
    fn sums(&self, codes: &[u32], n: usize) -> Vec<f64> {
        let p = self.columns.len();
        let mut sums = vec![0.0; n * p];
        for (k, column) in self.columns.iter().enumerate() {
            for (&code, score) in codes.iter().zip(column) {
                sums[code as usize * p + k] += score;
            }
        }
        sums
    }

    fn clustered(&self, by: &[Cluster]) -> Result<Covariance> {
        let clusterings: Vec<&Effect> =
            by.iter().map(|cluster| cluster.of(self.panel)).collect::<Result<_>>()?;
        let groups: Vec<usize> = clusterings.iter().map(|effect| effect.n_used()).collect();
        for (effect, &clusters) in clusterings.iter().zip(&groups) {
            if clusters < 2 {
                return Err(PanelError::OneCluster { clusters: effect.name.clone() }.into());
            }
            let outside = self.absorbed.iter().find(|absorbed| !absorbed.nested_in(&effect.codes));
            if let (PanelConvention::StataXtreg, Some(absorbed)) = (self.convention, outside) {
                return Err(PanelError::NotNested {
                    effect: absorbed.name.clone(),
                    clusters: effect.name.clone(),
                }
                .into());
            }
        }
        let nested = self
            .absorbed
            .iter()
            .filter(|absorbed| clusterings.iter().any(|c| absorbed.nested_in(&c.codes)))
            .map(|absorbed| absorbed.n_used() - 1)
            .sum::<usize>();
        let not_nested = (self.sizes.absorbed - nested as f64).max(1.0);
        let fewest = groups.iter().copied().min().unwrap_or_default() as f64;
        let counted = match &self.absorbed[..] {
            [only] => !clusterings.iter().all(|clusters| only.nested_in(&clusters.codes)),
            _ => true,
        };
        let multiplier = self.convention.by_clusters(self.sizes, fewest, not_nested, counted);
        let p = self.columns.len();
        let mut total = DMatrix::zeros(p, p);
        // Each non-empty set of clusterings, by inclusion and exclusion.
        for set in 1_usize..1 << clusterings.len() {
            let chosen: Vec<&[u32]> = (0..clusterings.len())
                .filter(|place| set >> place & 1 == 1)
                .map(|place| clusterings[place].codes.as_slice())
                .collect();
            let (codes, n) = intersection(&chosen);
            let mut meat = Meat::new(p);
            for sum in self.sums(&codes, n).chunks_exact(p.max(1)) {
                meat.add_square(sum);
            }
            let sign = if chosen.len() % 2 == 1 { 1.0 } else { -1.0 };
            total += meat.whole() * sign;
        }
        let whole = self.sandwich(&total, multiplier);
        // A sum of squares has no negative eigenvalues.
        let (matrix, repaired) = match clusterings.len() {
            1 => (whole, false),
            _ if self.convention == PanelConvention::Reghdfe => {
                cut_wholly(whole, &self.spreads(), self.slopes_apart())
            }
            _ => cut_where_negative(whole, &self.spreads(), self.slopes_apart()),
        };
        let names: Vec<&str> = clusterings.iter().map(|effect| effect.name.as_str()).collect();
        Ok(Covariance {
            matrix,
            kind: format!("clustered by {}", names.join(" and ")),
            groups,
            multiplier,
            df: self.convention.df_of_groups(self.sizes, fewest),
            repaired,
            by_clusters: true,
        })
    }

    /// Number of slopes where a constant comes after them that other programs do not have, or not among them.
    fn slopes_apart(&self) -> Option<usize> {
        let slopes = self.sizes.slopes as usize;
        (!self.absorbed.is_empty() && slopes < self.columns.len()).then_some(slopes)
    }

    /// Standard deviations of the columns before effects were taken out, by which `reghdfe` divides them; 1 of the constant, and of
    /// all as `fixest`.
    fn spreads(&self) -> Vec<f64> {
        if self.convention == PanelConvention::Fixest {
            return vec![1.0; self.columns.len()];
        }
        let n = self.panel.len() as f64;
        let of = |&place: &usize| {
            let column = &self.panel.columns[place];
            (spread(column, None, mean(column, None)) / (n - 1.0)).sqrt()
        };
        let mut spreads: Vec<f64> = self.places.iter().map(of).collect();
        spreads.resize(self.columns.len(), 1.0);
        spreads
    }

    fn driscoll_kraay(&self, lag: usize, times: usize) -> Result<Covariance> {
        if lag >= times {
            return Err(PanelError::TooManyLags { lag, times }.into());
        }
        let sums =
            self.sums(&self.panel.effects[TIME].codes, self.panel.effects[TIME].levels.len());
        let p = self.columns.len();
        let mut meat = Meat::new(p);
        let at = |time: usize| &sums[time * p..(time + 1) * p];
        for l in 0..=lag {
            let weight = 1.0 - l as f64 / (lag + 1) as f64;
            for t in l..self.panel.effects[TIME].levels.len() {
                meat.add_lagged(at(t), at(t - l), weight, l);
            }
        }
        let multiplier = self.convention.by_times(self.sizes, times as f64);
        Ok(Covariance {
            matrix: self.sandwich(&meat.whole(), multiplier),
            kind: format!("Driscoll–Kraay, {lag} lags"),
            groups: vec![times],
            multiplier,
            df: self.convention.df_of_groups(self.sizes, times as f64),
            repaired: false,
            by_clusters: false,
        })
    }

    fn newey_west(&self, lag: usize) -> Covariance {
        let units = &self.panel.effects[UNIT].codes;
        let mut meat = Meat::new(self.columns.len());
        let p = self.columns.len();
        let times = &self.panel.effects[TIME].codes;
        let (mut now, mut then) = (vec![0.0; p], vec![0.0; p]);
        for row in 0..units.len() {
            self.score(row, &mut now, 1.0);
            for before in (0..=row).rev() {
                let l = (times[row].saturating_sub(times[before])) as usize;
                if units[before] != units[row] || l > lag {
                    break;
                }
                self.score(before, &mut then, 1.0);
                meat.add_lagged(&now, &then, 1.0 - l as f64 / (lag + 1) as f64, l);
            }
        }
        let n_times = self.panel.effects[TIME].n_used() as f64;
        let multiplier = self.convention.within_units(self.sizes, n_times);
        Covariance {
            matrix: self.sandwich(&meat.whole(), multiplier),
            kind: format!("Newey–West within units, {lag} lags"),
            groups: Vec::new(),
            multiplier,
            df: self.convention.df_within_units(self.sizes, n_times),
            repaired: false,
            by_clusters: false,
        }
    }
}

/// Lower triangle of a sum of outer products of scores.
struct Meat(DMatrix<f64>);

impl Meat {
    fn new(p: usize) -> Self {
        Self(DMatrix::zeros(p, p))
    }

    /// Adds $a a^\top$.
    fn add_square(&mut self, a: &[f64]) {
        for (k, (mut column, b)) in self.0.column_iter_mut().zip(a).enumerate() {
            for (sum, a) in column.as_mut_slice()[k..].iter_mut().zip(&a[k..]) {
                *sum += a * b;
            }
        }
    }

    /// Adds $a b^\top + b a^\top$; once where there is no lag and they are the same.
    fn add_lagged(&mut self, now: &[f64], then: &[f64], weight: f64, lag: usize) {
        for (k, (a, b)) in now.iter().zip(then).enumerate() {
            for (l, (c, d)) in now.iter().zip(then).enumerate().skip(k) {
                let sum = &mut self.0[(l, k)];
                *sum += weight * (c * b);
                if lag > 0 {
                    *sum += weight * (d * a);
                }
            }
        }
    }

    /// Both triangles.
    fn whole(mut self) -> DMatrix<f64> {
        self.0.fill_upper_triangle_with_lower_triangle();
        self.0
    }
}

/// Rows that agree in all codes, numbered from 0 in the order of first sight, and how many there are.
fn intersection(codes: &[&[u32]]) -> (Vec<u32>, usize) {
    let [first, rest @ ..] = codes else { return (Vec::new(), 0) };
    if rest.is_empty() {
        let n = first.iter().max().map_or(0, |most| *most as usize + 1);
        return (first.to_vec(), n);
    }
    let mut known = std::collections::HashMap::new();
    let of_row = (0..first.len()).map(|row| {
        let key: Vec<u32> = codes.iter().map(|codes| codes[row]).collect();
        let next = known.len() as u32;
        *known.entry(key).or_insert(next)
    });
    let of_row: Vec<u32> = of_row.collect();
    (of_row, known.len())
}
