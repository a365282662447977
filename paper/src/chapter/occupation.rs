//! The section on states after the start of a spell, which no published report has.

use super::{Material, figure};
use crate::report::{Item, Section};
use crate::study::Kind;

/// Figures of state occupation.
pub(super) fn section(material: Material<'_>) -> Section {
    let lang = material.lang;
    let mut items = Vec::new();
    for (output, built) in material.study.outputs.iter().zip(material.built) {
        if let (Kind::StateOccupation { .. }, Some(chart)) = (&output.kind, &built.chart) {
            items.push(Item::Figure(Box::new(figure(material, output, chart))));
        }
    }
    let mut intro = vec![
        lang.pick(
            "Ud over rapporten: her er intet trykt at sammenligne med. Hver figur viser, hvor stor en del af de forløb, der \
             begynder i en målgruppe, der efter så mange måneder er i hver af målgrupperne, og hvor stor en del der er \
             afgået til hvad (Aalen–Johansen). Standardfejlene i datafilerne regner forløb for uafhængige og \
             overgangene for en Markov-proces.",
            "Beyond the report: nothing is printed to compare with. Each figure shows what part of the spells that start \
             in a target group are in each of the target groups after so many months, and what part have left to what \
             (Aalen–Johansen). The standard errors in the data files take spells for independent and transitions for a \
             Markov process.",
        )
        .to_owned(),
    ];
    if material.record.synthetic_register.is_some() {
        intro.push(
            lang.pick(
                "Registeret er syntetisk, og skift mellem målgrupper er valgt, ikke kalibreret til trykte tal: figurerne \
                 viser beregningen og siger intet om virkeligheden.",
                "The register is synthetic, and changes between target groups are chosen, not calibrated to printed \
                 numbers: the figures show the computation and say nothing about the world.",
            )
            .to_owned(),
        );
    }
    Section {
        title: lang
            .pick(
                "Ud over rapporten: tilstande efter begyndelsen",
                "Beyond the report: states after the start",
            )
            .to_owned(),
        intro,
        items,
        ..Section::named("state_occupation")
    }
}
