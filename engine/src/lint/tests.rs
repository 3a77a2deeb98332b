//! Every rule against its own examples, and the language page's example against all of them.

use super::{Options, lint, mended, rules};
use crate::check::{Library, LoadError, ParsedFile, check};
use crate::plan::tests::parsed;
use grammar::Spelling;
use grammar::diagnostic::{Diagnostic, Severity};
use grammar::source::{Source, SourceId};

/// Examples are cut short: who owns them and where they come from is left out.
pub(super) const CUT_SHORT: [&str; 2] = ["RB0380", "RB0381"];

/// One file lies beside the examples.
struct Beside;

impl Library for Beside {
    fn load(&mut self, path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
        if path.ends_with("1.runbook") {
            let source = Source { id: SourceId(2), path: path.to_owned(), text: "runbook update { step look on local { verify `true` } }".to_owned() };
            return Ok(ParsedFile { file: grammar::parse(&source).file, source });
        }
        if path != "site.runbook" {
            return Err(LoadError::Unreadable { why: "there is no such file".to_owned() });
        }
        let text = "action site.reloaded() { run `systemctl reload site` }\naction site.held() { run `hold`\n undo `let-go` }\nrunbook site.all { target h: host\n step look on h { verify `true` } }";
        let source = Source { id: SourceId(1), path: path.to_owned(), text: text.to_owned() };
        Ok(ParsedFile { file: grammar::parse(&source).file, source })
    }

    fn list(&mut self, folder: &str, _from: &Source) -> Result<Vec<String>, LoadError> {
        if folder == "updates/" || folder == "updates" {
            Ok(vec!["1.runbook".to_owned()])
        } else {
            Err(LoadError::Unreadable { why: "there is no such folder".to_owned() })
        }
    }

    fn find(&mut self, _path: &str, _from: &Source) -> Result<(), LoadError> {
        Err(LoadError::Unreadable { why: "there are no other files".to_owned() })
    }
}

pub(super) fn linted(text: &str) -> Vec<Diagnostic> {
    let options = Options { today: Some(jiff::civil::date(2026, 3, 1)), ..Options::default() };
    linted_on(text, &options).into_iter().filter(|d| !CUT_SHORT.contains(&d.code)).collect()
}

/// Everything that is said.
pub(super) fn linted_on(text: &str, options: &Options) -> Vec<Diagnostic> {
    let program = check(parsed("t.runbook", text), &mut Beside).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"));
    lint(&program, options)
}

/// The codes that are told of every runbook of a file; its mistakes, if it has some.
pub(super) fn codes_of(path: &str, text: &str) -> Result<std::collections::BTreeSet<&'static str>, Vec<Diagnostic>> {
    let mut program = check(parsed(path, text), &mut Beside)?;
    let options = Options { today: Some(jiff::civil::date(2026, 3, 1)), ..Options::default() };
    let mut codes: std::collections::BTreeSet<&'static str> = lint(&program, &options).into_iter().map(|d| d.code).collect();
    for name in program.own_runbooks().to_vec() {
        program.choose_at(name);
        codes.extend(lint(&program, &options).into_iter().map(|d| d.code));
    }
    Ok(codes)
}

/// What the findings of one rule point at.
pub(super) fn places<'t>(code: &str, text: &'t str) -> Vec<&'t str> {
    linted(text).into_iter().filter(|d| d.code == code).map(|d| text.get(d.span.start..d.span.end).unwrap_or("elsewhere")).collect()
}

/// The text with every fix in it, the unsafe ones too.
pub(super) fn mended_text(path: &str, text: &str) -> String {
    let file = parsed(path, text);
    let source = file.source.clone();
    let program = check(file, &mut Beside).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"));
    let fixes: Vec<_> = lint(&program, &Options::default()).into_iter().filter_map(|d| d.fix).collect();
    mended(&source, &fixes).text
}

#[test]
fn every_rule_finds_its_bad_example_and_nothing_in_its_good_one() {
    for rule in rules() {
        let linted = |text| if CUT_SHORT.contains(&rule.code) { linted_on(text, &Options::default()) } else { linted(text) };
        let bad = linted(rule.bad);
        assert_eq!(bad.iter().map(|d| d.code).collect::<Vec<_>>(), [rule.code], "{}: {bad:#?}", rule.bad);
        assert!(bad.iter().all(|d| d.severity == rule.severity && d.help.is_some() && d.span.end > d.span.start), "{bad:#?}");
        assert_eq!(linted(rule.good), [], "{}", rule.good);
    }
}

#[test]
fn a_fix_of_a_bad_example_takes_its_finding_away_and_nothing_else_appears() {
    let mut fixes = 0;
    for rule in rules() {
        let source = parsed("t.runbook", rule.bad).source;
        let offered: Vec<_> = linted(rule.bad).into_iter().filter_map(|d| d.fix).collect();
        if offered.is_empty() {
            continue;
        }
        fixes += 1;
        let after = mended(&source, &offered);
        assert_eq!(after.applied, (0..offered.len()).collect::<Vec<_>>(), "{}: the fixes of an example go together", rule.code);
        // It is parsed, checked and linted anew.
        assert_eq!(linted(&after.text), [], "{}", after.text);
        assert!(offered.iter().all(|fix| fix.title.starts_with(char::is_lowercase)), "{}: a title is an imperative: {offered:?}", rule.code);
    }
    assert!(fixes > 0, "no rule has a fix");
}

