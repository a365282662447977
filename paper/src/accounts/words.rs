//! What readers call items, groups, variables and units of accounts.

use std::borrow::Cow;

use crate::labels::{self, Lang};

/// One row of the list: key, Danish, English.
type Entry = (&'static str, &'static str, &'static str);

const WORDS: &[Entry] = &[
    ("HK5", "Hovedkonto 5", "Main account 5"),
    ("HK6", "Hovedkonto 6", "Main account 6"),
    ("total", "I alt", "Total"),
    (
        "survey_correction_HK6",
        "Heraf korrektion, hovedkonto 6",
        "Of which correction, main account 6",
    ),
    ("gross", "Brutto", "Gross"),
    ("refunds", "Statslig refusion", "State refunds"),
    ("net", "Netto", "Net"),
    ("dagpenge", "Dagpenge", "Unemployment insurance"),
    ("kontant_og_uddannelseshjaelp", "Kontant- og uddannelseshjælp", "Social assistance"),
    ("revalidering", "Revalidering", "Rehabilitation"),
    ("ledighedsydelse", "Ledighedsydelse", "Flex-job unemployment benefit"),
    (
        "sygedagpenge_inkl_jobafklaring",
        "Sygedagpenge inkl. jobafklaring",
        "Sickness benefit incl. job clarification",
    ),
    ("ressourceforloeb", "Ressourceforløb", "Resource programme"),
    ("six_groups_total", "De seks grupper i alt", "The six groups together"),
    ("fleksjob", "Fleksjob", "Flex job"),
    ("foertidspension", "Førtidspension", "Disability pension"),
    ("efterloen", "Efterløn", "Early retirement"),
    ("other", "Øvrige", "Other"),
    ("share_dagpenge", "Andel dagpenge, pct.", "Share unemployment insurance, %"),
    (
        "share_kontant_uddannelseshjaelp",
        "Andel kontant- og uddannelseshjælp, pct.",
        "Share social assistance, %",
    ),
    ("share_revalidering", "Andel revalidering, pct.", "Share rehabilitation, %"),
    ("share_ressourceforloeb", "Andel ressourceforløb, pct.", "Share resource programme, %"),
    (
        "share_ledighedsydelse",
        "Andel ledighedsydelse, pct.",
        "Share flex-job unemployment benefit, %",
    ),
    ("share_sygedagpenge", "Andel sygedagpenge, pct.", "Share sickness benefit, %"),
    (
        "unemployed_pct_of_17_64",
        "Fuldtidsledige, pct. af 17-64-årige",
        "Full-time unemployed, % of ages 17–64",
    ),
    ("ln_population", "Befolkning, logaritme", "Population, log"),
    ("economic_pressure", "Økonomisk pres", "Economic pressure"),
    (
        "disability_pension_pct_of_17_64",
        "Førtidspensionister, pct. af 17-64-årige",
        "Disability pensioners, % of ages 17–64",
    ),
    ("population", "Befolkning", "Population"),
    ("constant", "Konstant", "Constant"),
    ("minimum", "Minimum", "Minimum"),
    ("q1", "1. kvartil", "First quartile"),
    ("median", "Median", "Median"),
    ("q3", "3. kvartil", "Third quartile"),
    ("maximum", "Maksimum", "Maximum"),
    ("growth quartile 1", "Vækst, 1. kvartil (lavest)", "Growth, quartile 1 (lowest)"),
    ("growth quartile 2", "Vækst, 2. kvartil", "Growth, quartile 2"),
    ("growth quartile 3", "Vækst, 3. kvartil", "Growth, quartile 3"),
    ("growth quartile 4", "Vækst, 4. kvartil (højest)", "Growth, quartile 4 (highest)"),
    ("conditions 1 (10 best)", "Gruppe 1 (10 bedste)", "Group 1 (10 best)"),
    ("conditions 2", "Gruppe 2", "Group 2"),
    ("conditions 3", "Gruppe 3", "Group 3"),
    ("conditions 4 (10 hardest)", "Gruppe 4 (10 sværeste)", "Group 4 (10 hardest)"),
    ("population 1 (<30000)", "Under 30.000", "Below 30,000"),
    ("population 2 (30000-50000)", "30.000–50.000", "30,000–50,000"),
    ("population 3 (50000-80000)", "50.000–80.000", "50,000–80,000"),
    ("population 4 (80000-120000)", "80.000–120.000", "80,000–120,000"),
    ("population 5 (>120000)", "Over 120.000", "Above 120,000"),
    ("yes", "ja", "yes"),
    ("no", "nej", "no"),
];

const COLUMNS: &[Entry] = &[
    ("item", "Post", "Item"),
    ("group", "Gruppe", "Group"),
    ("row", "Variabel", "Variable"),
    ("column", "Udgift", "Expenditure"),
    ("r", "Korrelation", "Correlation"),
    ("p_below_0_05", "p < 0,05", "p < 0.05"),
    ("period", "Periode", "Period"),
    ("outcome", "Udgift", "Expenditure"),
    ("term", "Variabel", "Variable"),
    ("coefficient", "Koefficient", "Coefficient"),
    ("standard_error", "Standardfejl", "Standard error"),
    ("stars", "Stjerner", "Stars"),
    ("observations", "Observationer", "Observations"),
    ("job_centres", "Jobcentre", "Job centres"),
    ("adj_r2", "Justeret R²", "Adjusted R²"),
    ("max_vif", "Største VIF", "Largest VIF"),
    ("statistic", "Mål", "Statistic"),
    ("bin", "Udgift pr. fuldtidsledig, kr.", "Expenditure per full-time unemployed, DKK"),
    ("persons", "Fuldtidspersoner", "Full-time persons"),
];

fn find(list: &[Entry], key: &str, lang: Lang) -> Option<&'static str> {
    list.iter().find(|(name, _, _)| *name == key).map(|(_, da, en)| lang.pick(da, en))
}

