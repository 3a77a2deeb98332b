//! Programs of other languages on a command line: `mysql -e`, `python3 -c`, `awk`. A number can't be code anywhere;
//! any other value in them is refused.

use super::super::refusal::Refusal;
use super::names::slots_in;
use super::options::{Taken, literal, taken_by};
use super::walk::Walker;

/// The short options that take code, the flags that may stand before them in one word, and the long options.
pub(super) struct Language {
    pub(super) code: &'static str,
    flags: &'static str,
    long: &'static [&'static str],
}

/// `None`: no interpreter that is known here.
pub(super) fn language(name: &str) -> Option<Language> {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    Some(match name {
        "mysql" | "mariadb" => Language { code: "e", flags: "NsBrAtXEvwfCqnGbLHU", long: &["--execute", "--init-command"] },
        "psql" => Language { code: "c", flags: "AtqxX1wWz0aebnsES", long: &["--command"] },
        "sqlite" | "clickhouse-client" | "cqlsh" | "mongo" | "mongosh" | "sqlplus" | "sqlcmd" | "redis-cli" | "influx" => {
            Language { code: "eqQ", flags: "", long: &["--eval", "--query", "--execute", "--cmd"] }
        }
        "python" | "pypy" => Language { code: "c", flags: "BEiIOqsSuvbP", long: &[] },
        "perl" => Language { code: "eE", flags: "nplawisW0Tt", long: &[] },
        "ruby" => Language { code: "e", flags: "nplaws", long: &[] },
        "node" | "nodejs" | "deno" | "bun" => Language { code: "ep", flags: "", long: &["--eval", "--print"] },
        "php" => Language { code: "rRBE", flags: "nq", long: &["--run"] },
        "lua" | "luajit" | "Rscript" | "R" | "tclsh" => Language { code: "e", flags: "", long: &[] },
        "gdb" => Language { code: "", flags: "", long: &["-ex", "--ex", "-iex"] },
        "ed" | "ex" | "vi" | "vim" | "dc" | "lftp" | "ftp" | "sftp" => Language { code: "ce", flags: "", long: &["--cmd"] },
        _ => return None,
    })
}

/// Whether an argument gives the program's code, so that its input is data.
pub(super) fn has_code(words: &[String], language: &Language) -> bool {
    words.iter().any(|word| taken_by(word, language.code, language.flags).is_some() || language.long.iter().any(|long| word.starts_with(long)))
}

pub(super) fn refuse_programs(walker: &mut Walker<'_>, name: &str, words: &[String]) {
    match name {
        "awk" | "gawk" | "mawk" | "nawk" => awk(walker, words),
        "sed" | "gsed" => sed(walker, words),
        _ => {
            if let Some(language) = language(name) {
                in_language(walker, words, &language);
            }
            // The words after the data base are statements.
            if name.starts_with("sqlite") {
                let operands: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
                operands.iter().skip(1).for_each(|word| refuse(walker, word));
            }
        }
    }
}

fn refuse(walker: &mut Walker<'_>, code: &str) {
    for number in slots_in(code).into_iter().chain(walker.flow.reached(code)) {
        if !walker.is_number(number) {
            walker.refuse(number, Refusal::ForeignCode);
        }
    }
}

fn in_language(walker: &mut Walker<'_>, words: &[String], language: &Language) {
    for (i, word) in words.iter().enumerate() {
        let long = language.long.iter().find(|long| word.starts_with(**long));
        let taken = match long {
            Some(long) if word.len() == long.len() => Some(Taken::Next),
            Some(_) => Some(Taken::Here),
            None => taken_by(word, language.code, language.flags),
        };
        match taken {
            Some(Taken::Here) => refuse(walker, word),
            Some(Taken::Next) => words.iter().skip(i + 1).take(1).for_each(|word| refuse(walker, word)),
            None => {}
        }
    }
}

/// The first word that is no option is the program, unless it stands in a file.
fn awk(walker: &mut Walker<'_>, words: &[String]) {
    let mut at = 0;
    while let Some(option) = words.get(at).filter(|word| word.starts_with('-') && word.len() > 1) {
        at += 1;
        match literal(option).as_deref() {
            Some("-f" | "--file") => return,
            Some("--") => break,
            Some("-v" | "-F") => at += 1,
            _ => {}
        }
    }
    words.iter().skip(at).take(1).for_each(|word| refuse(walker, word));
}

/// sed is used for too much to be refused; lint says what a value could do in it.
fn sed(walker: &mut Walker<'_>, words: &[String]) {
    let given = words.iter().any(|word| matches!(word.as_str(), "-e" | "-f" | "--expression" | "--file") || word.starts_with("-e"));
    let mut program = !given;
    for (i, word) in words.iter().enumerate() {
        let behind_e = i > 0 && matches!(words[i - 1].as_str(), "-e" | "--expression");
        let first = program && !word.starts_with('-');
        if behind_e || first || word.starts_with("-e") || word.starts_with("--expression=") {
            slots_in(word).into_iter().for_each(|number| walker.note_sed(number));
            program &= !first;
        }
    }
}
