//! A small SVG writer: elements in order, numbers with at most two decimals, all text escaped.

use std::fmt::Write;

use super::palette::{Colour, GRID, INK, MUTE, PAPER, RULE};
use super::text::{FAMILY, Weight};

/// Roles that a page may restyle; the attributes are the colours on white.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Ink,
    Mute,
    Rule,
    Grid,
}

impl Role {
    fn class(self) -> &'static str {
        match self {
            Self::Ink => "ink",
            Self::Mute => "mute",
            Self::Rule => "rule",
            Self::Grid => "grid",
        }
    }

    fn colour(self) -> Colour {
        match self {
            Self::Ink => INK,
            Self::Mute => MUTE,
            Self::Rule => RULE,
            Self::Grid => GRID,
        }
    }
}

/// How a line is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pattern {
    Solid,
    Dashed,
    DashDot,
    /// For thin lines beside others.
    Dotted,
}

impl Pattern {
    fn attribute(self) -> &'static str {
        match self {
            Self::Solid => " stroke-linecap=\"round\"",
            Self::Dashed => " stroke-dasharray=\"5 3\"",
            Self::DashDot => " stroke-dasharray=\"7 2.5 1.5 2.5\"",
            Self::Dotted => " stroke-dasharray=\"1 1.6\"",
        }
    }
}

/// Horizontal place of a text relative to its x.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Type {
    pub(super) size: f64,
    pub(super) weight: Weight,
    pub(super) role: Role,
    pub(super) anchor: Anchor,
}

impl Type {
    pub(super) fn new(size: f64, role: Role) -> Self {
        Self { size, weight: Weight::Regular, role, anchor: Anchor::Start }
    }

    pub(super) fn semi_bold(self) -> Self {
        Self { weight: Weight::SemiBold, ..self }
    }

    pub(super) fn anchor(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// Elements of a picture in drawing order.
#[derive(Debug, Default)]
pub(super) struct Canvas {
    body: String,
}

impl Canvas {
    /// A filled rectangle of a series; `hint` is shown by browsers under the pointer.
    pub(super) fn bar(&mut self, x: f64, y: f64, w: f64, h: f64, fill: Colour, hint: &str) {
        let _ = write!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\">",
            n(x),
            n(y),
            n(w),
            n(h),
            fill.hex()
        );
        if !hint.is_empty() {
            let _ = write!(self.body, "<title>{}</title>", escape(hint));
        }
        self.body.push_str("</rect>\n");
    }

    /// A rounded swatch of a legend.
    pub(super) fn swatch(&mut self, x: f64, y: f64, size: f64, fill: Colour) {
        let _ = writeln!(
            self.body,
            "<rect x=\"{}\" y=\"{}\" width=\"{s}\" height=\"{s}\" rx=\"2\" fill=\"{}\"/>",
            n(x),
            n(y),
            fill.hex(),
            s = n(size)
        );
    }

    /// A thin straight line in one of the roles.
    pub(super) fn rule(&mut self, from: (f64, f64), to: (f64, f64), width: f64, role: Role) {
        let _ = writeln!(
            self.body,
            "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\" class=\"{}\" stroke=\"{}\" stroke-width=\"{}\"/>",
            n(from.0),
            n(from.1),
            n(to.0),
            n(to.1),
            role.class(),
            role.colour().hex(),
            n(width)
        );
    }

    /// A line through points, by path data.
    pub(super) fn stroke(
        &mut self,
        path: &str,
        colour: Colour,
        width: f64,
        dash: Pattern,
        hint: &str,
    ) {
        let _ = write!(
            self.body,
            "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"{}\" stroke-linejoin=\"miter\"{}>",
            colour.hex(),
            n(width),
            dash.attribute()
        );
        if !hint.is_empty() {
            let _ = write!(self.body, "<title>{}</title>", escape(hint));
        }
        self.body.push_str("</path>\n");
    }

    /// A half-transparent area, by path data.
    pub(super) fn area(&mut self, path: &str, colour: Colour, opacity: f64) {
        let _ = writeln!(
            self.body,
            "<path d=\"{path}\" fill=\"{}\" fill-opacity=\"{}\"/>",
            colour.hex(),
            n(opacity)
        );
    }

    /// A text with its baseline at `y`.
    pub(super) fn text(&mut self, x: f64, y: f64, kind: Type, text: &str) {
        self.text_in(x, y, kind, kind.role.class(), kind.role.colour(), text);
    }

    /// A text on a bar, dark or white by the bar's colour. Pages must not restyle it.
    pub(super) fn text_on(&mut self, x: f64, y: f64, kind: Type, ground: Colour, text: &str) {
        let colour = if ground.wants_dark_text() { INK } else { PAPER };
        self.text_in(x, y, kind, "on", colour, text);
    }

    fn text_in(&mut self, x: f64, y: f64, kind: Type, class: &str, colour: Colour, text: &str) {
        if text.is_empty() {
            return;
        }
        let _ = write!(
            self.body,
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\" class=\"{class}\" fill=\"{}\"",
            n(x),
            n(y),
            n(kind.size),
            colour.hex()
        );
        if kind.weight == Weight::SemiBold {
            self.body.push_str(" font-weight=\"600\"");
        }
        match kind.anchor {
            Anchor::Start => {}
            Anchor::Middle => self.body.push_str(" text-anchor=\"middle\""),
            Anchor::End => self.body.push_str(" text-anchor=\"end\""),
        }
        let _ = writeln!(self.body, ">{}</text>", escape(text));
    }

    /// The whole document. `title` and `description` are for screen readers.
    pub(super) fn finish(
        self,
        id: &str,
        width: f64,
        height: f64,
        title: &str,
        description: &str,
    ) -> String {
        let (w, h) = (n(width), n(height));
        let id = identifier(id);
        let mut svg = String::with_capacity(self.body.len() + 900);
        let _ = writeln!(
            svg,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
             font-family=\"{FAMILY}\" role=\"img\" aria-labelledby=\"{id}-{w}-t {id}-{w}-d\">\n\
             <title id=\"{id}-{w}-t\">{}</title>\n<desc id=\"{id}-{w}-d\">{}</desc>\n\
             <rect width=\"{w}\" height=\"{h}\" class=\"ground\" fill=\"{}\"/>",
            escape(title),
            escape(description),
            PAPER.hex()
        );
        svg.push_str(&self.body);
        svg.push_str("</svg>\n");
        svg
    }
}

/// A number with at most two decimals and no needless zeros; not finite becomes 0.
pub(super) fn n(value: f64) -> String {
    hundredths((if value.is_finite() { value * 100.0 } else { 0.0 }).round() as i64)
}

/// A whole number of hundredths as a decimal number.
fn hundredths(value: i64) -> String {
    let sign = if value < 0 { "-" } else { "" };
    let (whole, rest) = (value.unsigned_abs() / 100, value.unsigned_abs() % 100);
    match (rest, rest % 10) {
        (0, _) => format!("{sign}{whole}"),
        (_, 0) => format!("{sign}{whole}.{}", rest / 10),
        _ => format!("{sign}{whole}.{rest:02}"),
    }
}

/// Path data in hundredths of a unit, with short relative commands that do not drift.
#[derive(Debug, Default)]
pub(super) struct Path {
    data: String,
    at: Option<(i64, i64)>,
}

impl Path {
    /// Lifts the pen and starts again at a point.
    pub(super) fn move_to(&mut self, x: f64, y: f64) {
        self.data.push('M');
        self.data.push_str(&n(x));
        self.data.push(' ');
        self.data.push_str(&n(y));
        self.at = Some((whole(x), whole(y)));
    }

