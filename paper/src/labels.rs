//! What readers see: Danish and English labels of keys, months and numbers.
//!
//! Data files keep the English keys (`employment`, `aktivitetsparate`); figures and the report show the
//! labels of this module. A key that has no label is shown as it is, so a study with its own code
//! book needs no change here.
//!
//! ```
//! use afgang::labels::{self, Lang};
//! assert_eq!(labels::exit("self_support", Lang::Da), "Selvforsørgelse");
//! assert_eq!(labels::number(1234.56, 1, Lang::Da), "1.234,6");
//! assert_eq!(labels::number(1234.56, 1, Lang::En), "1,234.6");
//! ```

use serde::{Deserialize, Serialize};

/// The language of figures and reports. Danish is the default of the Danish studies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// Danish: decimal comma, full stop between thousands.
    #[default]
    Da,
    /// English: decimal point, comma between thousands.
    En,
}

impl Lang {
    /// The BCP 47 tag, as in `<html lang="da">`.
    pub fn tag(self) -> &'static str {
        match self {
            Self::Da => "da",
            Self::En => "en",
        }
    }

    /// The Danish or the English of two texts.
    pub fn pick<'a>(self, da: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Da => da,
            Self::En => en,
        }
    }
}

/// One row of a label list: key, Danish, English.
type Entry = (&'static str, &'static str, &'static str);

const TARGET_GROUPS: &[Entry] = &[
    ("aktivitetsparate", "Aktivitetsparate", "Activity-ready"),
    ("jobparate", "Jobparate", "Job-ready"),
    ("sygedagpenge", "Sygedagpenge", "Sickness benefit"),
    ("dagpenge", "Dagpenge", "Unemployment insurance"),
    ("all", "Alle", "All"),
    ("total", "I alt", "Total"),
];

const EXITS: &[Entry] = &[
    ("employment", "Beskæftigelse", "Employment"),
    ("self_support", "Selvforsørgelse", "Self-support"),
    ("education", "Ordinær uddannelse", "Ordinary education"),
    ("flex_job", "Fleks- eller skånejob", "Flex or sheltered job"),
    ("partial_sick_return", "Delvis raskmelding", "Partial return from sickness"),
    ("disability_pension", "Førtidspension", "Disability pension"),
    ("other", "Andet", "Other"),
    ("dead_or_emigrated", "Død eller ej bosat i Danmark", "Dead or not resident"),
    ("still_unemployed", "Fortsat arbejdsløs ved dataophør", "Still unemployed at the end of data"),
    ("back_in_benefit", "Tilbage i ydelse", "Back in benefit"),
    ("unobserved", "Efter dataophør", "After the end of data"),
    ("total", "I alt", "Total"),
];

/// Shorter labels for legends and narrow columns; the rest are as in [`EXITS`].
const SHORT_EXITS: &[Entry] = &[
    ("education", "Uddannelse", "Education"),
    ("flex_job", "Fleksjob", "Flex job"),
    ("partial_sick_return", "Delvis raskmelding", "Partial return"),
    ("dead_or_emigrated", "Død/udvandret", "Dead/emigrated"),
    ("still_unemployed", "Fortsat arbejdsløs", "Still unemployed"),
];

const INTERVENTIONS: &[Entry] = &[
    ("passive", "Passivt ydelsesforløb", "Passive"),
    ("guidance", "Øvrig vejledning og opkvalificering", "Other guidance and upskilling"),
    ("ordinary_education", "Ordinær uddannelse gennem indsats", "Ordinary education"),
    ("private_company", "Privat virksomhedsrettet indsats", "Private company-based"),
    ("public_company", "Offentlig virksomhedsrettet indsats", "Public company-based"),
];

const COLUMNS: &[Entry] = &[
    ("target_group", "Målgruppe", "Target group"),
    ("full_time_persons", "Fuldtidspersoner", "Full-time persons"),
    ("thousands", "Tusinder", "Thousands"),
    ("first_target_group", "Første målgruppe", "First target group"),
    ("exit", "Afgang til", "Exit to"),
    ("cause", "Afgang til", "Exit to"),
    ("start_year", "Startår", "Start year"),
    ("year", "År", "Year"),
    ("month", "Måned", "Month"),
    ("spells", "Forløb", "Spells"),
    ("persons", "Personer", "Persons"),
    ("months", "Måneder", "Months"),
    ("percent", "Procent", "Per cent"),
    ("mean_months", "Gennemsnit, måneder", "Mean, months"),
    ("sd_months", "Standardafvigelse, måneder", "Standard deviation, months"),
    ("interval", "Varighed", "Duration"),
    ("duration", "Varighed", "Duration"),
    ("intervention", "Indsats", "Intervention"),
    ("benefit", "Ydelse", "Benefit"),
    ("state_later", "Tilstand en måned senere", "State one month later"),
    ("population_group", "Befolkningsgruppe", "Population group"),
    ("conditions_group", "Rammevilkårsgruppe", "Conditions group"),
    ("job_centre", "Jobcenter", "Job centre"),
    ("kom", "Kommune", "Municipality"),
    ("time", "Måned", "Month"),
    ("n_risk", "I risiko", "At risk"),
    ("n_event", "Afgange", "Exits"),
    ("n_censor", "Censurerede", "Censored"),
    ("estimate", "Estimat", "Estimate"),
    ("std_error", "Standardfejl", "Standard error"),
    ("std_error_spells", "Standardfejl, forløb", "Standard error, spells"),
    ("conf_low", "Nedre grænse", "Lower limit"),
    ("conf_high", "Øvre grænse", "Upper limit"),
    ("code", "Kode", "Code"),
    ("count", "Antal", "Count"),
    ("seconds", "Sekunder", "Seconds"),
];

/// Names of counts and stages in `run.json`.
const FACTS: &[Entry] = &[
    ("accounts", "Regnskaber", "Accounts"),
    ("cells", "Celler", "Cells"),
    ("checksums", "Kontrolsummer", "Checksums"),
    ("estimates", "Estimater", "Estimates"),
    ("files", "Filer", "Files"),
    ("left_truncated_spells", "Venstretrunkerede forløb", "Left-truncated spells"),
    ("persons", "Personer", "Persons"),
    ("report", "Rapport", "Report"),
    ("row_groups", "Rækkegrupper", "Row groups"),
    ("scan", "Gennemløb af registeret", "Scan of the register"),
    ("spells", "Forløb", "Spells"),
    ("synthetic_accounts", "Syntetiske regnskaber", "Synthetic accounts"),
    ("synthetic_register", "Syntetisk register", "Synthetic register"),
];

const MONTHS: [(&str, &str); 12] = [
    ("januar", "January"),
    ("februar", "February"),
    ("marts", "March"),
    ("april", "April"),
    ("maj", "May"),
    ("juni", "June"),
    ("juli", "July"),
    ("august", "August"),
    ("september", "September"),
    ("oktober", "October"),
    ("november", "November"),
    ("december", "December"),
];

fn find(list: &[Entry], key: &str, lang: Lang) -> Option<&'static str> {
    list.iter().find(|(name, _, _)| *name == key).map(|(_, da, en)| lang.pick(da, en))
}

