//! Where values go on: `x={{ v }}; eval "$x"` runs the value as surely as `eval {{ v }}` does. Which variable is given
//! which slot is collected without regard to order, so that nothing is missed; numbers flow nowhere.

use std::collections::{BTreeMap, BTreeSet};

/// The slots that variables may hold. Positional parameters are names too: `1`, `@`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Flow {
    held: BTreeMap<String, BTreeSet<usize>>,
    /// What the script prints, so that a `read` of it may get it.
    printed: BTreeSet<usize>,
}

impl Flow {
    pub(super) fn give(&mut self, name: &str, slots: impl IntoIterator<Item = usize>) {
        let name = name.split(['[', '+']).next().unwrap_or(name);
        let mut slots = slots.into_iter().peekable();
        if slots.peek().is_some() {
            self.held.entry(name.to_owned()).or_default().extend(slots);
        }
    }

    pub(super) fn print(&mut self, slots: impl IntoIterator<Item = usize>) {
        self.printed.extend(slots);
    }

    /// What `read` and `mapfile` may give to a name.
    pub(super) fn read_into(&mut self, name: &str) {
        let printed = self.printed.clone();
        self.give(name, printed);
    }

    /// What `set -- …` and a call of a function give to `$1`, `$2`, `$@`.
    pub(super) fn give_positional(&mut self, at: usize, slots: &[usize]) {
        for name in [at.to_string(), "@".to_owned(), "*".to_owned()] {
            self.give(&name, slots.iter().copied());
        }
    }

    /// The slots that a text may hold once the shell has put its variables in.
    pub(super) fn reached(&self, text: &str) -> Vec<usize> {
        self.of(names_put_in(text))
    }

    /// The same for a command, where `"$@"` runs what the author wrote first.
    pub(super) fn reached_by_name(&self, text: &str) -> Vec<usize> {
        self.of(names_put_in(text).into_iter().filter(|name| name != "@" && name != "*"))
    }

    /// In arithmetic a bare word is a variable.
    pub(super) fn reached_in_arithmetic(&self, text: &str) -> Vec<usize> {
        let words =
            text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| word.starts_with(|c: char| !c.is_ascii_digit())).map(str::to_owned);
        self.of(names_put_in(text).into_iter().chain(words))
    }

    fn of(&self, names: impl IntoIterator<Item = String>) -> Vec<usize> {
        let slots: BTreeSet<usize> = names.into_iter().filter_map(|name| self.held.get(&name)).flatten().copied().collect();
        slots.into_iter().collect()
    }
}

/// Names behind `$` and `${`. In single quotes there are none, if the quotes can be told at all.
fn names_put_in(text: &str) -> Vec<String> {
    let simple = !text.contains("$(") && !text.contains('`');
    let (mut names, mut double, mut chars) = (Vec::new(), false, text.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => double = !double,
            '\'' if simple && !double => {
                chars.by_ref().find(|(_, c)| *c == '\'');
            }
            '$' => {
                let rest = text[at + 1..].trim_start_matches(['{', '!', '#']);
                let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                match rest.chars().next() {
                    Some(sign @ ('@' | '*')) => names.push(sign.to_string()),
                    Some(digit) if digit.is_ascii_digit() && !text[at + 1..].starts_with('{') => names.push(digit.to_string()),
                    _ if length > 0 => names.push(rest[..length].to_owned()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    names
}

/// Whether a word may become several: an expansion that is not ours stands outside double quotes.
pub(super) fn may_split(word: &str) -> bool {
    let (mut double, mut chars) = (false, word.char_indices());
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '"' => double = !double,
            '\'' if !double => {
                chars.by_ref().find(|(_, c)| *c == '\'');
            }
            '$' if !double && !word[at..].starts_with("${rb_") => return true,
            '`' if !double => return true,
            _ => {}
        }
    }
    false
}

/// Whether a substitution prints its arguments, so that what it gives holds them.
pub(super) fn prints(text: &str) -> bool {
    !text.contains("$(") && !text.contains('`') || ["echo", "printf", "<<"].iter().any(|sign| text.contains(sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_where_the_shell_puts_it_in() {
        for (text, names) in [
            ("$x", vec!["x"]),
            ("a\"${x:-b}\"", vec!["x"]),
            ("'$x'", vec![]),
            ("\"it's $x\"", vec!["x"]),
            ("\\$x", vec![]),
            ("$1$@ ${12}", vec!["1", "@", "12"]),
            ("${y[@]}${!z}", vec!["y", "z"]),
            ("\"$(echo \"it's $x\")\"", vec!["x"]),
        ] {
            assert_eq!(names_put_in(text), names, "{text}");
        }
    }
}
