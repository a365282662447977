//! Benefit months and interventions.

use super::beside::comparison;
use super::{Material, figure};
use crate::report::{Item, Section};
use crate::study::Kind;

/// Tables and figures of benefit months, in the order of the study.
pub(super) fn section(material: Material<'_>) -> Section {
    let lang = material.lang;
    let mut items = Vec::new();
    for (output, built) in material.study.outputs.iter().zip(material.built) {
        if !matches!(output.kind, Kind::BenefitMonths { .. } | Kind::MonthsByIntervention { .. }) {
            continue;
        }
        items.push(match &built.chart {
            Some(chart) => Item::Figure(Box::new(figure(material, output, chart))),
            None => Item::Comparison(comparison(material, output, built)),
        });
    }
    Section {
        title: lang.pick("Ydelsesmåneder og indsatser", "Benefit months and interventions").to_owned(),
        intro: vec![
            lang.pick(
                "En måned tæller, når koden i dens sidste uge hører til en af de fire målgrupper. Fuldtidspersoner er \
                 måneder divideret med 12.",
                "A month counts if the code of its last week belongs to one of the four target groups. Full-time \
                 persons are months divided by 12.",
            )
            .to_owned(),
        ],
        items,
        ..Section::named("months")
    }
}