/// The label of a target group, such as `sygedagpenge`.
pub fn target_group(key: &str, lang: Lang) -> &str {
    find(TARGET_GROUPS, key, lang).unwrap_or(key)
}

/// The label of an exit or of the censored state, such as `disability_pension`.
///
/// A target group is a state too (back in benefit), so its label is found here as well.
pub fn exit(key: &str, lang: Lang) -> &str {
    find(EXITS, key, lang).or_else(|| find(TARGET_GROUPS, key, lang)).unwrap_or(key)
}

/// A shorter label of an exit, for legends.
pub fn exit_short(key: &str, lang: Lang) -> &str {
    find(SHORT_EXITS, key, lang).unwrap_or_else(|| exit(key, lang))
}

/// The label of a kind of intervention, such as `guidance`.
pub fn intervention(key: &str, lang: Lang) -> &str {
    find(INTERVENTIONS, key, lang).unwrap_or(key)
}

/// The heading of a column of the data files, such as `mean_months`.
pub fn column(key: &str, lang: Lang) -> &str {
    find(COLUMNS, key, lang).unwrap_or(key)
}

/// The label of one value of a grouping: `group("population_group", "3", Da)` is "Gruppe 3".
///
/// Only numbers get the word; a value that is text already ("Odense") is shown as it is.
pub fn group(grouping: &str, value: &str, lang: Lang) -> String {
    let numbered = !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit());
    if numbered && grouping.ends_with("group") {
        format!("{} {value}", lang.pick("Gruppe", "Group"))
    } else {
        exit(value, lang).to_owned()
    }
}

