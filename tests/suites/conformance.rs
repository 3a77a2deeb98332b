//! The numbered conformance suite in `tests/data`: each rule of the language by its number in `ok`, each code in `err`,
//! in both spellings, with the expected output beside it. `tests/data/README.md` says how to add one.
//!
//! `BLESS=1 cargo test -p cli --test integration conformance` writes what is printed now; read the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::harness::desk::Desk;

static DATA: LazyLock<PathBuf> = LazyLock::new(|| Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("tests/data"));

/// Codes without a file of their own, and why.
const ELSEWHERE: &[(&str, &str)] = &[
    ("RB0001", "a file that is not UTF-8: suite malformed"),
    ("RB0002", "a file that is too large: suite malformed"),
    ("RB0039", "what `convert` can't say: suite formatting"),
    ("RB0040", "a defect of the printer, which nothing is known to cause"),
    ("RB0041", "a comment that `convert` can't carry: suite formatting"),
    ("RB0036", "too many values: a large file, made in the grammar's tests"),
    ("RB0122", "the reader tells it first, as RB0019"),
    ("RB0136", "the reader tells it first, as RB0019"),
    ("RB0901", "for uses that are not built: engine's tests of the plan"),
    ("RB0225", "a backslash makes the braces literal before the shell is asked"),
    ("RB0245", "stands ready for what the shell's grammar may get"),
    ("RB0371", "another program's: suite shellcheck"),
    ("RB0394", "a configuration: the linter's suites"),
    ("RB0395", "a configuration: the linter's suites"),
    ("RB0396", "a configuration: the linter's suites"),
    ("RB0397", "a configuration: the linter's suites"),
    ("RB0398", "a configuration: the linter's suites"),
    ("RB0401", "the command line says it in its own words"),
    ("RB0412", "of what the command line gives, RB0405 is told first"),
    ("RB0416", "`plan` shows what is not known yet"),
    ("RB0417", "`a_called_runbook_can_not_go_over_a_fact_of_its_own`"),
    ("RB0419", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0420", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0421", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0422", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0423", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0424", "an inventory: `every_mistake_has_its_place_and_says_what_to_write`"),
    ("RB0425", "what a run is given: suite secrets"),
    ("RB0426", "what a run is given: suite secrets"),
    ("RB0428", "an inventory: `what_ssh_can_not_do_is_told_before_anything_is_connected_and_no_password_is_kept`"),
    ("RB0429", "an inventory: `what_matches_nothing_is_an_error_that_names_what_there_is`"),
    ("RB0430", "an inventory: `the_kind_of_an_inventory_is_found_out_from_itself`"),
    ("RB0431", "an inventory: `every_mistake_of_an_ini_file_has_its_place`"),
    ("RB0432", "an inventory: `every_mistake_of_an_ini_file_has_its_place`"),
    ("RB0433", "an inventory: `a_program_that_fails_is_told_with_what_it_said`"),
    ("RB0900", "a file that can't be read: suite malformed"),
];

/// What one of the spellings can't say, or says with another code.
const ONE_SPELLING: &[(&str, &str)] = &[
    ("RB0005", "YAML has no braces"),
    ("RB0006", "YAML's own brackets: RB0030"),
    ("RB0007", "YAML's own quotes: RB0030"),
    ("RB0008", "YAML has no backticks"),
    ("RB0009", "YAML's own brackets: RB0030"),
    ("RB0012", "YAML's mappings have no order that could be wrong"),
    ("RB0013", "YAML has no braces"),
    ("RB0014", "YAML has no braces"),
    ("RB0015", "YAML has no braces"),
    ("RB0016", "twice the same key: RB0027"),
    ("RB0020", "YAML's own escapes: RB0030"),
    ("RB0021", "YAML's own indentation"),
    ("RB0022", "YAML's own block scalars"),
    ("RB0050", "the native form has no escape for it; the byte itself: the grammar's tests"),
    ("RB0018", "the native header has an order: RB0012"),
    ("RB0024", "the native header has an order: RB0012"),
    ("RB0025", "the native header has an order: RB0012"),
    ("RB0026", "the native form expects a word: RB0012"),
];

#[derive(Debug)]
struct Datum {
    folder: &'static str,
    /// The file's name.
    name: String,
    /// `RB0101`, `L204`.
    number: String,
    /// Behind `# plan:`: planned with these arguments, else only linted.
    plan: Option<Vec<String>>,
}

fn data(folder: &'static str) -> Vec<Datum> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(DATA.join(folder)).expect("a folder").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.ends_with(".runbook") || name.ends_with(".runbook.yaml") {
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).expect("readable")).into_owned();
            let plan = text.lines().take(3).find_map(|line| line.strip_prefix("# plan:")).map(|args| args.split_whitespace().map(str::to_owned).collect());
            let number = name.split('-').next().unwrap_or_default().to_owned();
            found.push(Datum { folder, name, number, plan });
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(found.len() >= 20, "{folder} holds {} data", found.len());
    found
}

/// How long ago a date was is another number every day.
fn on_any_day(printed: &str) -> String {
    const BEFORE: &str = "checked this for ";
    let mut parts = printed.split(BEFORE);
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}{BEFORE}N{}", part.trim_start_matches(|c: char| c.is_ascii_digit())))
}

impl Datum {
    fn is_yaml(&self) -> bool {
        self.name.ends_with(".yaml")
    }

