//! The covariates of a regression as they are written on the command line.
//!
//! `age, C(sex), C(region, ref=North), log(income), poly(age, 2), bs(age, 4), ns(age, 4), age:C(sex), a*b`
//!
//! A column whose name holds one of the signs stands between backticks, as in R.

use std::fmt;

use crate::names::{cut, name, outside};

/// One covariate, maybe transformed.
#[derive(Debug, Clone, PartialEq)]
pub enum Atom {
    /// A number as it is.
    Number(String),
    /// A category, with its base level if it is not the first.
    Category {
        /// The column.
        column: String,
        /// The base level.
        base: Option<String>,
    },
    /// The natural logarithm.
    Log(String),
    /// Orthogonal polynomials of a degree.
    Polynomial(String, usize),
    /// Cubic B-splines with as many columns.
    Spline(String, usize),
    /// Natural cubic splines with as many columns.
    Natural(String, usize),
}

impl Atom {
    /// The column it is made of.
    pub fn column(&self) -> &str {
        match self {
            Self::Number(column)
            | Self::Category { column, .. }
            | Self::Log(column)
            | Self::Polynomial(column, _)
            | Self::Spline(column, _)
            | Self::Natural(column, _) => column,
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(column) | Self::Category { column, .. } => write!(f, "{column}"),
            Self::Log(column) => write!(f, "log({column})"),
            Self::Polynomial(column, degree) => write!(f, "poly({column},{degree})"),
            Self::Spline(column, df) => write!(f, "bs({column},{df})"),
            Self::Natural(column, df) => write!(f, "ns({column},{df})"),
        }
    }
}

/// A term: one covariate, or the product of several.
#[derive(Debug, Clone, PartialEq)]
pub struct Term(pub Vec<Atom>);

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.0.iter().map(Atom::to_string).collect();
        write!(f, "{}", names.join(":"))
    }
}

/// Why covariates cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot read the covariates `{text}` at `{at}`: {wanted}")]
pub struct TermError {
    /// All of them.
    pub text: String,
    /// Where the trouble is.
    pub at: String,
    /// What should stand there.
    pub wanted: &'static str,
}

impl Term {
    /// Whether it is the product of the same covariates.
    fn is(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().all(|atom| other.0.contains(atom))
    }
}

/// Reads covariates between commas or plus signs; `a*b` is `a, b, a:b`, each of which is there once whatever else brings it.
///
/// # Errors
///
/// [`TermError`] with the place.
pub fn parse(text: &str) -> Result<Vec<Term>, TermError> {
    let error =
        |at: &str, wanted| TermError { text: text.to_owned(), at: at.trim().to_owned(), wanted };
    let (mut terms, mut written): (Vec<Term>, Vec<Term>) = (Vec::new(), Vec::new());
    if outside(text).is_none() {
        return Err(error(text, "a backtick is not closed"));
    }
    for part in split(text, &[',', '+']).ok_or_else(|| error(text, "a bracket is not closed"))? {
        let factors = split(part, &['*']).unwrap_or_default();
        let products = factors
            .iter()
            .map(|factor| {
                let atoms = split(factor, &[':']).unwrap_or_default();
                atoms.into_iter().map(|atom_text| atom(atom_text, &error)).collect()
            })
            .collect::<Result<Vec<Vec<Atom>>, TermError>>()?;
        if products.len() > 6 {
            return Err(error(part, "at most six factors between *"));
        }
        // Every combination of the factors: first each alone, then products.
        let mut subsets: Vec<usize> = (1..1 << products.len()).collect();
        subsets.sort_by_key(|subset: &usize| subset.count_ones());
        for subset in subsets {
            let chosen = (0..products.len()).filter(|factor| subset >> factor & 1 == 1);
            let term = Term(chosen.flat_map(|factor| products[factor].clone()).collect());
            if (1..term.0.len()).any(|place| term.0[..place].contains(&term.0[place])) {
                return Err(error(
                    part,
                    "a product has a covariate once; write poly(x, 2) for a curve",
                ));
            }
            if products.len() == 1 {
                if written.iter().any(|known| known.is(&term)) {
                    return Err(error(part, "it is there twice"));
                }
                written.push(term.clone());
            }
            // What products bring is there once.
            if !terms.iter().any(|known| known.is(&term)) {
                terms.push(term);
            }
        }
    }
    Ok(terms)
}

/// A level without quotation marks about it, as R and Python write them.
fn unquoted(level: &str) -> &str {
    let level = level.trim();
    let inside = |mark: char| level.strip_prefix(mark)?.strip_suffix(mark);
    inside('"').or_else(|| inside('\'')).unwrap_or(level)
}

