//! SVG to PNG with the embedded font only.

use std::sync::{Arc, OnceLock};

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{self, Options, Tree, fontdb::Database};

use super::text;

/// Why a picture could not be drawn.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// The text is not an SVG document.
    #[error("cannot read the figure as svg: {0}")]
    Svg(#[from] usvg::Error),
    /// The picture would have no pixels or more than memory allows.
    #[error("a picture of {width} by {height} pixels cannot be made; use another scale")]
    Size {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// More lines than can be told apart.
    #[error("a panel of {lines} lines cannot be read: {most} can be told apart")]
    TooManyLines {
        /// Lines of a panel.
        lines: usize,
        /// The most that can be told apart.
        most: usize,
    },
    /// More panels than a page holds.
    #[error("a figure of {panels} panels does not fit on a page: it holds {most}")]
    TooManyPanels {
        /// Panels.
        panels: usize,
        /// The most that a page holds.
        most: usize,
    },
    /// The picture could not be encoded.
    #[error("cannot encode the figure as {kind}: {message}")]
    Encode {
        /// The format.
        kind: &'static str,
        /// What the encoder said.
        message: String,
    },
}

/// Draws an SVG of this module at `scale` pixels a unit (2 for screens, 3 for about 300 dots an inch in print).
///
/// Letters come from the embedded font (Latin, Greek, Cyrillic); the same SVG gives the same bytes.
///
/// # Errors
///
/// If the text is not SVG, or the picture would have no pixels or too many.
pub fn to_png(svg: &str, scale: f32) -> Result<Vec<u8>, PictureError> {
    let tree = tree(svg)?;
    let size = tree.size();
    let (width, height) =
        ((size.width() * scale).ceil() as u32, (size.height() * scale).ceil() as u32);
    let pixels = u64::from(width) * u64::from(height);
    let mut map = Some(())
        .filter(|()| pixels <= 200_000_000)
        .and_then(|()| Pixmap::new(width, height))
        .ok_or(PictureError::Size { width, height })?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut map.as_mut());
    map.encode_png()
        .map_err(|error| PictureError::Encode { kind: "png", message: error.to_string() })
}

/// Reads an SVG of this module.
pub(super) fn tree(svg: &str) -> Result<Tree, PictureError> {
    let options =
        Options { fontdb: fonts(), font_family: "Inter".to_owned(), ..Options::default() };
    Ok(Tree::from_str(svg, &options)?)
}

fn fonts() -> Arc<Database> {
    static FONTS: OnceLock<Arc<Database>> = OnceLock::new();
    Arc::clone(FONTS.get_or_init(|| {
        let mut fonts = Database::new();
        fonts.load_font_data(text::REGULAR.to_vec());
        fonts.load_font_data(text::SEMI_BOLD.to_vec());
        fonts.set_sans_serif_family("Inter");
        Arc::new(fonts)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_typed() {
        assert!(matches!(to_png("no svg", 1.0), Err(PictureError::Svg(_))));
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"10\" height=\"10\"/>";
        for scale in [0.0, -1.0, f32::NAN, 1e8] {
            assert!(matches!(to_png(svg, scale), Err(PictureError::Size { .. })), "{scale}");
        }
        assert!(to_png(svg, 2.0).unwrap().starts_with(b"\x89PNG"));
    }
}
