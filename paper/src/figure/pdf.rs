//! SVG to PDF with the embedded font only.

use krilla::Document;
use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};

use super::png::{PictureError, tree};

/// Points of a unit of the SVG: a page of 720 units is 7.5 inches wide.
const POINTS: f32 = 0.75;

/// Draws an SVG of this module as a PDF of one page, with letters that can be searched and lines that can be scaled.
///
/// # Errors
///
/// If the text is not SVG, or the picture has no size.
pub fn to_pdf(svg: &str) -> Result<Vec<u8>, PictureError> {
    let failed = |message: String| PictureError::Encode { kind: "pdf", message };
    let tree = tree(svg)?;
    let (width, height) = (tree.size().width() * POINTS, tree.size().height() * POINTS);
    let nothing = || failed("the picture has no size".to_owned());
    let size = Size::from_wh(width, height).ok_or_else(nothing)?;
    let settings = PageSettings::from_wh(width, height).ok_or_else(nothing)?;
    let mut document = Document::new();
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    surface
        .draw_svg(&tree, size, SvgSettings::default())
        .ok_or_else(|| failed("a part of the picture cannot be drawn".to_owned()))?;
    surface.finish();
    page.finish();
    document.finish().map_err(|error| failed(format!("{error:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_with_letters_that_can_be_searched() {
        let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100\" height=\"40\">\
                   <text x=\"5\" y=\"20\" font-family=\"Inter\">Afgang</text></svg>";
        let pdf = to_pdf(svg).unwrap();
        assert!(pdf.starts_with(b"%PDF-"));
        let text = String::from_utf8_lossy(&pdf);
        assert!(text.contains("/Inter") || text.contains("+Inter"), "no font of ours");
        assert!(text.contains("[0 0 75 30]"), "another page: {text}");
        assert_eq!(pdf, to_pdf(svg).unwrap(), "the same bytes every time");
        assert!(matches!(to_pdf("no svg"), Err(PictureError::Svg(_))));
    }
}