    /// Draws to a point; along an axis where it can.
    pub(super) fn line_to(&mut self, x: f64, y: f64) {
        let Some((x0, y0)) = self.at else { return self.move_to(x, y) };
        let (dx, dy) = (whole(x) - x0, whole(y) - y0);
        match (dx, dy) {
            (0, 0) => {}
            (_, 0) => {
                self.data.push('h');
                self.data.push_str(&hundredths(dx));
            }
            (0, _) => {
                self.data.push('v');
                self.data.push_str(&hundredths(dy));
            }
            _ => {
                self.data.push('l');
                self.data.push_str(&hundredths(dx));
                self.data.push(' ');
                self.data.push_str(&hundredths(dy));
            }
        }
        self.at = Some((x0 + dx, y0 + dy));
    }

    /// Closes the area.
    pub(super) fn close(&mut self) {
        if self.at.take().is_some() {
            self.data.push('Z');
        }
    }

    pub(super) fn data(&self) -> &str {
        &self.data
    }
}

fn whole(value: f64) -> i64 {
    (if value.is_finite() { value * 100.0 } else { 0.0 }).round() as i64
}

/// Text for XML and HTML: `& < > " '` become entities, characters that XML forbids are dropped.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' => out.push(c),
            '\u{0}'..='\u{1f}' | '\u{7f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(c),
        }
    }
    out
}

/// An id with only letters, digits, `-` and `_`, beginning with a letter.
pub(crate) fn identifier(text: &str) -> String {
    let mut id: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' }).collect();
    if !id.starts_with(|c: char| c.is_ascii_alphabetic()) {
        id.insert(0, 'x');
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let got: Vec<String> = [0.0, 1.0, 1.5, 1.25, -0.04, 1.005, -3.10, 1e-9, f64::NAN]
            .iter()
            .map(|&v| n(v))
            .collect();
        assert_eq!(got, ["0", "1", "1.5", "1.25", "-0.04", "1", "-3.1", "0", "0"]);
    }

    #[test]
    fn paths_do_not_drift() {
        let mut path = Path::default();
        path.move_to(0.0, 0.0);
        for i in 1..=3 {
            path.line_to(f64::from(i) / 3.0, 0.0);
        }
        path.line_to(1.0, 2.0);
        path.line_to(2.0, 3.0);
        path.close();
        assert_eq!(path.data(), "M0 0h0.33h0.34h0.33v2l1 1Z");
    }

    #[test]
    fn text_cannot_leave_its_element() {
        assert_eq!(escape("<b>&\"'\u{0}\u{8}</b>"), "&lt;b&gt;&amp;&quot;&#39;&lt;/b&gt;");
        assert_eq!(identifier("4.2 \"x\""), "x4-2--x-");
        assert_eq!(identifier(""), "x");
    }

    #[test]
    fn hints_and_texts_are_escaped() {
        let mut canvas = Canvas::default();
        canvas.bar(0.0, 0.0, 1.0, 1.0, INK, "a<b");
        canvas.stroke("M0 0", INK, 1.0, Pattern::Dashed, "c&d");
        canvas.text(0.0, 0.0, Type::new(10.0, Role::Ink), "<script>");
        let svg = canvas.finish("a b", 10.0, 10.0, "t<", "d&");
        for bad in ["a<b", "c&d", "<script>", "t<<", "d&<"] {
            assert!(!svg.contains(bad), "{bad}");
        }
    }
}
