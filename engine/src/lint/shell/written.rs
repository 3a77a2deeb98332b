//! Words as they are written: what they say once quotes are taken off, and the options among them.

use std::borrow::Cow;

/// The text of a word in which the shell puts nothing in. `None`: only the run can tell.
pub(crate) fn literal(word: &str) -> Option<Cow<'_, str>> {
    if !word.contains(['\'', '"', '\\', '$', '`']) {
        return Some(Cow::Borrowed(word));
    }
    let mut text = String::with_capacity(word.len());
    let mut chars = word.chars().peekable();
    let mut double = false;
    while let Some(c) = chars.next() {
        match c {
            '\'' if !double => text.extend(chars.by_ref().take_while(|c| *c != '\'')),
            '"' => double = !double,
            '\\' if double => match chars.next() {
                Some(c @ ('$' | '`' | '"' | '\\')) => text.push(c),
                Some('\n') | None => {}
                Some(c) => text.extend(['\\', c]),
            },
            '\\' => text.extend(chars.next().filter(|c| *c != '\n')),
            '`' => return None,
            // A lone `$` is a character.
            '$' if chars.peek().is_some_and(|c| c.is_alphanumeric() || "_{(@*#?$!-'\"[".contains(*c)) && !(double && chars.peek() == Some(&'"')) => {
                return None;
            }
            c => text.push(c),
        }
    }
    Some(Cow::Owned(text))
}

/// Whether one of the words is this option: `--yes`, or the letter in a cluster such as `-qy`. Letters that take the
/// rest of the word, or the next one, end a cluster.
pub(crate) fn has_flag(words: &[String], letter: char, takes: &str, long: &[&str]) -> bool {
    flag(words, letter, takes, long).is_some()
}

/// Which of the words it is.
pub(crate) fn flag(words: &[String], letter: char, takes: &str, long: &[&str]) -> Option<usize> {
    let mut skip = false;
    for (at, word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        if word == "--" {
            return None;
        }
        if let Some(name) = word.strip_prefix("--") {
            let name = name.split('=').next().unwrap_or(name);
            if long.contains(&name) {
                return Some(at);
            }
        } else if let Some(cluster) = word.strip_prefix('-') {
            for (i, c) in cluster.char_indices() {
                if c == letter {
                    return Some(at);
                }
                if takes.contains(c) {
                    skip = i + c.len_utf8() == cluster.len();
                    break;
                }
                if !c.is_ascii_alphanumeric() {
                    break;
                }
            }
        }
    }
    None
}

/// The words that are no options, with their positions. `takes`: letters, and long names, whose value is the next word.
pub(crate) fn operands<'w>(words: &'w [String], takes: &str, long: &[&str]) -> Vec<(usize, &'w str)> {
    let (mut found, mut skip, mut rest) = (Vec::new(), false, false);
    for (at, word) in words.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        if rest || !word.starts_with('-') || word == "-" {
            found.push((at, word.as_str()));
        } else if word == "--" {
            rest = true;
        } else if let Some(name) = word.strip_prefix("--") {
            skip = long.contains(&name);
        } else {
            let cluster = &word[1..];
            skip = cluster.char_indices().find(|(_, c)| takes.contains(*c)).is_some_and(|(i, c)| i + c.len_utf8() == cluster.len());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn a_literal_is_what_the_program_is_given() {
        for (word, text) in [
            ("a", Some("a")),
            ("'a b'", Some("a b")),
            ("'a\\'b", Some("a\\b")),
            ("\"a\\\"b\\n\"", Some("a\"b\\n")),
            ("a\\ b", Some("a b")),
            ("'it'\"'\"'s'", Some("it's")),
            ("a$", Some("a$")),
            ("\"^x$\"", Some("^x$")),
            ("'$x'", Some("$x")),
            ("\\$x", Some("$x")),
            ("$x", None),
            ("\"a${x}\"", None),
            ("`x`", None),
            ("$'a'", None),
        ] {
            assert_eq!(literal(word).as_deref(), text, "{word}");
        }
    }

    #[test]
    fn an_option_is_found_in_a_cluster_and_not_in_the_word_of_another() {
        assert!(has_flag(&words("-qy vim"), 'y', "o", &[]));
        assert!(has_flag(&words("--yes vim"), 'y', "o", &["yes"]));
        assert!(has_flag(&words("--fail=1"), 'f', "", &["fail"]));
        assert!(!has_flag(&words("-o y vim"), 'y', "o", &[]));
        assert!(!has_flag(&words("-oy vim"), 'y', "o", &[]));
        assert!(!has_flag(&words("-- -y"), 'y', "o", &[]));
        assert!(!has_flag(&words("vim -o -y"), 'y', "o", &[]));
        assert_eq!(operands(&words("-u root -p x -- -y"), "u", &[]), [(3, "x"), (5, "-y")]);
        assert_eq!(operands(&words("--user root x --a=b"), "", &["user"]), [(2, "x")]);
    }
}
