//! Names: those of slots, and those of variables that do something with what they are given.

use super::super::refusal::Refusal;

/// The number of `rb_N`.
pub(super) fn slot_number(name: &str) -> Option<usize> {
    name.strip_prefix("rb_").filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()
}

/// The slots in a text, wherever they stand in it.
pub(super) fn slots_in(text: &str) -> Vec<usize> {
    text.match_indices("${rb_").filter_map(|(at, _)| slot_number(text[at + 2..].split('}').next()?)).collect()
}

/// Shells run what these hold.
const CODE: [&str; 17] = [
    "PS0",
    "PS1",
    "PS2",
    "PS4",
    "ENV",
    "BASH_ENV",
    "PROMPT_COMMAND",
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "RSYNC_RSH",
    "LD_PRELOAD",
    "PAGER",
    "EDITOR",
    "VISUAL",
    "LESSOPEN",
    "PERL5OPT",
    "SHELLOPTS",
];

/// bash reckons with what these are given.
const NUMBERS: [&str; 12] =
    ["OPTIND", "RANDOM", "SRANDOM", "SECONDS", "LINENO", "BASHPID", "HISTCMD", "EPOCHSECONDS", "HISTSIZE", "HISTFILESIZE", "TMOUT", "MAILCHECK"];

/// Variables that the script itself declared as numbers or as references.
#[derive(Debug, Default)]
pub(super) struct Special {
    numbers: Vec<String>,
    references: Vec<String>,
}

impl Special {
    /// Why a value can't be assigned to this variable.
    pub(super) fn refusal_for(&self, name: &str) -> Option<Refusal> {
        let name = name.split('[').next().unwrap_or(name);
        if CODE.contains(&name) || name.starts_with("BASH_FUNC_") {
            Some(Refusal::CodePlace)
        } else if self.references.iter().any(|known| known == name) {
            Some(Refusal::NamePlace)
        } else if NUMBERS.contains(&name) || self.numbers.iter().any(|known| known == name) {
            Some(Refusal::Arithmetic)
        } else {
            None
        }
    }
}

/// Reads the text and not the tree, so that nothing is missed however it is nested.
pub(super) fn special(script: &str) -> Special {
    let mut special = Special::default();
    for command in script.split(['\n', ';', '&', '|', '(', ')', '{', '}']) {
        let words: Vec<&str> = command.split(|c: char| c.is_whitespace() || "`\"'".contains(c)).filter(|word| !word.is_empty()).collect();
        let Some(at) = words.iter().position(|word| matches!(*word, "declare" | "typeset" | "local" | "integer" | "readonly" | "export")) else { continue };
        let is_option = |word: &&&str| word.starts_with(['-', '+']);
        let options: String = words[at + 1..].iter().take_while(is_option).copied().collect();
        let declared = words[at + 1..].iter().skip_while(is_option).map(|word| word.split(['=', '[', '+']).next().unwrap_or(word).to_owned());
        if options.contains('n') && words[at] != "export" {
            special.references.extend(declared);
        } else if options.contains('i') || words[at] == "integer" {
            special.numbers.extend(declared);
        }
    }
    special
}

pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
