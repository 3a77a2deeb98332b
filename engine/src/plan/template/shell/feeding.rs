//! Who reads code from its input, so that what is written there is run.

use brush_parser::ast::{AndOr, Command, CommandPrefixOrSuffixItem, CompoundCommand, CompoundList, IoFileRedirectTarget, IoRedirect, Pipeline, SimpleCommand};

use super::arguments::{shell_arguments, ssh_host};
use super::foreign::{has_code, language};
use super::options::{carries_a_command, is_shell, literal, program, unwrapped};

/// A command's words as they are written, without redirections.
pub(super) fn words_of(command: &SimpleCommand) -> Vec<String> {
    let suffix = command.suffix.iter().flat_map(|suffix| &suffix.0).filter_map(|item| match item {
        CommandPrefixOrSuffixItem::Word(word) | CommandPrefixOrSuffixItem::AssignmentWord(_, word) => Some(word.value.clone()),
        CommandPrefixOrSuffixItem::ProcessSubstitution(..) => Some("<()".to_owned()),
        CommandPrefixOrSuffixItem::IoRedirect(_) => None,
    });
    command.word_or_name.iter().map(|word| word.value.clone()).chain(suffix).collect()
}

/// Whether what this command reads is run.
pub(super) fn reads_code(command: &Command, readers: &[String]) -> bool {
    match command {
        Command::Simple(simple) => {
            let items = simple.suffix.iter().flat_map(|suffix| &suffix.0);
            words_read_code(&words_of(simple), readers) || items.into_iter().any(|item| item_writes_to_reader(item, readers))
        }
        Command::Compound(compound, _) => compound_reads(compound, readers),
        Command::Function(_) | Command::ExtendedTest(..) => false,
    }
}

fn compound_reads(compound: &CompoundCommand, readers: &[String]) -> bool {
    let list = |list: &CompoundList| list_reads(list, readers);
    match compound {
        CompoundCommand::Arithmetic(_) => false,
        CompoundCommand::ArithmeticForClause(clause) => list(&clause.body.list),
        CompoundCommand::BraceGroup(group) => list(&group.list),
        CompoundCommand::Subshell(shell) => list(&shell.list),
        CompoundCommand::ForClause(clause) => list(&clause.body.list),
        CompoundCommand::CaseClause(clause) => clause.cases.iter().filter_map(|case| case.cmd.as_ref()).any(list),
        CompoundCommand::IfClause(clause) => {
            let others = clause.elses.iter().flatten().any(|other| other.condition.iter().any(list) || list(&other.body));
            list(&clause.condition) || list(&clause.then) || others
        }
        CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => list(&clause.0) || list(&clause.1.list),
        CompoundCommand::Coprocess(process) => reads_code(&process.body, readers),
    }
}

pub(super) fn list_reads(list: &CompoundList, readers: &[String]) -> bool {
    let pipeline = |pipeline: &Pipeline| pipeline.seq.iter().any(|command| reads_code(command, readers));
    list.0.iter().any(|item| {
        let more = item.0.additional.iter().any(|(AndOr::And(next) | AndOr::Or(next))| pipeline(next));
        pipeline(&item.0.first) || more
    })
}

/// Functions that do so, by name.
pub(super) fn collect_readers(list: &CompoundList, readers: &mut Vec<String>) {
    for item in &list.0 {
        let rest = item.0.additional.iter().map(|(AndOr::And(next) | AndOr::Or(next))| next);
        for command in std::iter::once(&item.0.first).chain(rest).flat_map(|pipeline| &pipeline.seq) {
            match command {
                Command::Function(function) if compound_reads(&function.body.0, readers) => readers.push(function.fname.value.clone()),
                Command::Compound(CompoundCommand::BraceGroup(group), _) => collect_readers(&group.list, readers),
                _ => {}
            }
        }
    }
}

fn words_read_code(words: &[String], readers: &[String]) -> bool {
    let words_inside = unwrapped(words);
    let Some(name) = words_inside.first().and_then(|word| program(word)) else { return false };
    let through_xargs = words.iter().any(|word| word == "xargs");
    if through_xargs {
        return xargs_runs_input(words);
    }
    if carries_a_command(&name) {
        return (1..words_inside.len()).any(|i| program(&words_inside[i]).is_some_and(|inner| runs_input(&inner, &words_inside[i..])));
    }
    readers.contains(&name) || runs_input(&name, words_inside)
}

