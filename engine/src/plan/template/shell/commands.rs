//! What a command does with its words. Everything that is not named here takes a value as it is.

use super::super::refusal::Refusal;
use super::arguments::{refuse_in_shells, refuse_in_ssh, refuse_options};
use super::names::{is_name, slots_in};
use super::options::{before_command, literal, program};
use super::walk::Walker;
use super::{foreign, tests_of_values};
use crate::value::Type;

/// The name of `NAME=…`, also inside double quotes.
pub(super) fn assigned(word: &str) -> Option<&str> {
    let (name, _) = word.trim_start_matches('"').split_once('=')?;
    is_name(name.strip_suffix('+').unwrap_or(name)).then_some(name)
}

pub(super) fn refuse_by_command(walker: &mut Walker<'_>, words: &[String]) {
    let mut start = 0;
    while let Some(name) = words.get(start) {
        walker.refuse_all(name, Refusal::CommandPosition);
        let Some(next) = before_command(&words[start..]) else { break };
        by_wrapper(walker, &words[start..], next);
        start += next;
    }
    let start = start.min(words.len());
    refuse_in_shells(walker, words, start);
    for word in words {
        if let Some(refusal) = assigned(word).and_then(|name| walker.special.refusal_for(name)).filter(|refusal| *refusal == Refusal::CodePlace) {
            walker.refuse_all(word, refusal);
        }
    }
    by_name(walker, &words[start..]);
}

/// The wrapper's own words are those before its command.
fn by_wrapper(walker: &mut Walker<'_>, words: &[String], command: usize) {
    let Some(name) = words.first().and_then(|word| program(word)) else { return };
    for (i, word) in words.iter().enumerate().take(command).skip(1) {
        walker.refuse_split(word, Refusal::CommandPosition);
        let option = literal(word).unwrap_or_default();
        // They split or unquote what they are given once more.
        let again = match name.as_str() {
            "sudo" => matches!(option.as_str(), "-s" | "-i" | "--shell" | "--login"),
            "env" => option.starts_with("-S") || option.starts_with("--split-string"),
            _ => false,
        };
        if again {
            words[i..].iter().for_each(|word| walker.refuse_all(word, Refusal::CodePlace));
        }
        if name == "env" && word.starts_with("-S") {
            walker.refuse_all(word, Refusal::CodePlace);
        }
    }
}

fn by_name(walker: &mut Walker<'_>, words: &[String]) {
    let Some(name) = words.first().and_then(|word| program(word)) else { return };
    let rest = &words[1..];
    let all = |walker: &mut Walker<'_>, refusal: Refusal| rest.iter().for_each(|word| walker.refuse_all(word, refusal));
    if matches!(name.as_str(), "echo" | "printf") {
        rest.iter().for_each(|word| walker.print(word));
    }
    if matches!(name.as_str(), "read" | "mapfile" | "readarray") {
        rest.iter().filter(|word| is_name(word)).for_each(|name| walker.flow.read_into(name));
        walker.flow.read_into(if name == "read" { "REPLY" } else { "MAPFILE" });
    }
    match name.as_str() {
        "eval" | "trap" | "alias" | "." | "source" | "bind" | "complete" | "compgen" | "compopt" | "enable" | "fc" | "history" | "watch" | "parallel"
        | "su" | "at" | "batch" | "script" | "runuser" => all(walker, Refusal::CodePlace),
        // Whose table it is, is no code.
        "crontab" => words.windows(2).filter(|pair| pair[0] != "-u").for_each(|pair| walker.refuse_all(&pair[1], Refusal::CodePlace)),
        "flock" => refuse_options(walker, words, "c"),
        "ssh" => refuse_in_ssh(walker, words),
        "scp" | "sftp" => refuse_options(walker, words, "oS"),
        "rsync" => {
            refuse_options(walker, words, "e");
            rest.iter().filter(|word| word.starts_with("--rsh")).for_each(|word| walker.refuse_all(word, Refusal::CodePlace));
        }
        "read" | "unset" | "getopts" | "mapfile" | "readarray" => all(walker, Refusal::NamePlace),
        "wait" if rest.iter().any(|word| word.starts_with("-p")) => all(walker, Refusal::NamePlace),
        "declare" | "typeset" | "local" | "readonly" | "export" | "integer" => declaration(walker, &name, rest),
        "printf" => printf(walker, rest),
        "test" | "[" => tests_of_values::simple(walker, words),
        "let" | "shift" | "exit" | "return" | "break" | "continue" => arithmetic(walker, rest),
        name if walker.functions.iter().any(|known| known == name) => positional(walker, rest),
        "set" | "shopt" => {
            let behind = rest.iter().position(|word| word == "--").map_or(rest.len(), |at| at + 1);
            positional(walker, &rest[behind..]);
            rest.iter().take_while(|word| *word != "--").for_each(|word| walker.refuse_all(word, Refusal::OptionPlace));
        }
        "find" => find(walker, rest),
        _ => foreign::refuse_programs(walker, &name, rest),
    }
    if !matches!(name.as_str(), "echo" | "printf" | "test" | "[" | "cd" | "export" | "local" | "declare" | "readonly" | "typeset") {
        note_options(walker, rest);
    }
}

