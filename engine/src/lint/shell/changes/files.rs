//! Files that a command writes, moves or removes. Those in /tmp are its own affair.

use super::super::facts::{Facts, From, Simple, Way};
use super::super::written::{has_flag, literal, operands};
use super::Change;

pub(super) fn change(facts: &Facts, simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    let has = |letter: char, long: &[&str]| has_flag(words, letter, "", long);
    let all: Vec<&str> =
        operands(words, "tmogS", &["mode", "owner", "group", "suffix", "target-directory", "reference"]).into_iter().map(|(_, word)| word).collect();
    let any = |paths: &[&str]| paths.iter().any(|path| !is_own(facts, path));
    let last = || all.last().copied().into_iter().collect::<Vec<_>>();
    let (paths, does): (Vec<&str>, _) = match simple.name.as_str() {
        "rm" | "rmdir" | "unlink" | "shred" => (all, "removes files"),
        "mv" => (all, "moves files"),
        "cp" | "install" | "ln" => (last(), "writes files"),
        "rsync" | "scp" if !has('n', &["dry-run", "list-only"]) => (last().into_iter().filter(|to| !to.contains(':')).collect(), "writes files"),
        "touch" | "mkdir" | "mkfifo" | "truncate" => (all, "makes files"),
        "tee" => (all, "writes files"),
        "chmod" | "chown" | "chgrp" | "setfacl" => (all.into_iter().skip(1).collect(), "changes who may use files"),
        "sed" | "gsed"
            if words.iter().any(|word| word.starts_with("-i") || word.starts_with("--in-place") || word == "-ni" || word == "-Ei" || word == "-ri") =>
        {
            (last(), "changes a file")
        }
        "perl" if words.iter().any(|word| word.starts_with("-pi") || word.starts_with("-i") || word.starts_with("-ni")) => (last(), "changes a file"),
        "patch" if !has('n', &["dry-run"]) => return Some("changes files"),
        "crudini" if words.iter().any(|word| matches!(word.as_str(), "--set" | "--del" | "--merge")) => return Some("changes a file"),
        "dd" => (words.iter().filter_map(|word| word.strip_prefix("of=")).collect(), "writes a file"),
        "tar" => {
            let mode = words.first().map(|word| word.trim_start_matches('-')).unwrap_or_default();
            let unpacks = (mode.contains('x') || has('x', &["extract", "get"])) && !mode.contains('O') && !has('O', &["to-stdout"]);
            return (unpacks && !words.iter().any(|word| word.starts_with("/tmp"))).then_some("unpacks files");
        }
        "mkfs" | "wipefs" | "mkswap" | "lvcreate" | "lvremove" | "lvextend" | "vgremove" | "pvcreate" => return Some("changes a disk"),
        name if name.starts_with("mkfs.") => return Some("changes a disk"),
        _ => return None,
    };
    any(&paths).then_some(does)
}

/// What a redirection writes.
pub(super) fn written(simple: &Simple) -> Option<Change> {
    let redirect = simple.redirects.iter().find(|redirect| matches!(redirect.way, Way::Out | Way::Append) && is_elsewhere(&redirect.word))?;
    Some(Change { at: redirect.at, does: "writes a file" })
}

/// A file of the command's own, or one that can't be told.
fn is_own(facts: &Facts, word: &str) -> bool {
    // `f=/etc/x` is told by the script; `f=$(mktemp)` is its own.
    let variable = word.trim_matches('"').strip_prefix('$').map(|name| name.trim_matches(['{', '}']));
    let given = |name: &str| {
        facts
            .assigned
            .iter()
            .filter(move |assigned| assigned.name == name)
            .any(|assigned| matches!(&assigned.from, From::Word(word) if literal(word).is_some_and(|text| text.starts_with('/') && is_elsewhere(&text))))
    };
    !is_elsewhere(word) && !variable.is_some_and(given)
}

/// Neither in a folder for everybody, nor a device, nor only the run's to tell.
fn is_elsewhere(word: &str) -> bool {
    let text = word.trim_start_matches(['"', '\'']);
    let own = ["/tmp/", "/var/tmp/", "/dev/", "/proc/self/", "&"].iter().any(|free| text.starts_with(free)) || text == "-" || text == "/tmp";
    let unknown = text.starts_with(['$', '`']) && !text.starts_with("${rb_");
    !own && !unknown && !text.is_empty()
}
