//! Parsing of a style or blend selection that a user typed.

/// Returns the part of a name that is significant in comparisons: letters and digits, in lower case.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Parses `text` to one weight per name, summing to 1, or returns an error message. See
/// [`StyleSet::parse`](super::StyleSet::parse) for the grammar.
pub(super) fn parse(names: &[&str], text: &str) -> Result<Vec<f32>, String> {
    let mut weights = vec![0.0f64; names.len()];
    for part in text.split(',') {
        let (style, weight) = match part.rsplit_once(':') {
            Some((style, weight)) => (style, parse_weight(weight.trim(), style.trim())?),
            None => (part, 1.0),
        };
        weights[find(names, style.trim())?] += weight;
    }
    let sum: f64 = weights.iter().sum();
    if sum <= 0.0 {
        return Err(format!("All weights in `{text}` are 0: give at least one style a weight above 0."));
    }
    Ok(weights.iter().map(|w| (w / sum) as f32).collect())
}

fn parse_weight(text: &str, style: &str) -> Result<f64, String> {
    match text.parse::<f32>() {
        Ok(weight) if weight.is_finite() && weight >= 0.0 => Ok(weight.into()),
        _ => Err(format!(
            "`{text}` is not a weight for style `{style}`: write a number of at least 0, such as `{style}:0.5`."
        )),
    }
}

/// Returns the index of the style that `text` selects: an exact name takes precedence over a number, a number over the
/// beginning of a name.
fn find(names: &[&str], text: &str) -> Result<usize, String> {
    let key = fold(text);
    if key.is_empty() {
        return Err(format!("A style is missing: write a name or a number. {}", list(names)));
    }
    if let Some(i) = names.iter().position(|name| fold(name) == key) {
        return Ok(i);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse::<usize>() {
            Ok(i) if i < names.len() => Ok(i),
            _ => Err(format!("There is no style {text}: styles have the numbers 0 to {}.", names.len() - 1)),
        };
    }
    let matches: Vec<usize> = (0..names.len()).filter(|&i| fold(names[i]).starts_with(&key)).collect();
    match matches[..] {
        [i] => Ok(i),
        [] => {
            let hint = nearest(names, &key).map(|name| format!(" Did you mean `{name}`?")).unwrap_or_default();
            Err(format!("There is no style `{text}`.{hint} {}", list(names)))
        }
        _ => {
            let candidates: Vec<String> = matches.iter().map(|&i| format!("`{}`", names[i])).collect();
            Err(format!("`{text}` could be {}: write more of the name.", candidates.join(" or ")))
        }
    }
}

fn list(names: &[&str]) -> String {
    let numbered: Vec<String> = names.iter().enumerate().map(|(i, name)| format!("{i} {name}")).collect();
    format!("The styles are: {}.", numbered.join(", "))
}

/// Returns the name most similar to `key`, if at most a third of its letters differ.
fn nearest<'a>(names: &[&'a str], key: &str) -> Option<&'a str> {
    let best = names.iter().map(|name| (distance(&fold(name), key), *name)).min_by_key(|(d, _)| *d);
    best.filter(|(d, name)| d * 3 <= fold(name).chars().count().max(key.chars().count())).map(|(_, name)| name)
}

/// Returns the Levenshtein distance: the number of letters to add, remove or replace to turn `a` into `b`.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["Red Weave", "Red", "Teal Mist", "Peach Ink"];

    fn weights(text: &str) -> Vec<f32> {
        parse(&NAMES, text).unwrap()
    }

    fn problem(text: &str) -> String {
        parse(&NAMES, text).unwrap_err()
    }

    #[test]
    fn single_styles() {
        assert_eq!(weights("Teal Mist"), [0.0, 0.0, 1.0, 0.0]);
        assert_eq!(weights(" teal-mist "), weights("2"));
        assert_eq!(weights("TEALMIST"), weights("2"));
        assert_eq!(weights("p"), weights("3"));
        assert_eq!(weights("red"), weights("1"));
        assert_eq!(weights("red w"), weights("0"));
        assert_eq!(weights("03"), weights("3"));
    }

    #[test]
    fn blends_are_normalized() {
        assert_eq!(weights("teal:3,peach:1"), [0.0, 0.0, 0.75, 0.25]);
        assert_eq!(weights("0, 2"), [0.5, 0.0, 0.5, 0.0]);
        assert_eq!(weights("0:0.6,3 : 0.4"), [0.6, 0.0, 0.0, 0.4]);
        assert_eq!(weights("1:1,red:1,2:2"), [0.0, 0.5, 0.5, 0.0]);
        assert_eq!(weights("0:3e38,2:3e38"), [0.5, 0.0, 0.5, 0.0]);
    }

    #[test]
    fn what_is_not_understood_is_explained() {
        assert!(problem("teel mist").contains("Did you mean `Teal Mist`?"));
        assert!(problem("xyz").starts_with("There is no style `xyz`. The styles are: 0 Red Weave, 1 Red,"));
        assert!(problem("4").contains("the numbers 0 to 3"));
        assert!(problem("99999999999999999999999").contains("the numbers 0 to 3"));
        assert_eq!(problem("re"), "`re` could be `Red Weave` or `Red`: write more of the name.");
        for text in ["", " ", ",", "teal,", ":1", "!!"] {
            assert!(problem(text).starts_with("A style is missing"), "{text}");
        }
        for text in ["teal:", "teal:x", "teal:-1", "teal:inf", "teal:nan"] {
            assert!(problem(text).contains("is not a weight for style `teal`"), "{text}");
        }
        assert!(problem("teal:0,red:0").contains("All weights"));
        assert!(problem("-1").starts_with("There is no style"));
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