#[test]
fn the_fix_of_an_example_mends_it_in_yaml_as_well() {
    let codes = |path: &str, text: &str| {
        let program = check(parsed(path, text), &mut Beside).unwrap_or_else(|errors| panic!("{text}\n{errors:#?}"));
        lint(&program, &Options { today: Some(jiff::civil::date(2026, 3, 1)), ..Options::default() }).into_iter().map(|d| d.code).collect::<Vec<_>>()
    };
    for rule in rules().iter().filter(|rule| rule.mends().is_some()) {
        let native = parsed("t.runbook", rule.bad).source;
        let yaml = grammar::format::convert(&native, Spelling::Native, Spelling::Yaml).unwrap_or_else(|e| panic!("{}: {e:#?}", rule.bad)).text;
        assert!(codes("t.yaml", &yaml).contains(&rule.code), "{}: {yaml}", rule.code);
        let after = mended_text("t.yaml", &yaml);
        // It is parsed, checked and linted anew.
        assert!(!codes("t.yaml", &after).contains(&rule.code), "{}: {after}", rule.code);
    }
}

#[test]
fn codes_are_in_order_and_none_is_given_twice() {
    let codes: Vec<&str> = rules().iter().map(|r| r.code).collect();
    let mut sorted = codes.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(codes, sorted);
}

#[test]
fn a_gate_that_may_be_skipped_does_not_count() {
    let text = "runbook x { target h: host = \"h1\"\n param ask: bool\n gate sure \"?\" { when ask\n timeout 1h then park }\n step s on h { run `x`\n irreversible \"gone\" } }";
    assert!(linted(text).iter().any(|d| d.code == "RB0302"));
}

#[test]
fn the_language_pages_example_has_no_errors() {
    let found = linted(&crate::plan::tests::example::text());
    assert!(found.iter().all(|d| d.severity != Severity::Error), "{found:#?}");
}

#[test]
fn a_step_of_a_called_runbook_stands_in_the_boundary_around_the_call() {
    let text = |block: &str| format!("runbook x {{ {block} }}\nrunbook low {{ target h: host = local\n step stop on h {{ run `systemctl stop x` }} }}");
    let codes = |text: &str| linted(text).iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(codes(&text("boundary b { call down low(h: local) }")), ["RB0301"]);
    assert_eq!(codes(&text("call down low(h: local)")), [""; 0]);
}

/// The block of a series is linted like any other, and its runbooks as what they stand in.
#[test]
fn what_a_series_runs_is_linted_where_it_stands() {
    struct One(&'static str);
    impl Library for One {
        fn load(&mut self, path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
            let source = Source { id: SourceId(1), path: path.to_owned(), text: self.0.to_owned() };
            Ok(ParsedFile { file: grammar::parse(&source).file, source })
        }
        fn list(&mut self, _folder: &str, _from: &Source) -> Result<Vec<String>, LoadError> {
            Ok(vec!["1.runbook".to_owned()])
        }
        fn find(&mut self, _path: &str, _from: &Source) -> Result<(), LoadError> {
            Ok(())
        }
    }
    let codes = |text: &str, update: &'static str| {
        let program = check(parsed("t.runbook", text), &mut One(update)).unwrap_or_else(|errors| panic!("{errors:#?}"));
        let errors = lint(&program, &Options::default()).into_iter().filter(|d| d.severity == Severity::Error && !CUT_SHORT.contains(&d.code));
        errors.map(|d| (d.code, d.span.source.0)).collect::<Vec<_>>()
    };
    let quiet = "runbook up { step look on local { verify `true` } }";
    let changes = "runbook up { step stop on local { run `systemctl stop x` } }";
    let around = |block: &str| format!("runbook x {{ boundary b {{ series \"up/\" from 0 to 9 {{ {block} }} }} }}");
    assert_eq!(codes(&around(""), quiet), []);
    assert_eq!(codes(&around(""), changes), [("RB0301", 1)]);
    assert_eq!(codes(&around("step stop on local { run `systemctl stop x` }"), quiet), [("RB0301", 0)]);
    let drop = "step drop on local { run `dropdb x`\n irreversible \"gone\" }";
    assert_eq!(codes(&format!("runbook x {{ series \"up/\" from 0 to 9 {{ {drop} }} }}"), quiet), [("RB0302", 0)]);
    let gated = "gate sure \"?\" { timeout 1h then park }";
    assert_eq!(codes(&format!("runbook x {{ {gated}\n series \"up/\" from 0 to 9 {{ {drop} }} }}"), quiet), []);
    assert_eq!(codes(&format!("runbook x {{ series \"up/\" from 0 to 9 {{ {gated} }}\n {drop} }}"), quiet), [("RB0302", 0)], "it may have nothing to run");
}
