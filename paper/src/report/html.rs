//! Small pieces of HTML.

pub(super) use crate::figure::{escape, identifier};

/// `<tag class="…">escaped text</tag>`; nothing for an empty text.
pub(super) fn element(tag: &str, class: &str, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<{tag}{class}>{}</{tag}>\n", escape(text))
}

/// Parts of long Danish words after which a narrow column may break them.
const JOINTS: [&str; 7] = [
    "sygedagpenge",
    "dagpenge",
    "befolknings",
    "beskæftigelses",
    "rammevilkårs",
    "aktivitets",
    "uddannelses",
];

/// Escaped text whose long words may be broken where their parts meet.
pub(super) fn escape_softly(text: &str) -> String {
    let soft = |word: &str| {
        let part = JOINTS.iter().find(|part| {
            let rest = word.to_lowercase().strip_prefix(**part).map(|rest| rest.chars().count());
            rest.is_some_and(|rest| rest >= 5)
        });
        match part.and_then(|part| word.split_at_checked(part.len())) {
            Some((first, rest)) => format!("{}&shy;{}", escape(first), escape(rest)),
            None => escape(word),
        }
    };
    text.split(' ').map(soft).collect::<Vec<_>>().join(" ")
}

/// Links to files; an address that is not a plain relative path is shown without a link.
pub(super) fn files(label: &str, files: &[(String, String)]) -> String {
    if files.is_empty() {
        return String::new();
    }
    let links: Vec<String> = files
        .iter()
        .map(|(name, address)| {
            if is_relative(address) {
                format!("<a href=\"{}\">{}</a>", escape(address), escape(name))
            } else {
                escape(name)
            }
        })
        .collect();
    format!("<p class=\"files\">{}: {}</p>\n", escape(label), links.join(" · "))
}

fn is_relative(address: &str) -> bool {
    !address.is_empty() && !address.starts_with(['/', '\\']) && !address.contains(':')
}

/// Bytes as base64 (RFC 4648) for `data:` addresses.
pub(super) fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let all = chunk.iter().fold(0_u32, |sum, &byte| sum << 8 | u32::from(byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            if place <= chunk.len() {
                let digit = (all >> (18 - 6 * place)) & 63;
                text.push(char::from(DIGITS[digit as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_the_rfc() {
        let vectors =
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")];
        for (plain, coded) in vectors {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xff, 0xfe]), "//4=");
    }

    #[test]
    fn long_words_break_where_their_parts_meet() {
        assert_eq!(
            escape_softly("Afgang for sygedagpengemodtagere, <5"),
            "Afgang for sygedagpenge&shy;modtagere, &lt;5"
        );
        assert_eq!(escape_softly("Befolkningsgruppe"), "Befolknings&shy;gruppe");
        // What is left is too short to be worth a line.
        assert_eq!(escape_softly("dagpenge, dagpengene"), "dagpenge, dagpengene");
    }

    #[test]
    fn only_relative_addresses_become_links() {
        let link = |address: &str| files("Data", &[("x<y".to_owned(), address.to_owned())]);
        assert!(link("tables/a.csv").contains("<a href=\"tables/a.csv\">x&lt;y</a>"));
        for bad in ["javascript:alert(1)", "https://example.org", "/etc/passwd", ""] {
            assert!(!link(bad).contains("<a"), "{bad}");
        }
    }
}
