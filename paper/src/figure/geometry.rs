//! Where the texts of a picture stand, for tests: none may leave the canvas or cover another.

use super::Rendered;
use super::text::{self, Weight};

/// The box of a text: left, top, right, bottom.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) area: [f64; 4],
}

/// The boxes of all texts, as high as capitals.
pub(super) fn words(svg: &str) -> Vec<Word> {
    let texts = svg.lines().filter(|line| line.starts_with("<text "));
    texts
        .map(|line| {
            let value = |name: &str| {
                let from = line.split(&format!(" {name}=\"")).nth(1)?;
                from.split('"').next()
            };
            let number = |name: &str| value(name).unwrap().parse::<f64>().unwrap();
            let (x, y, size) = (number("x"), number("y"), number("font-size"));
            let weight =
                if value("font-weight").is_some() { Weight::SemiBold } else { Weight::Regular };
            let content = line.split('>').nth(1).unwrap().split('<').next().unwrap();
            let content = content.replace("&amp;", "&").replace("&#39;", "'");
            let wide = text::width(&content, size, weight);
            let left = match value("text-anchor") {
                Some("middle") => x - wide / 2.0,
                Some("end") => x - wide,
                _ => x,
            };
            Word { text: content, area: [left, y - 0.73 * size, left + wide, y] }
        })
        .collect()
}

/// Fails where a text leaves the canvas or covers another.
#[track_caller]
pub(super) fn assert_tidy(picture: &Rendered) {
    let words = words(&picture.svg);
    for (i, word) in words.iter().enumerate() {
        let [left, top, right, bottom] = word.area;
        let inside =
            left >= 0.0 && top >= 0.0 && right <= picture.width && bottom <= picture.height;
        assert!(inside, "{word:?} leaves {} x {}", picture.width, picture.height);
        for other in &words[..i] {
            let [l, t, r, b] = other.area;
            let apart =
                right <= l + 0.01 || r <= left + 0.01 || bottom <= t + 0.01 || b <= top + 0.01;
            assert!(apart, "{word:?} covers {other:?}");
        }
    }
}
