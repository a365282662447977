//! The page over several reports.

use std::fmt::Write;

use super::html::{element, escape};
use super::page::start;
use super::tables::factor;
use crate::labels::{self, Lang};

/// A report of the index.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Title of the study.
    pub title: String,
    /// What it is about.
    pub lead: String,
    /// Address of its report, relative to the page.
    pub address: String,
    /// Numbers compared with printed ones, and those that agree.
    pub compared: usize,
    /// Those that agree.
    pub agree: usize,
    /// Size of the register beside the whole country, if it has one.
    pub scale: Option<f64>,
}

/// Sets a page that leads to some reports.
///
/// ```
/// use afgang::labels::Lang;
/// use afgang::report::{Entry, index};
///
/// let entry = Entry {
///     title: "Afgang".into(),
///     lead: String::new(),
///     address: "vive/report.html".into(),
///     compared: 2,
///     agree: 1,
///     scale: Some(0.05),
/// };
/// let page = index(&[entry], Lang::Da);
/// assert!(page.contains("<a href=\"vive/report.html\">Afgang</a>") && page.contains("1 af 2") && page.contains("skala 0,05"));
/// ```
pub fn index(entries: &[Entry], lang: Lang) -> String {
    let title = lang.pick("Genberegnede rapporter", "Reports reproduced");
    let mut html = start(title, lang);
    let note = lang.pick(
        "Registrene er syntetiske: ingen række beskriver et menneske. De er kalibreret til rapporternes trykte tal, så \
         overensstemmelse viser, at beregningen er rigtig, og intet om virkeligheden.",
        "The registers are synthetic: no row describes a person. They are calibrated to the printed numbers of the \
         reports, so agreement shows that the computation is right, and nothing about the world.",
    );
    let _ = write!(
        html,
        "<body id=\"top\">\n<header class=\"masthead\">\n<h1>{}</h1>\n</header>\n<div class=\"lead\" role=\"note\"><div>\n{}\
         </div></div>\n<main class=\"index\">\n",
        escape(title),
        element("p", "", note)
    );
    for entry in entries {
        let [agree, compared] =
            [entry.agree, entry.compared].map(|n| labels::count(n as u64, lang));
        let tally = match lang {
            Lang::Da => format!("{agree} af {compared} trykte tal stemmer."),
            Lang::En => format!("{agree} of {compared} printed numbers agree."),
        };
        let scale = entry.scale.map(|scale| {
            let scale = factor(scale, lang);
            match lang {
                Lang::Da => format!(" Registeret er i skala {scale}."),
                Lang::En => format!(" The register is at scale {scale}."),
            }
        });
        let tally = tally + &scale.unwrap_or_default();
        let _ = write!(
            html,
            "<section>\n<h2><a href=\"{}\">{}</a></h2>\n{}{}</section>\n",
            escape(&entry.address),
            escape(&entry.title),
            element("p", "", entry.lead.trim()),
            element("p", "", &tally)
        );
    }
    html.push_str("</main>\n</body>\n</html>\n");
    html
}
