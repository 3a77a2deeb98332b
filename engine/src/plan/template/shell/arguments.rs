//! Commands whose arguments are code: shells, ssh, and what runs one of them.

use super::super::refusal::Refusal;
use super::names::slots_in;
use super::options::{begins_with_expansion, carries_a_command, is_shell, literal, program};
use super::walk::Walker;
use crate::value::Type;

/// What a shell's arguments say.
#[derive(Debug, Default)]
pub(super) struct ShellArguments {
    /// Index of the code that stands behind `-c`.
    pub(super) code: Option<usize>,
    /// `-c` is there.
    pub(super) has_c: bool,
    /// Index of the script's file.
    pub(super) file: Option<usize>,
    pub(super) reads_input: bool,
}

/// `words` begins with the shell itself.
pub(super) fn shell_arguments(words: &[String]) -> ShellArguments {
    let mut found = ShellArguments::default();
    let mut stdin = false;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let Some(option) = literal(word).filter(|text| text.len() > 1 && text.starts_with(['-', '+'])) else { break };
        at += 1;
        if option == "--" || option == "-" {
            break;
        }
        if option.starts_with("--") {
            at += usize::from(matches!(option.as_str(), "--rcfile" | "--init-file"));
            continue;
        }
        found.has_c |= option.starts_with('-') && option.contains('c');
        stdin |= option.starts_with('-') && option.contains('s');
        at += usize::from(option.ends_with(['o', 'O']));
    }
    if found.has_c {
        found.code = (at < words.len()).then_some(at);
        // `xargs sh -c`: the code comes from elsewhere.
        found.reads_input = found.code.is_none();
    } else {
        found.file = (at < words.len()).then_some(at);
        found.reads_input = stdin || found.file.is_none();
    }
    found
}

/// Every shell among the words, whoever runs it: `docker exec web sh -c …`, `find … -exec sh -c …`.
pub(super) fn refuse_in_shells(walker: &mut Walker<'_>, words: &[String], command: usize) {
    let carrier = words.first().and_then(|word| program(word)).is_some_and(|name| carries_a_command(&name))
        || words.get(command).and_then(|word| program(word)).is_some_and(|name| carries_a_command(&name));
    let mut given_code = false;
    for (i, word) in words.iter().enumerate() {
        if !program(word).is_some_and(|name| is_shell(&name)) {
            continue;
        }
        // Behind code stand its arguments, and the first of them is often called `sh`.
        let runs = (i == command || carrier) && !given_code;
        let arguments = shell_arguments(&words[i..]);
        if let Some(code) = arguments.code {
            walker.refuse_all(&words[i + code], Refusal::CodePlace);
            given_code |= runs;
            inside(walker, &words[i + code..]);
        }
        if !runs {
            continue;
        }
        let until = arguments.code.or(arguments.file).unwrap_or(words.len() - i);
        for option in &words[i + 1..i + until] {
            walker.refuse_all(option, Refusal::OptionPlace);
        }
        for word in words.iter().take(i + until + 1).skip(i + 1) {
            walker.refuse_split(word, Refusal::OptionPlace);
        }
        // An operand that turns out to be an option makes code of the words behind it.
        if let Some(operand) = arguments.code.or(arguments.file).map(|at| i + at).filter(|at| words[at - 1] != "--" && begins_with_expansion(&words[*at])) {
            for word in &words[operand + 1..] {
                walker.refuse_all(word, Refusal::OptionPlace);
            }
        }
        if let Some(file) = arguments.file {
            let dashes = words.get(i + file - 1).is_some_and(|before| before == "--");
            refuse_leading(walker, &words[i + file], dashes);
        }
    }
}

/// The code itself, where it is written out: what it does with its arguments is looked at like the rest.
fn inside(walker: &mut Walker<'_>, words: &[String]) {
    let Some(Ok(program)) = words.first().and_then(|code| literal_code(code)).map(|code| super::syntax::parse(&code)) else { return };
    for (at, word) in words.iter().enumerate().skip(1) {
        let held = walker.held_by(word);
        walker.flow.give_positional(at - 1, &held);
    }
    walker.program(&program);
}

/// Code in single quotes, where a `$` is the inner shell's.
fn literal_code(word: &str) -> Option<String> {
    let inner = word.strip_prefix('\'')?.strip_suffix('\'')?;
    (!inner.contains('\'')).then(|| inner.to_owned())
}

/// A value at the beginning of this word would be read as an option that runs code, unless its type forbids it.
fn refuse_leading(walker: &mut Walker<'_>, word: &str, after_dashes: bool) {
    if after_dashes {
        return;
    }
    if let Some(first) = slots_in(word).first().copied()
        && word.trim_start_matches('"').starts_with("${rb_")
        && !matches!(walker.kind(first), Some(Type::Host | Type::Path))
    {
        walker.refuse(first, Refusal::OptionPlace);
    }
}

/// Options of ssh that take a word.
const SSH_WORDS: &str = "BbcDEeFIiJLlmOopQRSWw";

/// Index of the host among the words of an ssh command, which begin with `ssh` itself.
pub(super) fn ssh_host(words: &[String]) -> usize {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return at;
        }
        at += 1;
        if word == "--" {
            return at;
        }
        let takes = word.char_indices().skip(1).find(|(_, c)| SSH_WORDS.contains(*c));
        at += usize::from(takes.is_some_and(|(i, c)| i + c.len_utf8() == word.len()));
    }
    at
}

pub(super) fn refuse_in_ssh(walker: &mut Walker<'_>, words: &[String]) {
    let host = ssh_host(words);
    let before = &words[..host.min(words.len())];
    refuse_options(walker, before, "oI");
    for word in words.iter().take(host + 1).skip(1) {
        walker.refuse_split(word, Refusal::OptionPlace);
    }
    if let Some(word) = words.get(host) {
        refuse_leading(walker, word, words[host - 1] == "--");
    }
    for code in words.iter().skip(host + 1) {
        walker.refuse_all(code, Refusal::CodePlace);
    }
}

/// Options whose word is code: `-o ProxyCommand=…`.
pub(super) fn refuse_options(walker: &mut Walker<'_>, words: &[String], letters: &str) {
    for (i, word) in words.iter().enumerate().skip(1) {
        let Some(letter) = word.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|c| letters.contains(*c)) else { continue };
        walker.refuse_all(word, Refusal::CodePlace);
        if word.len() == 1 + letter.len_utf8()
            && let Some(next) = words.get(i + 1)
        {
            walker.refuse_all(next, Refusal::CodePlace);
        }
    }
}