/// What a function, or the script itself, is given as `$1`, `$2`, …
fn positional(walker: &mut Walker<'_>, words: &[String]) {
    for (i, word) in words.iter().enumerate() {
        let held = walker.held_by(word);
        walker.flow.give_positional(i + 1, &held);
    }
}

/// Numbers pass; a value of any other type would be evaluated.
fn arithmetic(walker: &mut Walker<'_>, words: &[String]) {
    let held: Vec<usize> = words.iter().flat_map(|word| slots_in(word).into_iter().chain(walker.flow.reached_in_arithmetic(word))).collect();
    for number in held {
        if !walker.is_number(number) {
            walker.refuse(number, Refusal::Arithmetic);
        }
    }
}

fn declaration(walker: &mut Walker<'_>, name: &str, words: &[String]) {
    let options: String = words.iter().filter(|word| word.starts_with(['-', '+'])).map(String::as_str).collect();
    for word in words {
        let value = assigned(word);
        if value.is_none() || options.contains(['n', 'a', 'A']) || !slots_in(&options).is_empty() {
            walker.refuse_all(word, Refusal::NamePlace);
        } else if let (Some(name), held @ [_, ..]) = (value, walker.held_by(word).as_slice()) {
            walker.flow.give(name, held.iter().copied());
        }
        if value.is_none() {
            continue;
        }
        if options.contains('i') || name == "integer" {
            walker.refuse_all(word, Refusal::Arithmetic);
        } else if let Some(refusal) = value.and_then(|name| walker.special.refusal_for(name)) {
            walker.refuse_all(word, refusal);
        }
    }
}

fn printf(walker: &mut Walker<'_>, words: &[String]) {
    let mut at = 0;
    if let [option, name, values @ ..] = words
        && option == "-v"
    {
        for word in values {
            let held = walker.held_by(word);
            walker.flow.give(name, held);
        }
    }
    match words.first().map(String::as_str) {
        Some("-v") => {
            words.iter().skip(1).take(1).for_each(|name| walker.refuse_all(name, Refusal::NamePlace));
            at = 2;
        }
        Some(glued) if glued.starts_with("-v") => {
            walker.refuse_all(glued, Refusal::NamePlace);
            at = 1;
        }
        _ => {}
    }
    at += usize::from(words.get(at).is_some_and(|word| word == "--"));
    words.iter().skip(at).take(1).for_each(|format| walker.refuse_all(format, Refusal::PrintfFormat));
}

/// Each `-exec` begins a command of its own.
fn find(walker: &mut Walker<'_>, words: &[String]) {
    for (i, word) in words.iter().enumerate() {
        walker.refuse_split(word, Refusal::OptionPlace);
        if matches!(word.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            let command = &words[i + 1..];
            let end = command.iter().position(|word| matches!(literal(word).as_deref(), Some(";" | "+"))).unwrap_or(command.len());
            refuse_by_command(walker, &command[..end]);
        }
    }
}

/// Words that begin with a text that may begin with `-`, and no `--` before them.
fn note_options(walker: &mut Walker<'_>, words: &[String]) {
    for (i, word) in words.iter().take_while(|word| *word != "--").enumerate() {
        let begins = word.trim_start_matches('"').starts_with("${rb_");
        let option_before = i > 0 && words[i - 1].starts_with('-');
        if let (true, false, Some(number)) = (begins, option_before, slots_in(word).first().copied()) {
            let dangerous = match walker.kind(number) {
                None | Some(Type::String | Type::Json | Type::Int | Type::Float) => true,
                Some(Type::List(of)) => !matches!(**of, Type::Host | Type::Path),
                Some(_) => false,
            };
            if dangerous {
                walker.note_option(number);
            }
        }
    }
}