/// The name of a count or a stage of `run.json`, such as `row_groups`; a key without a label loses its underscores.
pub fn fact(key: &str, lang: Lang) -> String {
    find(FACTS, key, lang).map_or_else(|| key.replace('_', " "), str::to_owned)
}

/// The label of any key: tries exits, target groups, interventions, then columns.
pub fn any(key: &str, lang: Lang) -> &str {
    [EXITS, TARGET_GROUPS, INTERVENTIONS, COLUMNS]
        .iter()
        .find_map(|list| find(list, key, lang))
        .unwrap_or(key)
}

/// A calendar month in words: `month(2011, 1, Da)` is "januar 2011". `month` counts from 1.
///
/// A number outside 1–12 is written as `2011-13`, so that it is seen.
pub fn month(year: i32, month: u32, lang: Lang) -> String {
    let name =
        usize::try_from(month).ok().and_then(|m| m.checked_sub(1)).and_then(|m| MONTHS.get(m));
    match name {
        Some((da, en)) => format!("{} {year}", lang.pick(da, en)),
        None => format!("{year}-{month:02}"),
    }
}

/// A calendar month as an axis has it, counted from January of year 0: `counted_month(24288.0, Da)` is "jan. 2024".
///
/// Between months it is the month before.
pub fn counted_month(month: f64, lang: Lang) -> String {
    if !month.is_finite() {
        return String::new();
    }
    let (year, place) = ((month / 12.0).floor(), month.rem_euclid(12.0).floor());
    match MONTHS.get(place as usize) {
        Some((da, en)) => {
            let name = lang.pick(da, en);
            let short: String = name.chars().take(3).collect();
            // May needs no mark of what was left out.
            let mark = if name.len() > 3 && lang == Lang::Da { "." } else { "" };
            format!("{short}{mark} {year:.0}")
        }
        None => String::new(),
    }
}

/// The label of an interval of durations in whole months: "1 måned", "2–6 måneder", "over 12 måneder".
///
/// `last` is the last month of the interval, `None` for an open one. The open interval's label
/// names the month before its first: from 13 on is "over 12 måneder".
pub fn interval(first: u32, last: Option<u32>, lang: Lang) -> String {
    match last {
        Some(1) if first == 1 => lang.pick("1 måned", "1 month").to_owned(),
        Some(last) if last == first => format!("{first} {}", lang.pick("måneder", "months")),
        Some(last) => format!("{first}–{last} {}", lang.pick("måneder", "months")),
        None => format!(
            "{} {} {}",
            lang.pick("over", "over"),
            first.saturating_sub(1),
            lang.pick("måneder", "months")
        ),
    }
}

/// A number with `decimals` digits after the decimal mark and a mark between thousands.
///
/// Danish `1.234,5`, English `1,234.5`; the minus is U+2212; a number that is not finite is "–".
pub fn number(value: f64, decimals: usize, lang: Lang) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let plain = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain.as_str(), ""));
    let (thousands, decimal) = match lang {
        Lang::Da => ('.', ','),
        Lang::En => (',', '.'),
    };
    let mut text = String::with_capacity(plain.len() + 6);
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        text.push('−');
    }
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            text.push(thousands);
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push(decimal);
        text.push_str(fraction);
    }
    text
}

/// A whole number with a mark between thousands.
pub fn count(value: u64, lang: Lang) -> String {
    let digits = value.to_string();
    let mark = lang.pick(".", ",");
    let mut text = String::with_capacity(digits.len() + 6);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push_str(mark);
        }
        text.push(digit);
    }
    text
}

/// A number with its sign, for differences: `+0,3`, `−1.200`; what rounds to nothing is `0`.
pub fn signed(value: f64, decimals: usize, lang: Lang) -> String {
    let text = number(value, decimals, lang);
    if !value.is_finite() || text.starts_with('−') {
        text
    } else if text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        format!("+{text}")
    } else {
        "0".to_owned()
    }
}

