//! Colours that stay apart with the common colour-vision deficiencies.
//!
//! Categories use the set of Okabe and Ito (2008) with greys for the outcomes that are not destinations; ordered
//! classes use one blue from light to dark.

use super::svg::Pattern;

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(pub u8, pub u8, pub u8);

impl Colour {
    /// As `#rrggbb`.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// Relative luminance (WCAG 2.2), 0 black to 1 white.
    pub fn luminance(self) -> f64 {
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }

    /// Whether dark text is easier to read on this colour than white text.
    pub fn wants_dark_text(self) -> bool {
        let own = self.luminance();
        (own + 0.05) / (INK.luminance() + 0.05) > 1.25 * 1.05 / (own + 0.05)
    }

    fn between(self, other: Self, part: f64) -> Self {
        let mix = |a: u8, b: u8| {
            (f64::from(a) + (f64::from(b) - f64::from(a)) * part).round().clamp(0.0, 255.0) as u8
        };
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }
}

pub(super) const INK: Colour = Colour(0x1b, 0x1f, 0x24);
pub(super) const MUTE: Colour = Colour(0x5b, 0x64, 0x70);
pub(super) const RULE: Colour = Colour(0x8a, 0x93, 0x9e);
pub(super) const GRID: Colour = Colour(0xe4, 0xe7, 0xeb);
pub(super) const PAPER: Colour = Colour(0xff, 0xff, 0xff);

/// Estimates of forest plots.
pub(super) const POINT: Colour = BLUE;

const BLUE: Colour = Colour(0x00, 0x72, 0xb2);
const SKY: Colour = Colour(0x56, 0xb4, 0xe9);
const GREEN: Colour = Colour(0x00, 0x9e, 0x73);
const ORANGE: Colour = Colour(0xe6, 0x9f, 0x00);
const VERMILLION: Colour = Colour(0xd5, 0x5e, 0x00);
const PURPLE: Colour = Colour(0xcc, 0x79, 0xa7);
const YELLOW: Colour = Colour(0xec, 0xd5, 0x4e);
const DARK_GREY: Colour = Colour(0x6b, 0x72, 0x7c);
const GREY: Colour = Colour(0xa9, 0xaf, 0xb8);
const LIGHT_GREY: Colour = Colour(0xd9, 0xdc, 0xe1);

const CATEGORIES: [Colour; 8] = [BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, DARK_GREY, YELLOW];
/// Yellow is too light for a line on paper.
const LINES: [Colour; 8] = [BLUE, ORANGE, GREEN, VERMILLION, SKY, PURPLE, DARK_GREY, INK];
const COLD_TO_WARM: [Colour; 5] = [BLUE, SKY, GREEN, ORANGE, VERMILLION];
const LIGHT_TO_DARK: [Colour; 4] = [
    Colour(0xd3, 0xe3, 0xf3),
    Colour(0x8d, 0xba, 0xdf),
    Colour(0x37, 0x7e, 0xb8),
    Colour(0x12, 0x3f, 0x73),
];

/// Which colours a chart uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Palette {
    /// Exits: each key of the code book keeps its colour in all figures.
    #[default]
    Exits,
    /// Interventions: each key of the code book keeps its colour in all figures, whichever of them are shown.
    Interventions,
    /// Groups, ordered from cold to warm where there are at most five, else by place.
    Groups,
    /// Ordered classes such as intervals of durations: light to dark.
    Ordered,
    /// Unordered categories by place.
    Categories,
}

impl Palette {
    /// The colour of a key that stands at `place` of `of` keys.
    pub fn colour(self, key: &str, place: usize, of: usize) -> Colour {
        match self {
            Self::Exits => exit_colour(key).unwrap_or_else(|| by_place(place)),
            Self::Interventions => intervention_colour(key).unwrap_or_else(|| by_place(place)),
            Self::Groups if of <= COLD_TO_WARM.len() => {
                COLD_TO_WARM.get(spread(place, of)).copied().unwrap_or(BLUE)
            }
            Self::Groups | Self::Categories => by_place(place),
            Self::Ordered => ramp(place, of),
        }
    }
}

/// Most lines that can be told apart: eight colours, each solid, dashed and dash-dotted.
pub const MOST_LINES: usize = 3 * LINES.len();

impl Palette {
    /// The colour and the pattern of a line at `place` of `of`: after eight colours the next pattern begins.
    pub(super) fn line(self, key: &str, place: usize, of: usize) -> (Colour, Pattern) {
        let dash = match place / LINES.len() % 3 {
            0 => Pattern::Solid,
            1 => Pattern::Dashed,
            _ => Pattern::DashDot,
        };
        let colour = match self {
            Self::Exits | Self::Interventions => {
                return (self.colour(key, place, of), Pattern::Solid);
            }
            Self::Groups if of <= COLD_TO_WARM.len() => self.colour(key, place, of),
            Self::Ordered => return (ramp(place, of), Pattern::Solid),
            Self::Groups | Self::Categories => LINES[place % LINES.len()],
        };
        (colour, dash)
    }
}

fn by_place(place: usize) -> Colour {
    CATEGORIES[place % CATEGORIES.len()]
}

/// Two groups are blue and vermillion, three blue, green and vermillion, and so on.
fn spread(place: usize, of: usize) -> usize {
    if of < 2 { 0 } else { (place * (COLD_TO_WARM.len() - 1) + (of - 1) / 2) / (of - 1) }
}

