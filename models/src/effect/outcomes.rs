//! Paths of outcomes, a row a person and a column a time.

use ndarray::{Array2, Axis};

use super::assignment::{Assignment, arm};
use super::error::EffectError;
use super::pseudo_values::pseudo_values;
use crate::error::{Error, Result};
use crate::spells::{Spells, Weights, same_length};

/// Outcomes of persons at the times since their start: shares in a state, weeks in it, or incidence of exits.
///
/// An outcome of `NaN` says that the person is not followed to that time. Means at a time are those of who is followed to it
/// (complete cases), which takes for granted that the end of follow-up has nothing to do with the outcome.
///
/// # Examples
///
/// The first is in the state from the second week on, the second never, and followed for two weeks:
///
/// ```
/// use afgang_models::OutcomePaths;
///
/// let states = [vec![false, true, true], vec![false, false]];
/// let shares = OutcomePaths::states(&states, 3)?;
/// assert_eq!(shares.time(), [1.0, 2.0, 3.0]);
/// assert_eq!(shares.values().row(0).to_vec(), [0.0, 1.0, 1.0]);
/// assert!(shares.values()[(1, 2)].is_nan());
/// // Weeks in the state so far.
/// assert_eq!(shares.cumulated().values().row(0).to_vec(), [0.0, 1.0, 2.0]);
/// # Ok::<(), afgang_models::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomePaths {
    time: Vec<f64>,
    values: Array2<f64>,
}

impl OutcomePaths {
    /// Outcomes as they are, persons by times.
    ///
    /// # Errors
    ///
    /// [`EffectError::NoTimes`], [`EffectError::TimesNotIncreasing`], [`Error::Length`] unless there is a column for each time,
    /// [`EffectError::InfiniteOutcome`].
    pub fn new(time: Vec<f64>, values: Array2<f64>) -> Result<Self> {
        same_length("outcomes", values.ncols(), time.len())?;
        increasing(&time)?;
        for ((row, place), &value) in values.indexed_iter() {
            if value.is_infinite() {
                let time = time[place];
                return Err(EffectError::InfiniteOutcome { row, time, value }.into());
            }
        }
        Ok(Self { time, values })
    }

    /// Outcomes person by person; one with fewer values than there are times is not followed further.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new); [`Error::Length`] for a person with more values than times.
    ///
    /// ```
    /// use afgang_models::OutcomePaths;
    ///
    /// let paths = OutcomePaths::of_persons(vec![4.0, 8.0], &[vec![0.5, 2.0], vec![1.0]])?;
    /// assert_eq!(paths.values()[(0, 1)], 2.0);
    /// assert!(paths.values()[(1, 1)].is_nan());
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    pub fn of_persons<Person: AsRef<[f64]>>(time: Vec<f64>, persons: &[Person]) -> Result<Self> {
        let of = |person: usize| persons[person].as_ref();
        let longest = (0..persons.len()).map(|person| of(person).len()).max().unwrap_or(0);
        same_length("outcomes", longest.max(time.len()), time.len())?;
        let value =
            |(person, place): (usize, usize)| of(person).get(place).copied().unwrap_or(f64::NAN);
        let values = Array2::from_shape_fn((persons.len(), time.len()), value);
        Self::new(time, values)
    }

    /// Whether each person is in a state, 1 or 0, at times 1 to `horizon` after the start; a person with fewer than `horizon` values
    /// is not followed further.
    ///
    /// # Errors
    ///
    /// [`EffectError::NoTimes`] for a horizon of 0.
    pub fn states<Person: AsRef<[bool]>>(persons: &[Person], horizon: usize) -> Result<Self> {
        let time = (1..=horizon).map(|time| time as f64).collect();
        let values = |person: &Person| -> Vec<f64> {
            let states = person.as_ref().iter().take(horizon);
            states.map(|&state| f64::from(u8::from(state))).collect()
        };
        Self::of_persons(time, &persons.iter().map(values).collect::<Vec<_>>())
    }

    /// Sums of the outcomes so far: of states the times spent in them. `NaN` from the first `NaN` on.
    #[must_use]
    pub fn cumulated(mut self) -> Self {
        self.values.accumulate_axis_inplace(Axis(1), |&before, now| *now += before);
        self
    }

    /// Some of the times, such as the last week of each month.
    ///
    /// # Errors
    ///
    /// [`EffectError::NoTimes`] if none is kept.
    pub fn only(self, keep: impl Fn(f64) -> bool) -> Result<Self> {
        let places: Vec<usize> = (0..self.time.len()).filter(|&at| keep(self.time[at])).collect();
        let time = places.iter().map(|&at| self.time[at]).collect();
        Self::new(time, self.values.select(Axis(1), &places))
    }

