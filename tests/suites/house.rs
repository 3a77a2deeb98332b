//! The house keeps its rules, and what it says of itself is true: documents and source are held to each other.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::harness::desk::Desk;

const LONGEST: usize = 600;
const MEDIAN: usize = 120;

static ROOT: LazyLock<PathBuf> = LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned());

fn read(path: impl AsRef<Path>) -> String {
    let path = ROOT.join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Every file below a folder that ends so, by its path below the workspace.
fn files(folder: &str, end: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![ROOT.join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(end) {
                found.push(path.strip_prefix(&*ROOT).expect("below").to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

fn rust_files() -> Vec<String> {
    ["grammar", "engine", "cli", "bench", "tests"].iter().flat_map(|folder| files(folder, ".rs")).collect()
}

/// The README, the book, and the pages of the runbooks.
fn pages() -> Vec<String> {
    [vec!["README.md".to_owned(), "CHANGELOG.md".to_owned()], files("docs", ".md"), files("runbooks", ".md")].concat()
}

/// A file's code: without comments and without what stands behind `#[cfg(test)]`. Text in quotes is kept.
fn code(path: &str) -> String {
    let text = read(path);
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.starts_with("tests/")
}

/// Where the code of a folder, tests aside, names one of these: `path:line: text`.
fn named(folder: &str, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for path in files(folder, ".rs").into_iter().filter(|path| !is_test(path)) {
        for (at, line) in code(&path).lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    found
}

fn none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n  {}", found.join("\n  "));
}

/// A desk with the folder that the documents' series goes through.
fn desk_of_the_documents() -> Desk {
    let desk = Desk::new();
    let update =
        "runbook demo.to-4-0-1 \"To 4.0.1\" {\n  source \"made for a test\"\n  owner \"sre\"\n  target db: host\n  step look on db { verify `true` }\n}\n";
    desk.file("updates/4.0.1.runbook", update);
    desk.file("allowed_signers", read("tests/data/ok/allowed_signers"));
    desk
}

/// A block between two fences: the line it begins on, what follows the first fence, its text.
struct Fenced {
    at: usize,
    kind: String,
    text: String,
}

fn fenced(page: &str) -> Vec<Fenced> {
    let mut found: Vec<Fenced> = Vec::new();
    // A fence may have more than three signs, so that three can stand inside; it ends with as many.
    let mut open: Option<(String, Fenced)> = None;
    for (at, line) in page.lines().enumerate() {
        let ticks: String = line.chars().take_while(|c| *c == '`').collect();
        match open.take() {
            Some((mark, block)) if line.trim_end() == mark => found.push(block),
            Some((mark, mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some((mark, block));
            }
            None if ticks.len() >= 3 => {
                let kind = line[ticks.len()..].trim().to_owned();
                open = Some((ticks, Fenced { at: at + 1, kind, text: String::new() }));
            }
            None => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// The files that a runbook of the documents uploads, with its param filled in.
fn uploads(desk: &Desk, text: &str) {
    for path in text.lines().filter_map(|line| line.trim().strip_prefix("upload ")?.split('"').nth(1)) {
        desk.file(&path.replace("{{ release }}", "2.1"), "a file");
    }
}

#[test]
fn every_runbook_in_the_documents_is_clean() {
    let desk = desk_of_the_documents();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for page in pages() {
        for block in fenced(&read(&page)) {
            // `runbook` is a whole program. YAML is one when it begins with its name.
            let end = match block.kind.as_str() {
                "runbook" => "runbook",
                "yaml" if block.text.starts_with("runbook:") || block.text.starts_with("action:") => "runbook.yaml",
                _ => continue,
            };
            seen += 1;
            let name = format!("{}-{}.{end}", page.replace(['/', '.'], "-"), block.at);
            desk.file(&name, &block.text);
            uploads(&desk, &block.text);
            let ran = desk.runbook(["lint", "--deny", "warnings", &name]);
            if ran.status != 0 {
                wrong.push(format!("{page}:{}:\n{}{}", block.at, ran.out, ran.err));
            }
        }
    }
    none("a runbook in the documents is not clean", &wrong);
    assert!(seen >= 10, "only {seen} runbooks were found: the fences have changed");
}

#[test]
fn every_runbook_in_the_documents_has_its_canonical_layout() {
    let desk = Desk::new();
    let mut wrong = Vec::new();
    for page in pages() {
        for block in fenced(&read(&page)) {
            let end = match block.kind.as_str() {
                "runbook" => "runbook",
                "yaml" if block.text.starts_with("runbook:") || block.text.starts_with("action:") => "runbook.yaml",
                _ => continue,
            };
            let name = format!("{}-{}.{end}", page.replace(['/', '.'], "-"), block.at);
            desk.file(&name, &block.text);
            let ran = desk.runbook(["fmt", "--check", &name]);
            if ran.status != 0 {
                wrong.push(format!("{page}:{}:\n{}", block.at, ran.out));
            }
        }
    }
    none("a runbook in the documents has another layout: runbook fmt", &wrong);
}

#[test]
fn both_spellings_in_the_documents_say_the_same() {
    let desk = desk_of_the_documents();
    let mut wrong = Vec::new();
    let mut pairs = 0;
    for page in pages() {
        let blocks = fenced(&read(&page));
        for pair in blocks.windows(2) {
            let [native, yaml] = pair else { continue };
            if native.kind != "runbook" || yaml.kind != "yaml" || !yaml.text.starts_with("runbook:") {
                continue;
            }
            pairs += 1;
            desk.file("a.runbook", &native.text);
            uploads(&desk, &native.text);
            desk.file("a.runbook.yaml", &yaml.text);
            // The first runbook is what the page is about there; those below it are called.
            let name = native.text.lines().find_map(|line| line.strip_prefix("runbook ")?.split_whitespace().next()).unwrap_or_default();
            let hash = |file: &str| {
                let ran = desk.runbook(["plan", file, "--runbook", name, "--format", "json"]);
                let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{page}:{}: {e}: {ran:?}", native.at));
                plan["hash"].as_str().unwrap_or_default().to_owned()
            };
            if hash("a.runbook") != hash("a.runbook.yaml") {
                wrong.push(format!("{page}:{} and {}", native.at, yaml.at));
            }
        }
    }
    none("two spellings make two plans", &wrong);
    assert!(pairs >= 4, "only {pairs} pairs were found: a YAML block stands right behind its native one");
}

#[test]
fn every_command_in_the_documents_exists() {
    let desk = Desk::new();
    let known = commands(&desk);
    let mut wrong = Vec::new();
    for page in pages() {
        for block in fenced(&read(&page)).into_iter().filter(|b| matches!(b.kind.as_str(), "sh" | "console")) {
            for line in block.text.lines() {
                let line = line.strip_prefix("$ ").unwrap_or(line).trim_end_matches('\\');
                let typed = line.split_once("runbook ").filter(|(before, _)| before.is_empty() || before.ends_with("./target/debug/"));
                let typed = typed.map(|(_, rest)| rest).or_else(|| line.strip_prefix("cargo run --release -- "));
                let Some(word) = typed.and_then(|rest| rest.split_whitespace().next()) else { continue };
                if !word.starts_with('-') && !known.contains(word) && (block.kind == "sh" || line.starts_with("cargo")) {
                    wrong.push(format!("{page}:{}: {line}", block.at));
                }
                let there = |path: &str| !path.starts_with("runbooks/") || ROOT.join(path).exists();
                wrong.extend(typed.into_iter().flat_map(str::split_whitespace).filter(|w| !there(w)).map(|w| format!("{page}:{}: there is no {w}", block.at)));
            }
        }
    }
    none("a command in the documents does not exist", &wrong);
}

#[test]
fn every_command_has_its_place_in_the_documents() {
    let page = read("docs/cli.md");
    let missing: Vec<String> = commands(&Desk::new()).into_iter().filter(|command| !page.contains(&format!("`runbook {command}"))).collect();
    none("docs/cli.md does not tell of", &missing);
}

/// The commands that the binary's own help lists.
fn commands(desk: &Desk) -> BTreeSet<String> {
    let help = desk.runbook(["--help"]).out;
    let list = help.split_once("Commands:").expect("a list of commands").1.split("\n\n").next().unwrap_or_default().to_owned();
    let found: BTreeSet<String> = list.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(found.contains("run") && found.contains("resume"), "{found:?}");
    found
}

#[test]
fn the_readme_starts_with_two_commands_and_both_work() {
    let readme = read("README.md");
    for command in ["cargo run --release -- run runbooks/tour/publish.runbook", "tests/all"] {
        assert!(readme.contains(&format!("\n{command}\n")), "{command}");
    }
    assert!(ROOT.join("tests/all").is_file() && read(".ci/run").contains("exec tests/all"));
    assert_eq!(Desk::new().runbook(["lint", &ROOT.join("runbooks/tour/publish.runbook").to_string_lossy()]).status, 0);
}

#[test]
fn the_runbook_of_the_readme_is_cut_from_the_tour() {
    let tour = read("runbooks/tour/publish.runbook");
    let known: BTreeSet<&str> = tour.lines().map(str::trim).collect();
    let readme = read("README.md");
    let shown = fenced(&readme).into_iter().find(|b| b.kind == "runbook").expect("a runbook");
    let made_up: Vec<String> = shown.text.lines().filter(|line| !known.contains(line.trim())).map(str::to_owned).collect();
    none("the README shows a line that the tour does not have", &made_up);
}

#[test]
fn links_lead_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let text = read(&page);
        let folder = Path::new(&page).parent().unwrap_or(Path::new("")).to_owned();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap_or_default();
            let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
            if path.contains("://") {
                continue;
            }
            let to = if path.is_empty() { page.clone() } else { folder.join(path).to_string_lossy().into_owned() };
            let whole = ROOT.join(&to).exists() && (anchor.is_empty() || headings(&read(&to)).contains(anchor));
            if !whole {
                broken.push(format!("{page}: {target}"));
            }
        }
    }
    none("a link leads nowhere", &broken);
}

/// The anchors of a page's headings.
fn headings(page: &str) -> BTreeSet<String> {
    let heads = page.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim());
    heads.map(|head| head.to_lowercase().chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-')).collect::<String>().replace(' ', "-")).collect()
}

#[test]
fn every_test_that_the_documents_name_is_there() {
    let sources: String = rust_files().iter().map(read).collect();
    let mut gone = Vec::new();
    for page in pages() {
        let text = read(&page);
        for quoted in text.split('`').skip(1).step_by(2) {
            // A test is a sentence: four words or more, or a promise with its number. Ansible's variables are long, too.
            let is_test = quoted.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                && quoted.matches('_').count() >= 3
                && !quoted.starts_with("ansible_");
            if is_test && !sources.contains(&format!("fn {quoted}(")) {
                gone.push(format!("{page}: {quoted}"));
            }
        }
    }
    none("a test that the documents name does not exist", &gone);
}

#[test]
fn every_code_has_its_line_and_no_line_is_made_up() {
    let mut made = BTreeSet::new();
    for folder in ["grammar/src", "engine/src", "cli/src"] {
        for path in files(folder, ".rs").into_iter().filter(|path| !is_test(path)) {
            made.extend(codes(&code(&path), "\"", "\""));
        }
    }
    let page = read("docs/codes.md");
    let told = codes(&page, "| ", " |");
    assert_eq!(made.difference(&told).collect::<Vec<_>>(), Vec::<&String>::new(), "docs/codes.md lacks these");
    assert_eq!(told.difference(&made).collect::<Vec<_>>(), Vec::<&String>::new(), "docs/codes.md has these, and nothing else has");
    for rule in engine::lint::rules() {
        let line = format!("| {} | {} | {} |", rule.code, format!("{:?}", rule.severity).to_lowercase(), rule.title);
        assert!(page.contains(&line), "docs/codes.md lacks the line\n{line}");
    }
}

/// `RB` and four digits, between these two.
fn codes(text: &str, before: &str, after: &str) -> BTreeSet<String> {
    let found = text.match_indices("RB").filter_map(|(at, _)| {
        let code = text.get(at..at + 6)?;
        let whole = code[2..].chars().all(|c| c.is_ascii_digit()) && text[..at].ends_with(before) && text[at + 6..].starts_with(after);
        whole.then(|| code.to_owned())
    });
    found.collect()
}

#[test]
fn every_action_of_the_standard_library_has_its_place_in_the_documents() {
    let page = read("docs/stdlib.md");
    let mut missing = Vec::new();
    for path in files("stdlib", ".runbook") {
        for line in read(&path).lines().filter_map(|line| line.strip_prefix("action ")) {
            let name = line.split(['(', ' ']).next().unwrap_or_default().to_owned();
            if !page.contains(&format!("`{name}`")) {
                missing.push(name);
            }
        }
    }
    none("docs/stdlib.md does not tell of", &missing);
}

#[test]
fn the_pure_heart_knows_nothing_of_the_world() {
    let world = [
        "exec::",
        "journal::",
        "tokio",
        "std::time",
        "std::fs",
        "std::net",
        "std::env",
        "std::process",
        "SystemTime",
        "Instant",
        "getrandom",
        "jiff",
        "rusqlite",
    ];
    none("engine/src/run names something of the world", &named("engine/src/run", &world));
}

#[test]
fn the_libraries_print_nothing_and_read_no_environment() {
    let words = ["println!", "print!", "eprint", "dbg!", "std::env", "env::var", "io::stdout", "io::stderr", "io::stdin"];
    for library in ["grammar/src", "engine/src"] {
        none("a library speaks, or listens to the environment", &named(library, &words));
    }
}

#[test]
fn only_exec_is_async() {
    let awaits = |folder| named(folder, &["async ", ".await", "tokio::"]);
    none("the grammar is async", &awaits("grammar/src"));
    let elsewhere: Vec<String> = awaits("engine/src").into_iter().filter(|line| !line.starts_with("engine/src/exec/")).collect();
    none("the engine is async outside exec", &elsewhere);
}

#[test]
fn who_may_know_whom() {
    let grammar = read("grammar/Cargo.toml");
    let engine = read("engine/Cargo.toml");
    for unwanted in ["tokio", "engine", "rusqlite", "openssh"] {
        assert!(!grammar.contains(&format!("\n{unwanted}.")), "the grammar depends on {unwanted}");
    }
    for unwanted in ["cli", "clap", "miette", "inquire"] {
        assert!(!engine.contains(&format!("\n{unwanted}.")), "the engine depends on {unwanted}");
    }
}

#[test]
fn no_warning_is_silenced_without_a_reason() {
    // Written apart, so that this line is not found by itself.
    let allows = [concat!("#[", "allow("), concat!("#![", "allow(")];
    let mut found = Vec::new();
    for path in rust_files() {
        let text = read(&path);
        found.extend(text.lines().filter(|line| allows.iter().any(|a| line.trim_start().starts_with(a))).map(|line| format!("{path}: {}", line.trim())));
    }
    none("`expect` with a reason is the word", &found);
}

#[test]
fn files_are_short() {
    let mut lengths: Vec<(usize, String)> = rust_files().into_iter().map(|path| (read(&path).lines().count(), path)).collect();
    lengths.sort();
    let too_long: Vec<String> = lengths.iter().filter(|(lines, _)| *lines > LONGEST).map(|(lines, path)| format!("{path}: {lines} lines")).collect();
    none("a file is too long", &too_long);
    let median = lengths[lengths.len() / 2].0;
    assert!(median <= MEDIAN, "half of the files have more than {median} lines");
}

#[test]
fn nothing_names_the_machine_that_it_was_written_on() {
    let mut found = Vec::new();
    // Written apart, so that this line is not found by itself.
    let marks = [concat!("/wo", "rk/")];
    let texts = ["README.md", "CHANGELOG.md", "deny.toml", "Cargo.toml"]
        .map(str::to_owned)
        .into_iter()
        .chain(files("docs", ".md"))
        .chain(rust_files())
        .chain(files("runbooks", ""));
    for path in texts {
        for (at, line) in read(&path).lines().enumerate() {
            if marks.iter().any(|mark| line.contains(mark)) {
                found.push(format!("{path}:{}: {}", at + 1, line.trim()));
            }
        }
    }
    none("a path of one machine", &found);
}
