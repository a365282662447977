//! Figures of publication quality: typed charts in, SVG, PNG and PDF out, the same bytes every time.
//!
//! A [`Chart`] holds numbers and words, never pixels. [`render`] lays it out for a page (720 units
//! wide) or a phone (360) in Danish or English; [`to_png`] and [`to_pdf`] draw that SVG with the embedded font,
//! so a picture does not depend on the fonts of the machine.
//!
//! | chart | for |
//! |---|---|
//! | [`StackedBars`] | shares by category, such as exits by start year; value labels, direct legend |
//! | [`Curves`] | step curves with confidence bands in small multiples, number at risk below; or plain lines |
//! | [`Areas`] | probabilities of states as stacked areas over time |
//! | [`Dots`] | shares of many small areas with intervals, ranked, beside the share of all |
//! | [`Forest`] | ratios of a regression with intervals on a logarithmic axis, terms and levels down the side |
//!
//! ```
//! use afgang::figure::{self, Chart, Options, Palette, Series, StackedBars};
//! use afgang::labels::Lang;
//!
//! let chart = Chart::StackedBars(StackedBars {
//!     title: "Afgange efter startår".into(),
//!     categories: vec!["2011".into(), "2012".into()],
//!     series: vec![
//!         Series::new("employment", "Beskæftigelse", vec![61.0, 58.5]),
//!         Series::new("other", "Andet", vec![39.0, 41.5]),
//!     ],
//!     palette: Palette::Exits,
//!     ..StackedBars::named("figure_4_7")
//! });
//! let picture = figure::render(&chart, Options::page(Lang::Da));
//! assert!(picture.svg.contains("58,5"));
//! ```
//!
//! Colours can be told apart with the common colour-vision deficiencies (Okabe and Ito 2008). Every
//! text of the caller is escaped. Empty charts and numbers that are not finite leave gaps; nothing here panics.
//! Text and lines carry the classes `ink`, `mute`, `rule`, `grid` and `ground`, so that a page that embeds
//! the SVG can restyle them for a dark screen.

mod areas;
mod axis;
mod bars;
mod chart;
mod curves;
mod dots;
mod forest;
mod frame;
#[cfg(test)]
mod geometry;
mod letters;
mod palette;
mod pdf;
mod png;
mod risk_table;
mod svg;
mod text;

pub use areas::Areas;
pub use chart::{
    Along, Chart, Curves, Effect, Forest, ForestPanel, ForestRow, Line, Panel, Ratio, RiskRow,
    Scale, Series, StackedBars, YScale,
};
pub use dots::{Dot, Dots};
pub use letters::spelled_out;
pub use palette::{Colour, MOST_LINES, Palette};
pub use pdf::to_pdf;
pub use png::{PictureError, to_png};
pub(crate) use svg::{escape, identifier};

use crate::labels::Lang;

/// For which reader a chart is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Width {
    /// A journal page or a wide screen: 720 units.
    #[default]
    Page,
    /// A phone: 360 units, panels below each other.
    Phone,
}

impl Width {
    /// The width of the picture in SVG units.
    pub fn units(self) -> f64 {
        match self {
            Self::Page => 720.0,
            Self::Phone => 360.0,
        }
    }
}

/// Most panels of a figure.
pub const MOST_PANELS: usize = 24;

/// How a chart is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Language of numbers and of the few words that figures add.
    pub lang: Lang,
    /// Page or phone.
    pub width: Width,
    /// Whether title, subtitle and note are part of the picture. A page that sets them itself says `false`.
    pub heading: bool,
}

impl Options {
    /// A figure that stands alone: page width, with its heading.
    pub fn page(lang: Lang) -> Self {
        Self { lang, width: Width::Page, heading: true }
    }

    /// A figure inside a page that sets heading and note itself.
    pub fn inline(lang: Lang, width: Width) -> Self {
        Self { lang, width, heading: false }
    }
}

/// A finished picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// A whole SVG document without an XML declaration; can be inlined in HTML.
    pub svg: String,
    /// Width in SVG units.
    pub width: f64,
    /// Height in SVG units.
    pub height: f64,
}

/// Draws a chart. The same chart and options give the same bytes.
pub fn render(chart: &Chart, options: Options) -> Rendered {
    match chart {
        Chart::StackedBars(bars) => bars::render(bars, options),
        Chart::Curves(curves) => curves::render(curves, options),
        Chart::Areas(areas) => areas::render(areas, options),
        Chart::Forest(forest) => forest::render(forest, options),
        Chart::Dots(dots) => dots::render(dots, options),
    }
}

/// The embedded font, regular and semi-bold, for pages that want to show the same letters (Inter, SIL Open Font License 1.1).
pub fn font_files() -> [(u16, &'static [u8]); 2] {
    [(400, text::REGULAR), (600, text::SEMI_BOLD)]
}
