//! Handles untrusted text: determines the allowed characters, and escapes the others.

/// Ranges of invisible characters, which hide text or change its reading order. Control characters (`char::is_control`)
/// are not included.
const HIDDEN: [(char, char); 18] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200b}'),
    ('\u{200e}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e00ff}'),
];

/// Characters that select the form of the preceding character: joiners and variation selectors. Scripts and emoji need
/// one or two of them after a character that is not ASCII.
const SELECTORS: [(char, char); 3] = [('\u{200c}', '\u{200d}'), ('\u{fe00}', '\u{fe0f}'), ('\u{e0100}', '\u{e01ef}')];

/// The largest number of successive selectors.
const MOST_SELECTORS: usize = 2;

fn within(c: char, ranges: &[(char, char)]) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

/// Returns the characters of `text`, each with a flag whether it may be shown unescaped.
fn classified(text: &str) -> impl Iterator<Item = (char, bool)> {
    let (mut base, mut selectors) = (false, 0);
    text.chars().map(move |c| {
        if within(c, &SELECTORS) {
            selectors += 1;
            return (c, base && selectors <= MOST_SELECTORS);
        }
        let shown = !c.is_control() && !within(c, &HIDDEN);
        (base, selectors) = (shown && !c.is_ascii(), 0);
        (c, shown)
    })
}

/// Escapes `text` for a terminal or a message: control characters, and characters that are invisible or change the
/// order of others, become escapes such as `\n` and `\u{202e}`.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (c, is_shown) in classified(text) {
        if is_shown {
            shown.push(c);
        } else {
            shown.extend(c.escape_default());
        }
    }
    shown
}

/// Returns the first character of `text` that is not allowed in a name.
pub(crate) fn unusable(text: &str) -> Option<char> {
    classified(text).find(|(_, shown)| !shown).map(|(c, _)| c)
}

/// Returns the first character of `text` that is not allowed in a text of several lines.
pub(crate) fn unusable_in_lines(text: &str) -> Option<char> {
    classified(text).find(|(c, shown)| !shown && *c != '\n').map(|(c, _)| c)
}

/// Converts `text` to an allowed text of several lines of at most `bytes` bytes (see [`unusable_in_lines`]): tabs
/// become spaces, and each other unusable character becomes `U+FFFD`.
pub(crate) fn cleaned(text: &str, bytes: usize) -> String {
    let mut clean = String::new();
    for (c, shown) in classified(&text.replace("\r\n", "\n")) {
        let c = match c {
            '\n' => c,
            '\t' | '\r' => ' ',
            _ if shown => c,
            _ => char::REPLACEMENT_CHARACTER,
        };
        if clean.len() + c.len_utf8() > bytes {
            break;
        }
        clean.push(c);
    }
    clean
}

/// Converts any text, such as a file name, to a name of at most `letters` characters: unusable characters become
/// spaces.
pub fn usable_name(text: &str, letters: usize) -> String {
    let spaced: String = classified(text).map(|(c, shown)| if shown { c } else { ' ' }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let short: String = words.join(" ").chars().take(letters).collect();
    // The cut text may end with a space.
    short.trim_end().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visible_characters_stay() {
        for text in [
            "Étude in blue",
            "北斎",
            "שלום",
            "می\u{200c}خواهم",
            "👨\u{200d}👩\u{200d}👧",
            "❤\u{fe0f}\u{200d}🔥",
            "葛\u{e0100}",
        ] {
            assert_eq!(printable(text), text);
            assert_eq!(unusable(text), None, "{text:?}");
            assert_eq!(usable_name(text, 80), text);
        }
    }

    #[test]
    fn invisible_characters_are_escaped() {
        assert_eq!(printable("\x1b]0;owned\x07"), r"\u{1b}]0;owned\u{7}");
        assert_eq!(printable("a\u{202e}b\u{2066}"), r"a\u{202e}b\u{2066}");
        assert_eq!(printable("one\ntwo\u{9b}1m"), r"one\ntwo\u{9b}1m");
        for hidden in
            "\u{0}\u{7f}\u{85}\u{ad}\u{61c}\u{200b}\u{200e}\u{200f}\u{2028}\u{202a}\u{2060}\u{2069}\u{feff}\u{e0041}"
                .chars()
        {
            let text = format!("a{hidden}b");
            assert_eq!(unusable(&text), Some(hidden), "{text:?}");
            assert!(!printable(&text).contains(hidden), "{text:?}");
            assert_eq!(usable_name(&text, 80), "a b");
        }
    }

    #[test]
    fn selectors_need_something_to_select() {
        for text in ["a\u{200d}b", "\u{200d}é", "é\u{fe00}\u{fe01}\u{fe02}", "\u{202e}\u{fe0f}", "a\u{fe0f}"] {
            assert!(unusable(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn texts_are_cleaned_within_their_limit() {
        assert_eq!(cleaned("one\r\ntwo\tthree\x1b[31m", 100), "one\ntwo three\u{fffd}[31m");
        assert_eq!(cleaned("éé\x1b", 5), "éé");
        let clean = cleaned(&"\x1b".repeat(3000), 2000);
        assert!(clean.len() <= 2000 && unusable_in_lines(&clean).is_none());
        assert_eq!(unusable_in_lines("one\ntwo"), None);
        assert_eq!(unusable_in_lines("one\rtwo"), Some('\r'));
    }

    #[test]
    fn names_of_files_become_names() {
        assert_eq!(usable_name("  a\u{202e}b\x07 c ", 80), "a b c");
        assert_eq!(usable_name("abc def", 4), "abc");
        assert_eq!(usable_name("\u{202e}", 80), "");
    }
}