fn runs_input(name: &str, words: &[String]) -> bool {
    match name {
        "." | "source" | "eval" | "at" | "batch" | "crontab" | "parallel" | "su" => true,
        "ssh" => {
            let remote: Vec<String> = words.iter().skip(ssh_host(words) + 1).map(|word| literal(word).unwrap_or_default()).collect();
            remote.is_empty() || remote.iter().flat_map(|word| word.split(|c: char| c.is_whitespace() || ";&|(){}\"'".contains(c))).any(is_interpreter)
        }
        name if is_shell(name) => shell_arguments(words).reads_input,
        name => language(name).is_some_and(|language| {
            let rest = &words[1..];
            let file = rest.iter().any(|word| !word.starts_with('-'))
                && matches!(
                    name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'),
                    "python" | "pypy" | "perl" | "ruby" | "node" | "nodejs" | "php" | "lua" | "luajit" | "Rscript" | "tclsh"
                );
            !file && !has_code(rest, &language)
        }),
    }
}

fn is_interpreter(name: &str) -> bool {
    let name = name.rsplit('/').next().unwrap_or(name);
    is_shell(name) || language(name).is_some() || matches!(name, "ssh" | "eval" | "source" | "xargs" | "parallel")
}

/// With `-I` the input is put into the words, the code among them; with `-c` alone the input is the code.
fn xargs_runs_input(words: &[String]) -> bool {
    let replaces = words.iter().any(|word| word.starts_with("-I") || word == "-i" || word.starts_with("--replace") || word.starts_with("-J"));
    (0..words.len()).any(|i| {
        program(&words[i]).is_some_and(|name| {
            let arguments = shell_arguments(&words[i..]);
            let code = is_shell(&name) && arguments.has_c && (replaces || arguments.code.is_none());
            code || matches!(name.as_str(), "ssh" | "eval" | "su") || (replaces && language(&name).is_some())
        })
    })
}

/// Shells and what reads a file as a program: `bash <(…)`, `source <(…)`.
pub(super) fn runs_files(words: &[String]) -> bool {
    unwrapped(words)
        .first()
        .and_then(|word| program(word))
        .is_some_and(|name| is_shell(&name) || matches!(name.as_str(), "." | "source") || language(&name).is_some())
}

/// Programs that pass on what they read and print none of their arguments.
pub(super) fn prints_no_argument(words: &[String]) -> bool {
    unwrapped(words).first().and_then(|word| program(word)).is_some_and(|name| {
        matches!(
            name.as_str(),
            "cat"
                | "zcat"
                | "gunzip"
                | "gzip"
                | "pigz"
                | "bzcat"
                | "bunzip2"
                | "bzip2"
                | "xzcat"
                | "unxz"
                | "xz"
                | "zstdcat"
                | "unzstd"
                | "zstd"
                | "lz4"
                | "lz4cat"
                | "pv"
                | "curl"
                | "mysqldump"
                | "mariadb-dump"
                | "pg_dump"
                | "pg_dumpall"
                | "pg_restore"
                | "dd"
                | "openssl"
                | "gpg"
                | "age"
        )
    })
}

pub(super) fn item_writes_to_reader(item: &CommandPrefixOrSuffixItem, readers: &[String]) -> bool {
    match item {
        CommandPrefixOrSuffixItem::IoRedirect(redirect) => writes_to_reader(redirect, readers),
        CommandPrefixOrSuffixItem::ProcessSubstitution(brush_parser::ast::ProcessSubstitutionKind::Write, shell) => list_reads(&shell.list, readers),
        _ => false,
    }
}

pub(super) fn writes_to_reader(redirect: &IoRedirect, readers: &[String]) -> bool {
    match redirect {
        IoRedirect::File(_, _, IoFileRedirectTarget::ProcessSubstitution(brush_parser::ast::ProcessSubstitutionKind::Write, shell)) => {
            list_reads(&shell.list, readers)
        }
        _ => false,
    }
}
