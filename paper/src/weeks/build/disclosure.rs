//! Hidden numbers that would follow from shown ones.

/// Rows of which the last is the sum of the others.
pub(super) type Sum = Vec<usize>;

/// A number this small beside sums and differences of rows is rounding.
const NOTHING: f64 = 1e-9;

/// Hides more rows until none that is hidden now follows from those that are shown.
///
/// Each sum is an equation in the hidden rows. A hidden row follows if some combination of the equations has no other hidden row in it;
/// then of the shown rows that the combination needs the one with the fewest persons is hidden too, and all is looked at again.
pub(super) fn hide_what_follows(hidden: &mut [bool], sums: &[Sum], persons: &[u64]) {
    let secret: Vec<usize> = (0..hidden.len()).filter(|&row| hidden[row]).collect();
    loop {
        let equations = Equations::of(hidden, sums);
        let mut more: Vec<usize> = Vec::new();
        for &row in &secret {
            let Some(combination) = equations.combination(row) else { continue };
            let needed = shown_in(&combination, sums, hidden);
            // What is hidden for the sake of another row may do for this one.
            if needed.iter().any(|row| more.contains(row)) {
                continue;
            }
            more.extend(needed.into_iter().min_by_key(|&row| (persons[row], row)));
        }
        if more.is_empty() {
            return;
        }
        for row in more {
            hidden[row] = true;
        }
    }
}

/// Shown rows that a combination of sums has a multiple of.
fn shown_in(combination: &[(usize, f64)], sums: &[Sum], hidden: &[bool]) -> Vec<usize> {
    let mut multiples = std::collections::BTreeMap::new();
    for &(sum, times) in combination {
        for (row, sign) in signed(&sums[sum]).filter(|&(row, _)| !hidden[row]) {
            *multiples.entry(row).or_insert(0.0) += times * sign;
        }
    }
    let needed = multiples.into_iter().filter(|(_, times): &(usize, f64)| times.abs() > NOTHING);
    needed.map(|(row, _)| row).collect()
}

/// Parts of a sum, and less the sum itself.
fn signed(sum: &[usize]) -> impl Iterator<Item = (usize, f64)> {
    let last = sum.len().saturating_sub(1);
    (0..).zip(sum).map(move |(place, &row)| (row, if place == last { -1.0 } else { 1.0 }))
}

/// The sums as equations in hidden rows, solved as far as they go.
struct Equations {
    /// Hidden rows in sums, one a column.
    columns: Vec<usize>,
    /// Coefficients of the columns, then multiples of the sums that an equation is made of.
    lines: Vec<Vec<f64>>,
    /// The line that is solved for a column.
    solved: Vec<Option<usize>>,
    /// The sum of each multiple.
    used: Vec<usize>,
}

impl Equations {
    fn of(hidden: &[bool], sums: &[Sum]) -> Self {
        let used: Vec<usize> =
            (0..sums.len()).filter(|&sum| sums[sum].iter().any(|&row| hidden[row])).collect();
        let mut columns: Vec<usize> =
            used.iter().flat_map(|&sum| &sums[sum]).copied().filter(|&row| hidden[row]).collect();
        columns.sort_unstable();
        columns.dedup();
        let width = columns.len();
        let line = |(place, &sum): (usize, &usize)| {
            let mut line = vec![0.0; width + used.len()];
            for (row, sign) in signed(&sums[sum]) {
                if let Ok(column) = columns.binary_search(&row) {
                    line[column] += sign;
                }
            }
            line[width + place] = 1.0;
            line
        };
        let lines: Vec<Vec<f64>> = used.iter().enumerate().map(line).collect();
        let mut of = Self { solved: vec![None; width], columns, lines, used };
        of.solve();
        of
    }

    /// Gauss–Jordan: each column that can be is solved for, and taken out of all other lines.
    fn solve(&mut self) {
        let mut next = 0;
        for column in 0..self.columns.len() {
            let size = |line: &usize| self.lines[*line][column].abs();
            let largest = (next..self.lines.len()).max_by(|a, b| size(a).total_cmp(&size(b)));
            let Some(largest) = largest.filter(|line| size(line) > NOTHING) else { continue };
            self.lines.swap(next, largest);
            let pivot = self.lines[next][column];
            self.lines[next].iter_mut().for_each(|value| *value /= pivot);
            let solved = self.lines[next].clone();
            for (place, line) in self.lines.iter_mut().enumerate() {
                let times = line[column];
                if place != next && times != 0.0 {
                    line.iter_mut().zip(&solved).for_each(|(value, of)| *value -= times * of);
                }
            }
            self.solved[column] = Some(next);
            next += 1;
        }
    }