/// The label of an item, a group, a variable or a class; a key without one is shown as it is.
pub(crate) fn label(key: &str, lang: Lang) -> String {
    if let Some(label) = find(WORDS, key, lang) {
        return label.to_owned();
    }
    match key.strip_prefix("year_") {
        Some(year) => format!("{} {year}", lang.pick("År", "Year")),
        None => key.to_owned(),
    }
}

/// The heading of a column.
pub(crate) fn column(key: &str, lang: Lang) -> Cow<'_, str> {
    if key.contains("dkk_") {
        return Cow::Owned(unit(key, lang));
    }
    Cow::Borrowed(find(COLUMNS, key, lang).unwrap_or_else(|| labels::column(key, lang)))
}

/// Name of the column of kroner per full-time unemployed.
pub(crate) fn per_unemployed(price_year: i32) -> String {
    format!("dkk_{price_year}_per_full_time_unemployed")
}

/// What a column of kroner or persons holds: `million_dkk_2019` is "Mio. kr., 2019-priser".
pub(crate) fn unit(column: &str, lang: Lang) -> String {
    let (prefix, rest) = column.split_once("dkk_").unwrap_or((column, ""));
    let (year, what) = rest.split_once('_').unwrap_or((rest, ""));
    if year.is_empty() {
        return find(COLUMNS, column, lang).unwrap_or(column).to_owned();
    }
    let kroner = match (prefix, lang) {
        ("million_", Lang::Da) => "Mio. kr.",
        ("million_", Lang::En) => "Million DKK",
        (_, Lang::Da) => "Kr.",
        (_, Lang::En) => "DKK",
    };
    let per = match (what, lang) {
        ("per_full_time_unemployed", Lang::Da) => " pr. fuldtidsledig",
        ("per_full_time_unemployed", Lang::En) => " per full-time unemployed",
        _ => "",
    };
    match lang {
        Lang::Da => format!("{kroner}{per}, {year}-priser"),
        Lang::En => format!("{kroner}{per}, {year} prices"),
    }
}

/// A class of numbers: `<32000`, `32000-37000`, `>42000`.
pub(crate) fn bin(key: &str, lang: Lang) -> String {
    let number =
        |text: &str| text.parse().map_or_else(|_| text.to_owned(), |v| labels::number(v, 0, lang));
    if let Some(high) = key.strip_prefix('<') {
        return format!("{} {}", lang.pick("Under", "Below"), number(high));
    }
    if let Some(low) = key.strip_prefix('>') {
        return format!("{} {}", lang.pick("Over", "Above"), number(low));
    }
    key.split_once('-')
        .map_or_else(|| key.to_owned(), |(low, high)| format!("{}–{}", number(low), number(high)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_and_classes_in_words() {
        assert_eq!(unit("million_dkk_2019", Lang::Da), "Mio. kr., 2019-priser");
        assert_eq!(
            unit(&per_unemployed(2015), Lang::En),
            "DKK per full-time unemployed, 2015 prices"
        );
        assert_eq!(unit("dkk_2019", Lang::En), "DKK, 2019 prices");
        assert_eq!(unit("persons", Lang::Da), "Fuldtidspersoner");
        assert_eq!(bin("<32000", Lang::Da), "Under 32.000");
        assert_eq!(bin("32000-37000", Lang::En), "32,000–37,000");
        assert_eq!(bin(">42000", Lang::En), "Above 42,000");
        assert_eq!(label("year_2015", Lang::Da), "År 2015");
        assert_eq!(label("moon", Lang::Da), "moon");
    }
}