    /// Cumulative incidence of a cause, by pseudo-values within each arm.
    ///
    /// With $\hat F_a$ for the estimate of Aalen and Johansen in the arm of person $i$, $\omega$ for the weights of the assignment and
    /// $W_a$ for their sum in the arm, the pseudo-value is
    ///
    /// $$\theta_i(t) = \hat F_a(t) + W_a\\,\frac{\partial \hat F_a(t)}{\partial \omega_i},$$
    ///
    /// the infinitesimal jackknife's. Its (weighted) mean over the arm is $\hat F_a(t)$. Until somebody is censored it is 1 for who
    /// has left for the cause by $t$ and 0 for the others.
    ///
    /// # Conventions
    ///
    /// - Censoring is to be independent within the arm, of covariates too.
    /// - Beyond an arm's last time, if some were still in, its values are `NaN`.
    /// - A pseudo-value can lie below 0 or above 1: regress it linearly. It is then taken for an observation; that it is estimated
    ///   adds a part of second order, which makes standard errors a little too large (Overgaard, Parner and Pedersen 2017).
    ///
    /// # Errors
    ///
    /// [`Error::UnknownCause`], [`Error::Length`], [`EffectError::PseudoValues`] for spells with late entry, weights or clusters, and
    /// those of [`new`](Self::new).
    ///
    /// # Examples
    ///
    /// Of three of the treated one leaves at 1, one is censored at 2 and one leaves at 3: by then 1/3 + 2/3.
    ///
    /// ```
    /// use afgang_models::{Assignment, OutcomePaths, Spells};
    ///
    /// let assignment = Assignment::new(&[true, true, true, false, false])?;
    /// let spells = Spells::new(
    ///     1,
    ///     vec![1.0, 2.0, 3.0, 3.0, 3.0],
    ///     vec![Some(0), None, Some(0), None, Some(0)],
    /// )?;
    /// let paths = OutcomePaths::incidence(&spells, 0, vec![1.0, 3.0], &assignment)?;
    /// assert_eq!(paths.values().column(0).to_vec(), [1.0, 0.0, 0.0, 0.0, 0.0]);
    /// let at_3: f64 = (0..3).map(|row| paths.values()[(row, 1)]).sum();
    /// assert!((at_3 / 3.0 - 1.0).abs() < 1e-15);
    /// # Ok::<(), afgang_models::Error>(())
    /// ```
    ///
    /// # References
    ///
    /// - Andersen, P. K., Klein, J. P. and Rosthøj, S. (2003). *Biometrika* 90, 15–27.
    /// - Jaeckel, L. (1972). *The infinitesimal jackknife*. Bell Laboratories.
    /// - Overgaard, M., Parner, E. T. and Pedersen, J. (2017). *Ann. Statist.* 45, 1988–2015.
    pub fn incidence(
        spells: &Spells,
        cause: usize,
        time: Vec<f64>,
        assignment: &Assignment,
    ) -> Result<Self> {
        same_length("spells", spells.len(), assignment.len())?;
        increasing(&time)?;
        if cause >= spells.n_causes() {
            return Err(Error::UnknownCause { cause, n_causes: spells.n_causes() });
        }
        for (what, wrong) in [
            ("late entry", (0..spells.len()).any(|row| spells.entry(row).is_finite())),
            ("weighted spells", *spells.weights() != Weights::None),
            ("spells in clusters", spells.are_dependent()),
        ] {
            if wrong {
                return Err(EffectError::PseudoValues { what }.into());
            }
        }
        let mut values = Array2::from_elem((spells.len(), time.len()), f64::NAN);
        for treated in [true, false] {
            let rows: Vec<usize> =
                assignment.rows().filter(|&row| assignment.treated[row] == treated).collect();
            let weights = rows.iter().map(|&row| assignment.weights[row]).collect();
            let of_arm = pseudo_values(spells, &rows, weights, cause, &time)?;
            for (place, &row) in rows.iter().enumerate() {
                values.row_mut(row).assign(&of_arm.row(place));
            }
        }
        Self::new(time, values)
    }

    /// Times since the start.
    pub fn time(&self) -> &[f64] {
        &self.time
    }

    /// Outcomes, persons by times.
    pub const fn values(&self) -> &Array2<f64> {
        &self.values
    }

    /// Refuses outcomes of rows that are no shares.
    pub(crate) fn shares(&self, rows: impl Iterator<Item = usize>) -> Result<()> {
        for row in rows {
            for (place, &value) in self.values.row(row).iter().enumerate() {
                if !value.is_nan() && !(0.0..=1.0).contains(&value) {
                    let time = self.time[place];
                    return Err(EffectError::NotShare { row, time, value }.into());
                }
            }
        }
        Ok(())
    }

    /// Rows with weight that are followed to a time, in an arm.
    pub(crate) fn followed(&self, of: &Assignment, place: usize, treated: bool) -> Vec<usize> {
        let followed =
            |row: &usize| of.treated[*row] == treated && !self.values[(*row, place)].is_nan();
        of.rows().filter(followed).collect()
    }

    /// The same, refused if there are fewer than two.
    pub(crate) fn two_followed(
        &self,
        of: &Assignment,
        place: usize,
        treated: bool,
    ) -> Result<Vec<usize>> {
        let rows = self.followed(of, place, treated);
        if rows.len() < 2 {
            let (arm, time, persons) = (arm(treated), self.time[place], rows.len());
            return Err(EffectError::SmallArmAt { arm, time, persons }.into());
        }
        Ok(rows)
    }
}

fn increasing(time: &[f64]) -> Result<()> {
    if time.is_empty() {
        return Err(EffectError::NoTimes.into());
    }
    if let Some(&time) = time.iter().find(|time| !time.is_finite()) {
        return Err(EffectError::TimesNotIncreasing { time, previous: f64::NAN }.into());
    }
    match time.windows(2).find(|pair| pair[0] >= pair[1]) {
        Some(pair) => {
            Err(EffectError::TimesNotIncreasing { time: pair[1], previous: pair[0] }.into())
        }
        None => Ok(()),
    }
}
