//! Names of columns, and values, as they are written between commas.
//!
//! A name with a sign that parts names stands between backticks, as in R: `` `income, net`, age ``. Two backticks in it are one.

use std::borrow::Cow;

/// Signs of a text that stand outside backticks, with their places; `None` if a backtick is not closed.
pub(crate) fn outside(text: &str) -> Option<Vec<(usize, char)>> {
    let (mut quoted, mut signs) = (false, Vec::new());
    for (place, sign) in text.char_indices() {
        if sign == '`' {
            quoted = !quoted;
        } else if !quoted {
            signs.push((place, sign));
        }
    }
    (!quoted).then_some(signs)
}

/// A name without its backticks; `None` if they stand about a part of it.
pub(crate) fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let quoted = text.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    match quoted {
        Some(inside) if !inside.replace("``", "").contains('`') => Some(inside.replace("``", "`")),
        Some(_) => None,
        None => (!text.contains('`')).then(|| text.to_owned()),
    }
}

/// A name as it has to be written in terms and lists.
pub(crate) fn written(name: &str) -> Cow<'_, str> {
    if name.is_empty() || name.contains([',', '(', ')', ':', '*', '=', '<', '>', '!', '`']) {
        Cow::Owned(format!("`{}`", name.replace('`', "``")))
    } else {
        Cow::Borrowed(name)
    }
}

/// A name without its backticks.
///
/// # Errors
///
/// In words, if they stand about a part of it.
pub(crate) fn one(text: &str) -> Result<String, String> {
    name(text).ok_or_else(|| "backticks stand about a whole name".to_owned())
}

/// What stands before and after the first of a sign outside backticks.
pub(crate) fn cut(text: &str, sign: char) -> Option<(&str, &str)> {
    let (place, _) = outside(text)?.into_iter().find(|(_, at)| *at == sign)?;
    Some((&text[..place], &text[place + sign.len_utf8()..]))
}

/// Parts of a text between commas outside backticks.
///
/// # Errors
///
/// In words, if a backtick is not closed.
pub(crate) fn parts(text: &str) -> Result<Vec<&str>, String> {
    let signs = outside(text).ok_or("a backtick is not closed")?;
    let mut start = 0;
    let mut parts = Vec::new();
    for (place, _) in signs.into_iter().filter(|(_, sign)| *sign == ',') {
        parts.push(&text[start..place]);
        start = place + 1;
    }
    parts.push(&text[start..]);
    Ok(parts)
}

/// Names between commas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Names(pub(crate) Vec<String>);

impl Names {
    /// Of an option that was given several times.
    pub(crate) fn all(given: Vec<Self>) -> Vec<String> {
        given.into_iter().flat_map(|names| names.0).collect()
    }
}

impl std::str::FromStr for Names {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        parts(text)?.into_iter().map(one).collect::<Result<_, _>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_backticks() {
        let names = |text: &str| text.parse::<Names>().map(|names| names.0);
        assert_eq!(names("a, b c").unwrap(), ["a", "b c"]);
        assert_eq!(names("`income, net`,age").unwrap(), ["income, net", "age"]);
        assert_eq!(names("`a``b`, ``").unwrap(), ["a`b", ""]);
        assert_eq!(names("`a").unwrap_err(), "a backtick is not closed");
        assert_eq!(names("`a`b").unwrap_err(), "backticks stand about a whole name");
        assert_eq!(names("`a` `b`").unwrap_err(), "backticks stand about a whole name");
        for name in ["", "a", "income, net", "rent (1000)", "a`b,"] {
            assert_eq!(names(&written(name)).unwrap(), [name]);
        }
    }
}