/// A percentage; `value` is in per cent. Danish `23,4 %` with a space that does not break, English `23.4%`.
pub fn percent(value: f64, decimals: usize, lang: Lang) -> String {
    let text = number(value, decimals, lang);
    match lang {
        _ if !value.is_finite() => text,
        Lang::Da => format!("{text}\u{a0}%"),
        Lang::En => format!("{text}%"),
    }
}

/// Sentences one after the other, without those that are empty.
pub fn sentences<const N: usize>(parts: [String; N]) -> String {
    let said: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    said.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(number(4_718_563.0, 0, Lang::Da), "4.718.563");
        assert_eq!(number(4_718_563.0, 0, Lang::En), "4,718,563");
        assert_eq!(number(-33.091, 3, Lang::Da), "−33,091");
        assert_eq!(number(999.96, 1, Lang::Da), "1.000,0");
        assert_eq!(number(0.0, 1, Lang::Da), "0,0");
        assert_eq!(number(-0.04, 1, Lang::Da), "0,0");
        assert_eq!(number(100.0, 0, Lang::Da), "100");
        assert_eq!(number(1000.0, 0, Lang::Da), "1.000");
        assert_eq!(number(f64::NAN, 1, Lang::Da), "–");
        assert_eq!(number(f64::INFINITY, 1, Lang::En), "–");
    }

    #[test]
    fn months_of_an_axis_are_counted() {
        let january = 12.0 * 2024.0;
        assert_eq!(counted_month(january, Lang::Da), "jan. 2024");
        assert_eq!(counted_month(january - 1.0, Lang::En), "Dec 2023");
        assert_eq!(counted_month(january + 4.9, Lang::Da), "maj 2024");
        assert_eq!(counted_month(f64::NAN, Lang::Da), "");
    }

    #[test]
    fn counts_keep_every_digit() {
        assert_eq!(count(0, Lang::Da), "0");
        assert_eq!(count(999, Lang::Da), "999");
        assert_eq!(count(1_805_401, Lang::Da), "1.805.401");
        assert_eq!(count(u64::MAX, Lang::En), "18,446,744,073,709,551,615");
    }

    #[test]
    fn differences_carry_their_sign() {
        assert_eq!(signed(0.3, 1, Lang::Da), "+0,3");
        assert_eq!(signed(-0.3, 1, Lang::Da), "−0,3");
        assert_eq!(signed(0.04, 1, Lang::Da), "0");
        assert_eq!(signed(-0.04, 1, Lang::Da), "0");
        assert_eq!(signed(1200.0, 0, Lang::En), "+1,200");
        assert_eq!(signed(f64::NAN, 0, Lang::En), "–");
    }

    #[test]
    fn percentages() {
        assert_eq!(percent(23.44, 1, Lang::Da), "23,4\u{a0}%");
        assert_eq!(percent(23.44, 1, Lang::En), "23.4%");
        assert_eq!(percent(f64::NAN, 1, Lang::En), "–");
    }

    #[test]
    fn keys_have_labels_and_strangers_stay() {
        assert_eq!(target_group("aktivitetsparate", Lang::En), "Activity-ready");
        assert_eq!(exit("dagpenge", Lang::Da), "Dagpenge");
        assert_eq!(exit("moon", Lang::Da), "moon");
        assert_eq!(exit_short("employment", Lang::En), "Employment");
        assert_eq!(group("population_group", "3", Lang::Da), "Gruppe 3");
        assert_eq!(group("job_centre", "Odense", Lang::Da), "Odense");
        assert_eq!(group("birth_year", "1980", Lang::Da), "1980");
        assert_eq!(fact("row_groups", Lang::Da), "Rækkegrupper");
        assert_eq!(fact("moon_phase", Lang::Da), "moon phase");
        assert_eq!(month(2011, 1, Lang::Da), "januar 2011");
        assert_eq!(month(2011, 13, Lang::En), "2011-13");
        assert_eq!(month(2011, 0, Lang::En), "2011-00");
    }

    #[test]
    fn intervals_in_words() {
        assert_eq!(interval(1, Some(1), Lang::Da), "1 måned");
        assert_eq!(interval(2, Some(6), Lang::Da), "2–6 måneder");
        assert_eq!(interval(13, None, Lang::En), "over 12 months");
        assert_eq!(interval(0, None, Lang::En), "over 0 months");
    }
}