    /// The sums whose combination has this hidden row alone, if there are any.
    fn combination(&self, row: usize) -> Option<Vec<(usize, f64)>> {
        let column = self.columns.binary_search(&row).ok()?;
        let (hidden, multiples) = self.lines[self.solved[column]?].split_at(self.columns.len());
        let others = hidden.iter().enumerate().filter(|(place, _)| *place != column);
        let alone = others.into_iter().all(|(_, times)| times.abs() <= NOTHING);
        alone.then(|| {
            let all = self.used.iter().copied().zip(multiples.iter().copied());
            all.filter(|(_, times)| times.abs() > NOTHING).collect()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(persons: &[u64], sums: &[Sum], few: u64) -> Vec<usize> {
        let mut hidden: Vec<bool> = persons.iter().map(|&n| n < few).collect();
        hide_what_follows(&mut hidden, sums, persons);
        (0..persons.len()).filter(|&row| hidden[row]).collect()
    }

    #[test]
    fn the_smallest_other_part_joins_the_only_hidden_one() {
        // 3 + 20 + 9 = 32.
        assert_eq!(hidden(&[3, 20, 9, 32], &[vec![0, 1, 2, 3]], 5), [0, 2]);
        // Of a sum of one part that is hidden the sum is hidden too, and no more.
        assert_eq!(hidden(&[3, 3], &[vec![0, 1]], 5), [0, 1]);
        // Two hidden parts protect each other.
        assert_eq!(hidden(&[3, 20, 4, 27], &[vec![0, 1, 2, 3]], 5), [0, 2]);
    }

    /// 1 + 9 + 20 = 30 in all, and 29 of them in the last two: the first is the difference of two totals, whatever part is hidden.
    #[test]
    fn differences_of_totals_tell_nothing() {
        let sums = [vec![0, 1, 2, 3], vec![1, 2, 4]];
        assert_eq!(hidden(&[1, 9, 20, 30, 29], &sums, 5), [0, 1, 4]);
    }

    /// Two areas with two rows each and all totals: one hidden number hides the other three inner ones.
    #[test]
    fn both_ways_of_a_table() {
        // a: 2 + 8 = 10; b: 7 + 9 = 16; all: 9 + 17 = 26.
        let sums = [
            vec![0, 1, 2],
            vec![3, 4, 5],
            vec![6, 7, 8],
            vec![0, 3, 6],
            vec![1, 4, 7],
            vec![2, 5, 8],
        ];
        let persons = [2, 8, 10, 7, 9, 16, 9, 17, 26];
        let found = hidden(&persons, &sums, 5);
        assert!(found.contains(&0) && found.len() >= 4, "{found:?}");
        assert!(!follows(&found, &sums, persons.len(), 0), "{found:?}");
    }

    /// Pairs of three: each is half of the sum of two pairs less the third.
    #[test]
    fn overlapping_totals() {
        let sums = [vec![0, 1, 3], vec![1, 2, 4], vec![0, 2, 5]];
        let persons = [1, 2, 3, 30, 50, 40];
        let found = hidden(&persons, &sums, 5);
        assert_eq!(found.len(), 4, "{found:?}");
        assert!((0..3).all(|row| !follows(&found, &sums, persons.len(), row)), "{found:?}");
    }

    /// By another way than the program's: a row follows if all solutions of the sums agree in it, that is, if no vector with a 1 there
    /// solves the sums with 0 for shown rows.
    fn follows(hidden: &[usize], sums: &[Sum], rows: usize, row: usize) -> bool {
        use nalgebra::DMatrix;
        let mut equations = Vec::new();
        for sum in sums {
            let mut line = vec![0.0; rows];
            signed(sum).for_each(|(row, sign)| line[row] += sign);
            equations.push(line);
        }
        for shown in (0..rows).filter(|row| !hidden.contains(row)) {
            let mut line = vec![0.0; rows];
            line[shown] = 1.0;
            equations.push(line);
        }
        let rank =
            |lines: &[Vec<f64>]| DMatrix::from_fn(lines.len(), rows, |i, j| lines[i][j]).rank(1e-9);
        let mut with = equations.clone();
        let mut line = vec![0.0; rows];
        line[row] = 1.0;
        with.push(line);
        rank(&with) == rank(&equations)
    }

    proptest::proptest! {
        /// Areas by rows with the total of all rows and one of some of them, of random numbers.
        #[test]
        fn no_hidden_number_follows(
            counts in proptest::collection::vec(0_u64..30, 12),
            without in 0_usize..3,
            few in 1_u64..12,
        ) {
            // Four areas with three rows, their total, and the total without one of them; then the same of all areas.
            let mut persons = Vec::new();
            for area in counts.chunks(3).map(<[u64]>::to_vec).chain([(0..3)
                .map(|row| counts.iter().skip(row).step_by(3).sum())
                .collect::<Vec<u64>>()])
            {
                let all: u64 = area.iter().sum();
                persons.extend(&area);
                persons.extend([all, all - area[without]]);
            }
            let mut sums: Vec<Sum> = Vec::new();
            for area in 0..5 {
                let row = |row: usize| 5 * area + row;
                sums.push(vec![row(0), row(1), row(2), row(3)]);
                sums.push((0..3).filter(|&r| r != without).map(row).chain([row(4)]).collect());
            }
            sums.extend((0..5).map(|row| (0..5).map(|area| 5 * area + row).collect::<Sum>()));
            let found = hidden(&persons, &sums, few);
            for row in (0..persons.len()).filter(|&row| persons[row] < few) {
                proptest::prop_assert!(found.contains(&row));
                proptest::prop_assert!(!follows(&found, &sums, persons.len(), row), "{row} of {found:?}");
            }
        }
    }
}