    /// The name without the ending that says which spelling it is.
    fn stem(&self) -> &str {
        self.name.trim_end_matches(".yaml")
    }

    fn ran(&self, desk: &Desk, command: &str, more: &[String]) -> (i32, String) {
        let mut told = desk.command();
        told.current_dir(DATA.join(self.folder)).args([command, "--color", "never", &self.name]).args(more);
        let output = told.output().expect("the binary runs");
        let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        (output.status.code().unwrap_or(-1), text)
    }

    /// Compares with what stands beside the file; or, where that was asked for, writes it.
    fn compare(&self, beside: &str, printed: &str, differ: &mut Vec<String>) {
        let path = DATA.join(self.folder).join(beside);
        let printed = on_any_day(printed);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &printed).expect("written");
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if expected != printed {
            differ.push(format!("{}/{beside}: expected\n{expected}\nprinted\n{printed}", self.folder));
        }
    }
}

/// A page of a plan without the plan's hash, which moves with everything that a plan holds. That both spellings have one
/// is asked for by itself.
fn without_hash(page: &str) -> String {
    let hash = |line: &str| line.strip_prefix("plan ").is_some_and(|rest| rest.len() == 12 && rest.bytes().all(|b| b.is_ascii_hexdigit()));
    page.split_inclusive('\n').map(|line| if hash(line.trim_end()) { "plan HASH\n" } else { line }).collect()
}

/// The codes that an output tells of, each on a line's beginning.
fn codes(output: &str) -> BTreeSet<String> {
    let is_code = |word: &str| word.len() == 6 && word.starts_with("RB") && word[2..].bytes().all(|b| b.is_ascii_digit());
    output.lines().filter_map(|line| line.split_whitespace().next()).filter(|word| is_code(word)).map(str::to_owned).collect()
}

fn none(differ: &[String]) {
    assert!(differ.is_empty(), "{}\n({} differ; BLESS=1 writes what is printed now)", differ.join("\n"), differ.len());
}

#[test]
fn every_mistake_is_told_by_its_own_code_as_expected() {
    let desk = Desk::new();
    let mut differ = Vec::new();
    for datum in data("err") {
        let (status, printed) = match &datum.plan {
            Some(args) => datum.ran(&desk, "plan", args),
            None => datum.ran(&desk, "lint", &["--deny".to_owned(), "warnings".to_owned()]),
        };
        let told = codes(&printed);
        if told != BTreeSet::from([datum.number.clone()]) {
            differ.push(format!("err/{} tells {told:?}\n{printed}", datum.name));
        }
        datum.compare(&format!("{}.txt", datum.name), &format!("exit {status}\n{printed}"), &mut differ);
    }
    none(&differ);
}

#[test]
fn every_rule_of_the_language_plans_as_expected_in_both_spellings() {
    let desk = Desk::new();
    let mut differ = Vec::new();
    let mut hashes: BTreeMap<String, String> = BTreeMap::new();
    for datum in data("ok") {
        let (status, printed) = datum.ran(&desk, "lint", &["--deny".to_owned(), "warnings".to_owned()]);
        if status != 0 {
            differ.push(format!("ok/{} is not clean:\n{printed}", datum.name));
            continue;
        }
        let args = datum.plan.clone().unwrap_or_default();
        // One file for both: they print the same page.
        let (status, printed) = datum.ran(&desk, "plan", &args);
        let printed = without_hash(&printed);
        datum.compare(&format!("{}.plan", datum.stem()), &format!("exit {status}\n{printed}"), &mut differ);
        let (_, json) = datum.ran(&desk, "plan", &[args, vec!["--format".to_owned(), "json".to_owned()]].concat());
        let plan: serde_json::Value = serde_json::from_str(&json).unwrap_or_default();
        let hash = plan["hash"].as_str().unwrap_or_default().to_owned();
        match hashes.insert(datum.stem().to_owned(), hash.clone()) {
            Some(other) if other != hash => differ.push(format!("ok/{}: the spellings make two plans", datum.name)),
            _ => {}
        }
    }
    none(&differ);
}

#[test]
fn every_datum_stands_in_both_spellings() {
    let mut alone = Vec::new();
    for folder in ["ok", "err"] {
        let all = data(folder);
        let has = |stem: &str, yaml: bool| all.iter().any(|datum| datum.stem() == stem && datum.is_yaml() == yaml);
        for datum in &all {
            let excused = ONE_SPELLING.iter().any(|(code, _)| *code == datum.number) || datum.number.as_str() >= "RB0030" && datum.number.as_str() <= "RB0038";
            if !has(datum.stem(), !datum.is_yaml()) && !excused {
                alone.push(format!("{folder}/{}", datum.name));
            }
        }
    }
    none(&alone);
}

#[test]
fn every_code_has_a_file_that_shows_it() {
    let page = std::fs::read_to_string(DATA.join("../../docs/codes.md")).expect("the page of the codes");
    let listed = page.lines().filter_map(|line| line.strip_prefix("| RB")).filter_map(|rest| rest.get(..4)).map(|digits| format!("RB{digits}"));
    let shown: BTreeSet<String> = data("err").into_iter().map(|datum| datum.number).collect();
    let missing: Vec<String> = listed.filter(|code| !shown.contains(code) && ELSEWHERE.iter().all(|(other, _)| other != code)).collect();
    none(&missing);
}
