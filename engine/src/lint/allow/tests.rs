use std::collections::BTreeSet;

use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, SourceId};

use super::Allowances;
use crate::check::{NoFiles, ParsedFile, check};
use crate::lint::tests::CUT_SHORT;
use crate::lint::{Options, lint, mended};

struct Linted {
    source: Source,
    left: Vec<Diagnostic>,
    reasons: Vec<String>,
    /// Mistakes in comments, and comments that nothing needs.
    about_comments: Vec<Diagnostic>,
}

fn linted(path: &str, text: &str) -> Linted {
    let source = Source { id: SourceId(0), path: path.to_owned(), text: text.to_owned() };
    let parsed = grammar::parse(&source);
    assert_eq!(parsed.diagnostics, [], "{text}");
    let program = check(ParsedFile { source: source.clone(), file: parsed.file }, &mut NoFiles).unwrap_or_else(|e| panic!("{e:#?}"));
    let allowances = Allowances::of(&source);
    let (mut left, mut reasons, mut used) = (Vec::new(), Vec::new(), BTreeSet::new());
    for finding in lint(&program, &Options::default()).into_iter().filter(|d| !CUT_SHORT.contains(&d.code)) {
        match allowances.for_finding(&finding) {
            Some(allowance) => {
                reasons.push(allowance.reason.clone());
                used.insert(allowance.at);
            }
            None => left.push(finding),
        }
    }
    let mut about_comments = allowances.mistakes.clone();
    about_comments.extend(allowances.unused(&source, &used, |_| true));
    Linted { source, left, reasons, about_comments }
}

fn codes(found: &[Diagnostic]) -> Vec<&str> {
    found.iter().map(|d| d.code).collect()
}

/// A retry without a check (RB0306), and a guard whose pipe loses a failure (RB0307).
fn native(before_retry: &str, behind_retry: &str, before_guard: &str, behind_guard: &str) -> String {
    format!(
        "runbook x {{\n  target h: host = \"h1\"\n  {before_guard}\n  require \"r\" ```\n    # of the shell\n    x | grep y\n    ``` {behind_guard}\n  step s on h {{\n    run `a`\n    {before_retry}\n    retry 3 {behind_retry}\n    undo none \"n\"\n  }}\n}}\n"
    )
    .replace("``` \n", "``` on h\n")
    .replace("``` #", "``` on h #")
}

fn yaml(before_retry: &str, behind_retry: &str, before_guard: &str, behind_guard: &str) -> String {
    format!(
        "runbook: x\ntargets:\n  h: {{type: host, is: h1}}\nrequire:\n  - why: r\n    on: h\n    {before_guard}\n    cmd: | {behind_guard}\n      # of the shell\n      x | grep y\nsteps:\n  - step: s\n    on: h\n    run: a\n    {before_retry}\n    retry: 3 {behind_retry}\n    undo: {{none: n}}\n"
    )
}

type Spell = fn(&str, &str, &str, &str) -> String;
const BOTH: [(&str, Spell); 2] = [("a.runbook", native), ("a.runbook.yaml", yaml)];

#[test]
fn a_comment_before_a_field_or_behind_it_allows_what_it_names_there() {
    for (path, text) in BOTH {
        let bare = linted(path, &text("", "", "", ""));
        assert_eq!((codes(&bare.left), bare.about_comments.len()), (vec!["RB0307", "RB0306"], 0), "{path}");
        for (a, b, c, d) in [
            ("# lint: allow RB0306 it can be repeated", "", "# lint: allow RB0307 x can't fail", ""),
            ("", "# lint: allow RB0306 it can be repeated", "", "# lint: allow RB0307 x can't fail"),
            ("# Lint: allow rb0306: it can be repeated", "", "# lint: allow [RB0307] - x can't fail", ""),
            ("# lint: allow RB0306 it can be repeated\n    # and more words", "", "# lint: allow RB0307 x can't fail\n\n", ""),
        ] {
            let found = linted(path, &text(a, b, c, d));
            assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec![], vec![]), "{}", found.source.text);
            assert_eq!(found.reasons, ["x can't fail", "it can be repeated"], "{}", found.source.text);
        }
    }
}

#[test]
fn one_comment_may_name_several_codes_and_each_is_accounted_for() {
    for (path, text) in BOTH {
        let found = linted(path, &text("# lint: allow RB0306, RB0308 it can be repeated", "", "", ""));
        assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec!["RB0307"], vec!["RB0393"]));
        let fixes: Vec<_> = found.about_comments.iter().filter_map(|d| d.fix.clone()).collect();
        let after = mended(&found.source, &fixes).text;
        assert!(after.contains("# lint: allow RB0306, it can be repeated"), "{after}");
        assert_eq!(linted(path, &after).about_comments, []);
    }
}

