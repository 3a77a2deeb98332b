//! What can be told of a variable from the script alone.

use std::ops::Range;

use super::facts::{Facts, From};
use super::written::{has_flag, literal};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The script does not set it: it comes from the environment, or from nowhere.
    Unset,
    /// Always text that the author wrote.
    Written,
    /// Always a number, or one word that can't be split.
    Simple,
    /// What a command printed, a person gave, a file name.
    Outside,
}

pub(crate) fn origin(facts: &Facts, name: &str) -> Origin {
    let mut found: Option<Origin> = None;
    for assigned in facts.assigned.iter().filter(|assigned| assigned.name == name) {
        let one = match &assigned.from {
            From::Word(word) => of_word(word),
            From::Item(word) => of_item(word),
            From::Substitution(simples) => of_output(facts, simples),
            From::Elsewhere => Origin::Outside,
        };
        found = Some(match (found, one) {
            (None, one) => one,
            (Some(Origin::Outside), _) | (_, Origin::Outside) => Origin::Outside,
            (Some(Origin::Written), _) | (_, Origin::Written) => Origin::Written,
            (Some(known), _) => known,
        });
    }
    found.unwrap_or(Origin::Unset)
}

fn of_word(word: &str) -> Origin {
    match literal(word) {
        // A pattern among the items of a loop stands for file names.
        Some(text) if text.contains(['*', '?']) && !word.contains(['"', '\'']) => Origin::Outside,
        Some(text) if !text.is_empty() && !text.contains([' ', '\t', '\n', '*', '?', '[']) => Origin::Simple,
        Some(_) => Origin::Written,
        None if word.starts_with("$((") || matches!(word, "$?" | "$!" | "$$" | "$#") => Origin::Simple,
        None => Origin::Outside,
    }
}

/// What stands in a loop without quotes has been split already.
fn of_item(word: &str) -> Origin {
    if word.starts_with("$(") && word.ends_with(')') || word.starts_with('$') && !word.starts_with("${rb_") && word != "$@" {
        Origin::Simple
    } else {
        of_word(word)
    }
}

fn of_output(facts: &Facts, simples: &Range<usize>) -> Origin {
    if is_number(facts, simples) { Origin::Simple } else { Origin::Outside }
}

/// Whether what these commands print is a number.
pub(crate) fn is_number(facts: &Facts, simples: &Range<usize>) -> bool {
    let Some(last) = facts.simples.get(simples.clone()).and_then(<[_]>::last) else { return false };
    let words = last.arguments();
    match last.name.as_str() {
        "wc" => !words.is_empty(),
        "grep" | "egrep" | "fgrep" | "zgrep" => has_flag(words, 'c', "efmABC", &["count"]),
        "date" => words.iter().any(|word| word.contains("+%s") || word.contains("+%Y") || word.contains("+%F") || word.contains("+%d")),
        "id" => has_flag(words, 'u', "", &["user"]) || has_flag(words, 'g', "", &["group"]),
        "stat" => {
            words.iter().any(|word| literal(word).is_some_and(|text| text.len() == 2 && text.starts_with('%') || text.len() == 4 && text.starts_with("-c%")))
        }
        "pgrep" => has_flag(words, 'c', "fuUgGPst", &["count"]),
        "nproc" | "expr" | "mktemp" | "hostname" | "uname" | "whoami" => true,
        _ => false,
    }
}
