//! Which coefficients there are, and their names.

use nalgebra::DMatrix;

use super::likelihood::Likelihood;
use super::shape::Basis;
use crate::cox::collinear::{Collinear, Kept, independent_columns};
use crate::cox::fit::named;
use crate::cox::index::NONE;
use crate::cox::likelihood::Evaluation;
use crate::cox::newton::{Factored, Names};
use crate::design::Design;
use crate::error::{Error, Result};

impl Likelihood {
    /// Names of the coefficients of an exit.
    pub(crate) fn names(&self, design: &Design) -> Names {
        let of_basis = |basis: &Basis| {
            let terms = vec![basis.term.clone(); basis.n_columns()];
            Names { columns: basis.names.clone(), terms }
        };
        let mut names = of_basis(&self.bases[0]);
        let others = self.bases[1..].iter().map(of_basis);
        for of in std::iter::once(Names::new(design)).chain(others) {
            names.columns.extend(of.columns);
            names.terms.extend(of.terms);
        }
        names
    }

    /// Names of all coefficients, with the exit where there are several.
    pub(crate) fn names_of_exits(&self, of_exit: &Names) -> Names {
        let all = |names: &[String]| {
            let with = |exit: usize, name: &String| match self.n_exits {
                1 => name.clone(),
                _ => format!("{name} (cause {exit})"),
            };
            (0..self.n_exits)
                .flat_map(|exit| names.iter().map(move |name| with(exit, name)))
                .collect()
        };
        Names { columns: all(&of_exit.columns), terms: all(&of_exit.terms) }
    }

    /// Columns of covariates and further clocks that are not determined by the duration and the columns before them, counted from
    /// the first covariate. `None` if the coefficients of the duration are not told apart.
    pub(crate) fn independent(
        &self,
        null: &Evaluation,
        duration: &[usize],
        least: f64,
    ) -> Option<Kept> {
        let (width, n) = (self.width_of_exit(), self.bases[0].n_columns());
        let mut left = DMatrix::zeros(width - n, width - n);
        for exit in 0..self.n_exits {
            let of_exit = |place: &usize| place / width == exit;
            let own: Vec<usize> = duration.iter().copied().filter(of_exit).collect();
            let others = exit * width + n..(exit + 1) * width;
            let at = |rows: &[usize], columns: &[usize]| {
                DMatrix::from_fn(rows.len(), columns.len(), |a, b| {
                    null.information[(rows[a], columns[b])]
                })
            };
            let others: Vec<usize> = others.collect();
            let inverse = Factored::new(&null.information, &own)?.inverse();
            let between = at(&own, &others);
            left += at(&others, &others) - between.tr_mul(&(inverse * &between));
        }
        Some(independent_columns(&left, &vec![least; width - n]))
    }

    /// Columns left out, in the units of the design.
    pub(crate) fn left_out(&self, kept: &Kept, of_exit: &Names) -> Result<Vec<Collinear>> {
        let n = self.bases[0].n_columns();
        let names = &of_exit.columns[n..];
        let mut scale = self.x.scale.clone();
        scale.resize(names.len(), 1.0);
        // What splines and polynomials leave out is no column by a name.
        let smooth = |column: usize| {
            let of =
                |c: usize| self.places(c).contains(&(column + n)) && !self.bases[c].has_levels();
            (1..self.bases.len()).any(of)
        };
        for (column, with) in &kept.dropped {
            if smooth(*column) || with.iter().any(|(other, _)| smooth(*other)) {
                let with = with.iter().map(|(other, _)| names[*other].clone()).collect();
                return Err(Error::CollinearColumn { column: names[*column].clone(), with });
            }
        }
        Ok(named(kept, names, &scale))
    }

    /// Places among all coefficients of columns counted from the first covariate.
    pub(crate) fn in_all_exits(&self, columns: &[usize]) -> Vec<usize> {
        let (width, n) = (self.width_of_exit(), self.bases[0].n_columns());
        let of_exit = |exit| columns.iter().map(move |column| exit * width + n + column);
        (0..self.n_exits).flat_map(of_exit).collect()
    }

    /// Refuses further clocks with a level in which nobody leaves by an exit.
    pub(crate) fn every_level(&self, exit: usize, kept: &[usize]) -> Result<()> {
        let n = self.bases[0].n_columns();
        for (c, basis) in self.bases.iter().enumerate().skip(1).filter(|(_, b)| b.has_levels()) {
            let mut events = vec![0.0; basis.n_levels];
            for (place, line) in self.lines.all.iter().enumerate() {
                for of in &self.lines.events[line.events.clone()] {
                    let i = of.cell - line.cells.start;
                    let told = self.bases[0].level[line.first as usize + i] != NONE;
                    if told && of.exit as usize == exit {
                        events[basis.level[self.lines.start(place, c - 1) + i] as usize] +=
                            of.weight;
                    }
                }
            }
            let places = self.places(c);
            let is_kept =
                |level: usize| kept.binary_search(&(places.start + level - 1 - n)).is_ok();
            let all = (1..basis.n_levels).all(is_kept);
            for level in 0..basis.n_levels {
                let matters = if level == 0 { all && basis.n_levels > 1 } else { is_kept(level) };
                if matters && events[level] == 0.0 {
                    let (term, level) = (basis.term.clone(), basis.labels[level].clone());
                    return Err(Error::NoEventsInLevel { term, level });
                }
            }
        }
        Ok(())
    }
}