#[test]
fn it_covers_the_field_it_stands_at_and_no_more() {
    for (path, text) in BOTH {
        // Two lines too early: it stands at the guard, not at the retry.
        let found = linted(path, &text("", "", "# lint: allow RB0306 it can be repeated", ""));
        assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec!["RB0307", "RB0306"], vec!["RB0393"]), "{}", found.source.text);
        // At the top of the file it covers the header, not the runbook.
        let found = linted(path, &format!("# lint: allow RB0306 it can be repeated\n{}", text("", "", "", "")));
        assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec!["RB0307", "RB0306"], vec!["RB0393"]), "{}", found.source.text);
    }
}

#[test]
fn a_comment_of_the_shell_and_a_text_allow_nothing() {
    for (path, text) in BOTH {
        let text = text("", "", "", "").replace("# of the shell", "# lint: allow RB0307 x never fails");
        assert_eq!(codes(&linted(path, &text).left), ["RB0307", "RB0306"], "{text}");
    }
}

#[test]
fn a_comment_that_is_wrong_is_told_and_allows_nothing() {
    for (path, text) in BOTH {
        for (comment, code) in [
            ("# lint: allow RB0306", "RB0391"),
            ("# lint: allow RB0306 --", "RB0391"),
            ("# lint: allow RB0306:", "RB0391"),
            ("# lint: allow", "RB0392"),
            ("# lint: allow everything", "RB0392"),
            ("# lint: allow RB0104 I know", "RB0392"),
            ("# lint: allow RB03066 it can be repeated", "RB0392"),
            ("# lint: allow RB0301 it can be repeated", "RB0392"),
            ("# lint: allow RB0306 RB0306 it can be repeated", "RB0390"),
            ("# lint: ignore RB0306 it can be repeated", "RB0390"),
            ("# lint:", "RB0390"),
            ("# lint allow RB0306 it can be repeated", "RB0390"),
            ("# noqa: RB0306", "RB0390"),
        ] {
            let found = linted(path, &text(comment, "", "", ""));
            assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec!["RB0307", "RB0306"], vec![code]), "{comment}");
            let told = &found.about_comments[0];
            assert!(told.help.is_some() && told.span.end > told.span.start, "{told:#?}");
        }
        assert!(linted(path, &text("# lint: allow RB03066 x", "", "", "")).about_comments[0].help.as_ref().is_some_and(|h| h.contains("RB0306")));
    }
}

#[test]
fn words_about_lint_are_no_comment_for_it() {
    for (path, text) in BOTH {
        for comment in ["# linted by hand, see RB0306", "# this was RB0306 once", "# lint is clean", "#", "##"] {
            assert_eq!(linted(path, &text(comment, "", "", "")).about_comments, [], "{comment}");
        }
    }
}

#[test]
fn a_comment_that_allows_nothing_is_taken_out_by_its_fix() {
    for (path, text) in BOTH {
        for (before, behind) in [("# lint: allow RB0308 gone long ago", ""), ("", "# lint: allow RB0308 gone long ago")] {
            let found = linted(path, &text(before, behind, "", ""));
            assert_eq!(codes(&found.about_comments), ["RB0393"]);
            let fixes: Vec<_> = found.about_comments.iter().filter_map(|d| d.fix.clone()).collect();
            let after = mended(&found.source, &fixes).text;
            assert!(!after.contains("RB0308"), "{after}");
            assert_eq!(linted(path, &after).about_comments, [], "{after}");
        }
    }
}

#[test]
fn a_comment_before_nothing_is_told() {
    let text = "runbook x {\n  target h: host = \"h1\"\n  step s on h {\n    verify `a`\n    # lint: allow RB0306 it can be repeated\n  }\n}\n# lint: allow RB0306 at the end\n";
    let found = linted("a.runbook", text);
    assert_eq!(codes(&found.about_comments), ["RB0393", "RB0393"]);
}

#[test]
fn windows_line_ends_change_nothing() {
    for (path, text) in BOTH {
        let text = text("# lint: allow RB0306 it can be repeated", "", "", "# lint: allow RB0307 x can't fail").replace('\n', "\r\n");
        let found = linted(path, &text);
        assert_eq!((codes(&found.left), codes(&found.about_comments)), (vec![], vec![]), "{text}");
        assert_eq!(found.reasons, ["x can't fail", "it can be repeated"]);
    }
}
