//! Letters that the embedded font does not have.

use std::collections::BTreeSet;

use super::chart::Chart;
use super::text;

/// The chart with code points for letters that the embedded font does not have, such as `U+4E2D·U+56FD` for 中国, and
/// these letters; `None` if the font has all.
///
/// [`to_png`](super::to_png) and [`to_pdf`](super::to_pdf) know no other font and would leave such letters out. An
/// SVG takes them from the fonts of its reader and needs no codes.
///
/// ```
/// use afgang::figure::{Chart, StackedBars, spelled_out};
///
/// let mut bars = StackedBars::named("x");
/// bars.title = "Ødelæggelse, Łódź, Россия".into();
/// assert!(spelled_out(&Chart::StackedBars(bars.clone())).is_none());
/// bars.title = "Til 中国".into();
/// let (chart, letters) = spelled_out(&Chart::StackedBars(bars)).unwrap();
/// assert_eq!(chart.title(), "Til U+4E2D·U+56FD");
/// assert_eq!(letters, ['中', '国']);
/// ```
pub fn spelled_out(chart: &Chart) -> Option<(Chart, Vec<char>)> {
    let mut letters = BTreeSet::new();
    let mut spelled = chart.clone();
    spelled.each_text(&mut |text| {
        let before = letters.len();
        letters.extend(text.chars().filter(|&c| !text::drawn(c)));
        if letters.len() > before || text.chars().any(|c| letters.contains(&c)) {
            *text = codes(text);
        }
    });
    if letters.is_empty() { None } else { Some((spelled, letters.into_iter().collect())) }
}

/// Letters of a run that are written as codes; further ones are dots.
const MOST_OF_RUN: usize = 3;

fn code(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

fn codes(text: &str) -> String {
    let mut spelled = String::new();
    let mut run = 0;
    for c in text.chars() {
        if text::drawn(c) {
            run = 0;
            spelled.push(c);
            continue;
        }
        match run {
            0 => spelled.push_str(&code(c)),
            1..MOST_OF_RUN => {
                spelled.push('·');
                spelled.push_str(&code(c));
            }
            MOST_OF_RUN => spelled.push('…'),
            _ => {}
        }
        run += 1;
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_end_in_dots_and_other_letters_stay() {
        assert_eq!(codes("a 中b"), "a U+4E2Db");
        assert_eq!(codes("العربية"), "U+0627·U+0644·U+0639…");
    }
}
