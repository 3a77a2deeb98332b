//! `series`: the folder, the names of its files, and what its runbooks are given.

use super::*;

/// A runbook with a series over `up/`, and files in that folder.
fn stepping(clauses: &str, files: &[(&'static str, &'static str)]) -> (String, Result<Program, Vec<Diagnostic>>) {
    let text = format!(
        "runbook x {{\n param p: version = \"1.0\"\n param n: int = 3\n target h: host = \"h1\"\n fact there: version on h = `echo 1`\n series {clauses} {{ step s on h {{ run `echo {{{{ version }}}} {{{{ n }}}}` }} }}\n require \"x\" p < version(\"9\")\n require \"y\" there < version(\"9\") }}"
    );
    let checked = check(read(&text), &mut Folder(files.iter().copied().collect()));
    (text, checked)
}

const ONE: &str = "runbook up { target h: host\n param n: int\n step s on h { run `echo {{ n }}` } }";

#[test]
fn a_series_goes_from_a_version_to_a_version_which_may_be_facts_of_the_top() {
    for clauses in ["\"up/\" from p to \"2.0\"", "\"up/\" from 1.0 to 4.0.0-b1", "\"up/\" from there to version(\"3\")", "\"up\" from (p) to v2"] {
        let (_, checked) = stepping(clauses, &[("up/1.1.runbook", ONE)]);
        assert!(checked.is_ok(), "{clauses}: {:#?}", checked.err());
    }
    let (_, checked) = stepping("\"up/\" from p to there", &[("up/2.0.runbook", ONE), ("up/1.1.runbook", ONE), ("up/README.md", "")]);
    let program = checked.expect("sound");
    let folder = program.series.keys().next().copied().expect("a folder");
    assert_eq!(program.updates(folder).iter().map(|u| u.version.as_str()).collect::<Vec<_>>(), ["1.1", "2.0"]);
    assert_eq!(program.reachable().len(), 3);
    assert_eq!(program.sources().len(), 3, "they are pinned with the run");
}

#[test]
fn every_mistake_of_a_series_points_at_its_place() {
    type Case = (&'static str, &'static [(&'static str, &'static str)], &'static str, &'static str, &'static str);
    let cases: &[Case] = &[
        ("\"up/\" from p to \"2\"", &[], "RB0145", "up/", "a folder below"),
        ("\"../up/\" from p to \"2\"", &[], "RB0145", "../up/", "a folder below"),
        ("\"up/\" from p to \"2\"", &[("up/first.runbook", ONE)], "RB0146", "up/", "4.0.1-b1.runbook"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", ONE), ("up/v1.0.runbook", ONE)], "RB0147", "up/", "leave one"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "runbook a { }\nrunbook b { }")], "RB0148", "up/", "one runbook into each"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "action a.b() { run `true` }")], "RB0148", "up/", "one runbook into each"),
        ("\"up/\" from n to \"2\"", &[("up/1.runbook", ONE)], "RB0108", "n", "a version"),
        ("\"up/\" from p to q", &[("up/1.runbook", ONE)], "RB0104", "q", "text stands in quotes"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "runbook a { param q: int\n require \"x\" q > 1 }")], "RB0105", "up/", "`q: …`"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "runbook a { param n: duration\n require \"x\" n > 1s }")], "", "", ""),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "runbook a { param p: bool\n require \"x\" p }")], "RB0108", "up/", "`true` or `false`"),
        ("\"up/\" from p to \"2\"", &[("up/1.runbook", "runbook a { target t\n step s on t { run `true` } }")], "RB0144", "up/", "`t: …`"),
    ];
    for (clauses, files, code, at, help) in cases {
        let (text, checked) = stepping(clauses, files);
        let errors = checked.err().unwrap_or_default();
        if code.is_empty() {
            assert!(errors.is_empty(), "what is reckoned with durations is a number: {errors:#?}");
            continue;
        }
        let said: Vec<_> = errors.iter().map(|e| (e.code, text.get(e.span.start..e.span.end).unwrap_or(""), e.help.clone().unwrap_or_default())).collect();
        assert!(said.len() == 1 && said[0].0 == *code && said[0].1 == *at && said[0].2.contains(help), "wanted {code} at {at} with {help}, found {said:#?}");
    }
}

#[test]
fn a_version_that_is_no_fact_of_the_top_comes_too_late() {
    let text = "runbook x { target h: host = \"h1\"\n step a on h { run `echo 1`\n capture seen: version }\n series \"up/\" from seen to \"2\" { step s on h { run `true` } } }";
    let mut folder = Folder([("up/1.runbook", "runbook a { }")].into());
    let errors = check(read(text), &mut folder).expect_err("too late");
    assert_eq!((errors[0].code, &text[errors[0].span.start..errors[0].span.end]), ("RB0137", "seen"));
}

#[test]
fn a_series_that_comes_back_to_itself_is_a_circle() {
    let mut folder = Folder([("up/1.runbook", "runbook up.one { series \"up/\" from 0 to 9 { } }")].into());
    let errors = check(read("runbook x { series \"up/\" from 0 to 9 { } }"), &mut folder).expect_err("a circle");
    assert_eq!((errors.len(), errors[0].code, errors[0].message.as_str()), (1, "RB0143", "runbooks call each other in a circle: up.one → up.one"));
    let mut folder = Folder(
        [("up/1.runbook", "import \"t.runbook\"\nrunbook up.one { call back x }"), ("t.runbook", "runbook x { series \"up/\" from 0 to 9 { } }")].into(),
    );
    let errors = check(read("import \"t.runbook\"\nrunbook y { call z x }"), &mut folder).expect_err("a circle");
    assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["RB0143"], "{errors:#?}");
}