fn ramp(place: usize, of: usize) -> Colour {
    if of < 2 {
        return LIGHT_TO_DARK[2];
    }
    let position = place.min(of - 1) as f64 / (of - 1) as f64 * (LIGHT_TO_DARK.len() - 1) as f64;
    let below = (position.floor() as usize).min(LIGHT_TO_DARK.len() - 2);
    LIGHT_TO_DARK[below].between(LIGHT_TO_DARK[below + 1], position - below as f64)
}

fn intervention_colour(key: &str) -> Option<Colour> {
    Some(match key {
        "passive" => GREY,
        "guidance" => BLUE,
        "ordinary_education" => ORANGE,
        "private_company" => GREEN,
        "public_company" => VERMILLION,
        _ => return None,
    })
}

fn exit_colour(key: &str) -> Option<Colour> {
    Some(match key {
        "employment" => BLUE,
        "self_support" => SKY,
        "education" => GREEN,
        "flex_job" => ORANGE,
        "partial_sick_return" => YELLOW,
        "disability_pension" => VERMILLION,
        "other" => GREY,
        "dead_or_emigrated" => DARK_GREY,
        "still_unemployed" => LIGHT_GREY,
        "back_in_benefit" => PURPLE,
        "unobserved" => GRID,
        // States that are no exits: one purple from dark to light.
        "aktivitetsparate" => Colour(0x8e, 0x5a, 0x86),
        "jobparate" => Colour(0xb9, 0x8a, 0xb2),
        "sygedagpenge" => Colour(0xd9, 0xbc, 0xd5),
        "dagpenge" => Colour(0xf0, 0xe2, 0xee),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luminance_of_black_white_and_a_known_grey() {
        assert!(Colour(0, 0, 0).luminance().abs() < 1e-12);
        assert!((Colour(255, 255, 255).luminance() - 1.0).abs() < 1e-12);
        // ((119/255 + 0.055) / 1.055)^2.4, WCAG's own #777777.
        assert!((Colour(0x77, 0x77, 0x77).luminance() - 0.184_474).abs() < 1e-5);
    }

    #[test]
    fn text_on_every_colour_has_contrast() {
        for colour in CATEGORIES.iter().chain(&LIGHT_TO_DARK).chain(&[GREY, LIGHT_GREY, DARK_GREY])
        {
            let own = colour.luminance() + 0.05;
            let contrast =
                if colour.wants_dark_text() { own / (INK.luminance() + 0.05) } else { 1.05 / own };
            assert!(contrast > 3.0, "{} {contrast}", colour.hex());
        }
    }

    #[test]
    fn groups_spread_over_the_scale() {
        let keys = |of: usize| (0..of).map(|i| spread(i, of)).collect::<Vec<_>>();
        assert_eq!(keys(1), [0]);
        assert_eq!(keys(2), [0, 4]);
        assert_eq!(keys(3), [0, 2, 4]);
        assert_eq!(keys(4), [0, 1, 3, 4]);
        assert_eq!(keys(5), [0, 1, 2, 3, 4]);
    }

    #[test]
    fn interventions_keep_their_colours() {
        let of = |place| Palette::Interventions.colour("guidance", place, 5);
        assert_eq!(of(0), of(1));
        assert_ne!(of(0), Palette::Interventions.colour("passive", 0, 5));
    }

    #[test]
    fn colours_of_any_place_exist() {
        for palette in [Palette::Exits, Palette::Groups, Palette::Ordered, Palette::Categories] {
            for of in 0..12 {
                for place in 0..12 {
                    assert_eq!(palette.colour("x", place, of).hex().len(), 7);
                }
            }
        }
        assert_eq!(Palette::Ordered.colour("", 0, 4), LIGHT_TO_DARK[0]);
        assert_eq!(Palette::Ordered.colour("", 3, 4), LIGHT_TO_DARK[3]);
    }

    /// The three kinds of dichromats by the matrices of Machado, Oliveira and Fernandes (2009), severity 1.
    const SEEN: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ],
        [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ],
        [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ],
    ];

    /// CIE L*a*b* (D65) of a colour as somebody sees it.
    fn lab(colour: Colour, seen: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [colour.0, colour.1, colour.2].map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        let dot = |row: [f64; 3], v: [f64; 3]| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
        let rgb = seen.map(|row| dot(row, linear).clamp(0.0, 1.0));
        let root = |t: f64| if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let x = root(dot([0.4124, 0.3576, 0.1805], rgb) / 0.950_47);
        let y = root(dot([0.2126, 0.7152, 0.0722], rgb));
        let z = root(dot([0.0193, 0.1192, 0.9505], rgb) / 1.088_83);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    #[test]
    fn lines_are_told_apart_by_everybody() {
        for seen in SEEN {
            for (i, &one) in LINES.iter().enumerate() {
                for &two in &LINES[..i] {
                    let (a, b) = (lab(one, seen), lab(two, seen));
                    let apart = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    assert!(apart > 14.0, "{} {} {apart}", one.hex(), two.hex());
                }
                // 3:1 is what WCAG asks of lines; orange and sky have always been weaker.
                assert!(1.05 / (one.luminance() + 0.05) > 2.0, "{}", one.hex());
            }
        }
        let mut styles: Vec<(Colour, Pattern)> =
            (0..MOST_LINES).map(|i| Palette::Groups.line("", i, MOST_LINES)).collect();
        while let Some(style) = styles.pop() {
            assert!(!styles.contains(&style), "{style:?}");
        }
        assert_eq!(MOST_LINES, 24);
    }
}