/// Parts between separators that stand outside brackets and backticks; `None` if brackets do not match.
fn split<'a>(text: &'a str, separators: &[char]) -> Option<Vec<&'a str>> {
    let (mut depth, mut start, mut parts) = (0_usize, 0, Vec::new());
    for (place, sign) in outside(text)? {
        match sign {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            sign if depth == 0 && separators.contains(&sign) => {
                parts.push(&text[start..place]);
                start = place + sign.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    (depth == 0).then_some(parts)
}

fn atom(text: &str, error: &impl Fn(&str, &'static str) -> TermError) -> Result<Atom, TermError> {
    let text = text.trim();
    let column = |text: &str| match name(text) {
        Some(name) if name.is_empty() => Err(error(text, "a column is missing")),
        Some(name) => Ok(name),
        None => Err(error(text, "backticks stand about a whole name")),
    };
    let Some((function, rest)) = cut(text, '(') else { return column(text).map(Atom::Number) };
    let inside = rest.strip_suffix(')').ok_or_else(|| error(text, "nothing follows a bracket"))?;
    let (column, option) = match cut(inside, ',') {
        Some((name, option)) => (column(name)?, Some(option.trim())),
        None => (column(inside)?, None),
    };
    let number = |least: usize, wanted| {
        let value = option.and_then(|option| option.trim_start_matches("df=").parse().ok());
        value.filter(|value| (least..=20).contains(value)).ok_or_else(|| error(text, wanted))
    };
    match function.trim() {
        "C" => match option {
            None => Ok(Atom::Category { column, base: None }),
            Some(option) => match option.split_once('=') {
                Some((key, level)) if key.trim() == "ref" => match name(unquoted(level)) {
                    None => Err(error(text, "backticks stand about a whole level")),
                    base => Ok(Atom::Category { column, base }),
                },
                _ => Err(error(text, "C takes a column and ref=LEVEL")),
            },
        },
        "log" if option.is_none() => Ok(Atom::Log(column)),
        "log" => Err(error(text, "log takes one column")),
        "poly" => number(1, "poly takes a column and a degree from 1 to 20, as poly(age, 2)")
            .map(|degree| Atom::Polynomial(column, degree)),
        "bs" => number(3, "bs takes a column and degrees of freedom from 3 to 20, as bs(age, 4)")
            .map(|df| Atom::Spline(column, df)),
        "ns" => number(1, "ns takes a column and degrees of freedom from 1 to 20, as ns(age, 4)")
            .map(|df| Atom::Natural(column, df)),
        _ => Err(error(text, "known are C(), log(), poly(), bs() and ns()")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        parse(text).unwrap().iter().map(Term::to_string).collect()
    }

    #[test]
    fn terms_and_products() {
        assert_eq!(names("age, C(sex) + log(income)"), ["age", "sex", "log(income)"]);
        assert_eq!(names("a*b"), ["a", "b", "a:b"]);
        // As R's a*b + a*c, and x + x*w.
        assert_eq!(names("C(a)*b, C(a)*c"), ["a", "b", "a:b", "c", "a:c"]);
        assert_eq!(names("x, x*w"), names("x*w, x"));
        assert_eq!(names("C(g)*x, C(g):x"), ["g", "x", "g:x"]);
        assert_eq!(names("a*b, b*a"), ["a", "b", "a:b"]);
        assert_eq!(names("a*b*c*d").len(), 15);
        assert_eq!(names("a*b*C(c)"), ["a", "b", "c", "a:b", "a:c", "b:c", "a:b:c"]);
        let bases = names("poly(age, 2), bs(age,df=5), ns(age, 1)");
        assert_eq!(bases, ["poly(age,2)", "bs(age,5)", "ns(age,1)"]);
        let with_base = Atom::Category { column: "r".into(), base: Some("North, far".into()) };
        for level in ["North, far", "\"North, far\"", "'North, far'"] {
            let read = parse(&format!("C(r, ref={level})")).unwrap();
            assert_eq!(read, [Term(vec![with_base.clone()])]);
        }
    }

    #[test]
    fn signs_in_names() {
        let read = names("`income, net`:log(`a(b)+c`), C(`x:y`, ref=North), my age");
        assert_eq!(read, ["income, net:log(a(b)+c)", "x:y", "my age"]);
        let with_base = Atom::Category { column: "r".into(), base: Some("a)b, c".into()) };
        assert_eq!(parse("C(r, ref=`a)b, c`)").unwrap(), [Term(vec![with_base])]);
    }

    #[test]
    fn mistakes_are_shown() {
        for (text, at, wanted) in [
            ("age,", "", "a column is missing"),
            ("C(sex", "C(sex", "not closed"),
            ("sqrt(x)", "sqrt(x)", "known are"),
            ("poly(age)", "poly(age)", "a degree"),
            ("bs(age,2)", "bs(age,2)", "from 3 to 20"),
            ("ns(age,0)", "ns(age,0)", "from 1"),
            ("C(sex, base=k)", "C(sex, base=k)", "ref=LEVEL"),
            ("age, age", "age", "twice"),
            ("a:b, b:a", "b:a", "twice"),
            ("a*b, a:b, b:a", "b:a", "twice"),
            ("a*b*c*d*e*f*g", "a*b*c*d*e*f*g", "six"),
            ("x:x", "x:x", "once"),
            ("C(g):x:C(g)", "C(g):x:C(g)", "once"),
            ("`a", "`a", "not closed"),
            ("`a`b", "`a`b", "whole name"),
            ("log(``)", "``", "missing"),
        ] {
            let error = parse(text).unwrap_err();
            assert_eq!(error.at, at, "{text}");
            assert!(error.wanted.contains(wanted), "{text}: {}", error.wanted);
        }
    }
}
