//! What the README shows of a run is what a run prints. `BLESS=1` writes what is printed now.

use std::fs;

use crate::harness::desk::Desk;
use crate::harness::scratch::user;

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../README.md");
const OPEN: &str = "```console\n";
/// The tour's own folder, which other tests may be in.
const TOUR: &str = "/tmp/runbook-tour";

/// What a console shows: each command behind its `$`, and what it prints.
fn shown(desk: &Desk, console: &str) -> String {
    let folder = desk.path("site").display().to_string();
    let mut text = String::new();
    let mut status = 0;
    for line in console.lines().filter_map(|line| line.strip_prefix("$ ")) {
        let printed = if line == "echo $?" {
            format!("{status}\n")
        } else {
            let mut words: Vec<String> = line.trim_end_matches(" </dev/null").split_whitespace().skip(1).map(str::to_owned).collect();
            if words.first().is_some_and(|word| word == "run") {
                words.extend(["-p".to_owned(), format!("folder={folder}")]);
            }
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
            let output = desk.command().current_dir(root).args(&words).output().expect("the binary runs");
            status = output.status.code().unwrap_or(-1);
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout)
        };
        text.push_str(&format!("$ {line}\n{}", printed.replace(&folder, TOUR).replace(&format!("by {}", user()), "by ada")));
    }
    text
}

/// A line without what differs from run to run: moments, durations, numbers, ids and heads.
fn normal(line: &str, runs: &mut Vec<String>) -> String {
    if let Some(run) = line.strip_prefix("run ").filter(|run| run.len() == 8) {
        runs.push(run.to_owned());
    }
    let indent = line.len() - line.trim_start().len();
    let words = line.split_whitespace().map(|word| {
        let bare = word.trim_end_matches(')');
        let number = bare.trim_end_matches("ms").trim_end_matches('s');
        let is_number = number.contains(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.');
        // How much is free, how long it took, which process it was. Counts of steps and statuses count.
        if is_number && (number != bare || number.len() > 2) {
            "N"
        } else if runs.iter().any(|run| run == word) {
            "RUN"
        } else if word.len() == 64 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            "HEAD"
        } else if word.len() == 25 && word.as_bytes()[10] == b'T' {
            "MOMENT"
        } else {
            word
        }
    });
    format!("{}{}", " ".repeat(indent), words.collect::<Vec<_>>().join(" "))
}

fn normalised(text: &str) -> Vec<String> {
    let mut runs = Vec::new();
    text.lines().map(|line| normal(line, &mut runs)).collect()
}

#[test]
fn the_readme_shows_what_a_run_prints() {
    let desk = Desk::new();
    let readme = fs::read_to_string(README).expect("the README");
    let mut pieces = readme.split(OPEN);
    let mut now = pieces.next().unwrap_or_default().to_owned();
    let mut differ = Vec::new();
    let mut consoles = 0;
    for piece in pieces {
        let (console, rest) = piece.split_once("```\n").expect("it ends");
        let printed = shown(&desk, console);
        if normalised(console) == normalised(&printed) {
            now.push_str(&format!("{OPEN}{console}```\n{rest}"));
        } else {
            now.push_str(&format!("{OPEN}{printed}```\n{rest}"));
            differ.push(format!("shown\n{console}\nprinted\n{printed}"));
        }
        consoles += 1;
    }
    assert!(consoles > 1, "the README shows runs");
    if std::env::var_os("BLESS").is_some() {
        fs::write(README, now).expect("written");
    } else {
        assert!(differ.is_empty(), "{}\n(BLESS=1 writes what is printed now)", differ.join("\n"));
    }
}
