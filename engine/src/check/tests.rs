//! One bad file for each mistake: its code, the text it points at, and a word of its help.

use std::collections::BTreeMap;

use grammar::diagnostic::Diagnostic;
use grammar::source::{Source, SourceId};

use super::{Library, LoadError, NoFiles, ParsedFile, Program, check, check_beside, stdlib};

mod calls;
mod series;

fn read(text: &str) -> ParsedFile {
    let source = Source { id: SourceId(0), path: "t.runbook".to_owned(), text: text.to_owned() };
    // Mistakes of syntax that are of no interest here may stand beside.
    ParsedFile { file: grammar::parse(&source).file, source }
}

fn checked(text: &str) -> Result<Program, Vec<Diagnostic>> {
    check(read(text), &mut NoFiles)
}

/// `body` in a runbook that has a host, a set and a string.
fn within(body: &str) -> String {
    format!("runbook x {{\n target h: host = \"h1\"\n target t = [\"h1\", \"h2\"]\n param p: string = \"v\"\n {body}\n}}")
}

/// What is wrong with the finding, if anything.
fn miss(text: &str, code: &str, at: &str, help: &str) -> Option<String> {
    let errors = checked(text).err().unwrap_or_default();
    let said: Vec<_> = errors.iter().map(|e| (e.code, &text[e.span.start..e.span.end], e.help.as_deref().unwrap_or(""))).collect();
    let found = said.iter().any(|(c, a, h)| *c == code && *a == at && h.contains(help));
    let whole = errors.iter().all(|e| !e.label.is_empty() && e.help.is_some() && e.code == code);
    (!found || !whole).then(|| format!("wanted {code} at `{at}` with `{help}`, found {said:#?}\nin {text}\n"))
}

#[track_caller]
fn finds(text: &str, code: &str, at: &str, help: &str) {
    let missed = miss(text, code, at, help);
    assert!(missed.is_none(), "{}", missed.unwrap_or_default());
}

#[test]
fn every_mistake_points_at_its_place_and_says_what_to_write() {
    let missed: Vec<String> = [
        ("step s on h { use service.stoped(name: \"x\") }", "RB0101", "service.stoped", "`service.stopped`"),
        ("step s on wep { run `true` }", "RB0102", "wep", "`t`"),
        ("step s on h { use service.stopped(nam: \"x\", name: \"y\") }", "RB0103", "nam", "`name`"),
        ("step s on h { run `echo {{ q }}` }", "RB0104", "q", "text stands in quotes"),
        ("step s on h { when pp == \"v\"\n run `true` }", "RB0104", "pp", "did you mean `p`?"),
        ("step s on h { use service.stopped() }", "RB0105", "service.stopped", "name: …"),
        ("step s on h { run `true`\n timeout 30 }", "RB0107", "30", "30s"),
        ("step s on h { use host.rebooted(within: true) }", "RB0107", "true", "a duration"),
        ("step s on h { use host.rebooted(within: p) }", "RB0108", "p", "a duration"),
        ("step s on h { when p\n run `true` }", "RB0108", "p", "`true` or `false`"),
        ("step s on h { run `true` }\n step s on h { run `true` }", "RB0109", "s", "s-2"),
        ("fact p: bool on h = `true`\n step s on h { run `true` }", "RB0110", "p", "another name"),
        ("param now: string = \"x\"", "RB0111", "now", "my_now"),
        ("step s { run `true` }", "RB0112", "s", "on TARGET"),
        ("fact lag: int on t = `echo 1`\n step s on h { when lag > 3\n run `true` }", "RB0113", "lag", "max(lag)"),
        ("parallel { step a on h { run `true` }\n step b on h { after [aa]\n run `true` } }", "RB0114", "aa", "`a`"),
        ("parallel { step a on h { after [b]\n run `true` }\n step b on h { after [a]\n run `true` } }", "RB0115", "b", "circle"),
        ("step a on h { run `echo {{ v }}` }\n step b on h { run `true`\n capture v: string }", "RB0116", "v", "behind"),
        ("during puppet.disabled(reason: \"x\") on h { step s on h { run `true` } }", "RB0118", "puppet.disabled", "release always"),
        ("gate g \"?\" { }", "RB0119", "g", "timeout 30m then park"),
        ("gate g \"?\" { timeout 5m }", "RB0120", "5m", "then rollback"),
        ("gate g \"?\" { timeout 5m then rollback }", "RB0121", "rollback", "boundary"),
        ("lock \"\"", "RB0166", "", "short text"),
        ("lock \"db\"\n lock \"web\"\n lock \"db\"", "RB0169", "db", "take one of them out"),
        ("lock \"db-{{ cluster }}\"", "RB0104", "cluster", "text stands in quotes"),
        ("fact n: string on h = `echo`\n lock \"{{ n }}\"", "RB0137", "n", "before the run"),
        ("gate g \"?\" { approvers []\n timeout 5m then park }", "RB0168", "[]", "name OS users"),
        ("gate g \"?\" { approvers [\"ada, bo\"]\n timeout 5m then park }", "RB0168", "ada, bo", "each by itself"),
        ("gate g \"?\" { approvers [\" \"]\n timeout 5m then park }", "RB0168", " ", "each by itself"),
        ("gate g \"?\" { approvers p\n timeout 5m then park }", "RB0108", "p", "a list"),
        ("fact who: list(string) on h = `echo`\n gate g \"?\" { approvers who\n timeout 5m then park }", "RB0137", "who", "before the run"),
        ("gate g \"?\" { valid_for 5\n timeout 5m then park }", "RB0107", "5", "`5m`"),
        ("gate g \"?\" { valid_for 0s\n timeout 5m then park }", "RB0138", "0s", "some minutes"),
        ("step s on h { check `true` }", "RB0122", "s", "`run`"),
        ("param q: strin = \"x\"\n step s on h { run `true` }", "RB0123", "strin", "`string`"),
        ("parallel { step s on h { run `true`\n irreversible \"gone\" } }", "RB0124", "gone", "before or behind"),
        ("window \"Mon-Foo 08:00-16:00 UTC\"", "RB0125", "Mon-Foo 08:00-16:00 UTC", "Mon-Thu"),
        ("step Stop_It on h { run `true` }", "RB0126", "Stop_It", "`stop-it`"),
        ("param someName: string = \"x\"", "RB0126", "someName", "`some_name`"),
        ("boundary b { on_failure explode\n step s on h { run `true` } }", "RB0127", "explode", "`park`"),
        ("step s on h { shell \"zsh\"\n run `true` }", "RB0127", "zsh", "\"bash\""),
        ("during host.rebooted() on h release always { step s on h { run `true` } }", "RB0128", "host.rebooted", "undo"),
        ("step a on h { run `true` }\n step s on h { after [a]\n run `true` }", "RB0129", "a", "top to bottom"),
        (
            "parallel { during puppet.disabled(reason: \"x\") on h release always\n step s on h { run `true` } }",
            "RB0135",
            "puppet.disabled",
            "block of its own",
        ),
        ("step s on h { verify `true`\n reboots within 5m }", "RB0135", "5m", "what reboots"),
        ("manual m on h { }", "RB0136", "m", "instructions"),
        ("manual m on h { instructions \"do\"\n evidence n: itn \"how many?\" }", "RB0123", "itn", "`int`"),
        ("manual m on h { instructions \"do\"\n evidence p: int \"how many?\" }", "RB0110", "p", "another name"),
        ("manual m on h { instructions \"do\"\n evidence n: int \"how many of {{ q }}?\" }", "RB0104", "q", "text stands in quotes"),
        ("step a on h { run `echo {{ n }}` }\n manual m on h { instructions \"do\"\n evidence n: int \"how many?\" }", "RB0116", "n", "behind"),
        ("manual m on h { when p == \"v\"\n instructions \"do\"\n evidence n: int \"?\" }\n step b on h { run `echo {{ n }}` }", "RB0140", "n", "n is defined"),
        ("manual m on t { instructions \"do\"\n evidence n: int \"?\" }\n step b on h { when n > 3\n run `true` }", "RB0113", "n", "max(n)"),
        ("fact n: int on h = `echo 3`\n step s on h { run `true`\n expect n }", "RB0137", "n", "loop variables"),
        ("param q: string = \"a\" { matches \"a(\" }", "RB0149", "a(", "grep -E"),
        ("param q: string = \"a\" { matches \"[z-a]\" }", "RB0149", "[z-a]", "grep -E"),
        ("param q: int = 3 { matches \"[0-9]\" }", "RB0135", "[0-9]", "`min` and `max`"),
        ("for x in t batch 0 { step s on x { run `true` } }", "RB0138", "0", "one item"),
        ("for x in t batch [1, 0] { step s on x { run `true` } }", "RB0138", "[1, 0]", "[1, 5, 20%]"),
        ("for x in t batch [1, 200%] { step s on x { run `true` } }", "RB0138", "[1, 200%]", "[1, 5, 20%]"),
        ("for x in t batch [] { step s on x { run `true` } }", "RB0138", "[]", "[1, 5, 20%]"),
        ("for x in t batch [1, q] { step s on x { run `true` } }", "RB0104", "q", "text stands in quotes"),
        ("step a on h { when p == \"v\"\n run `true`\n capture v: string }\n step b on h { run `echo {{ v }}` }", "RB0140", "v", "when v is defined"),
    ]
    .into_iter()
    .filter_map(|(body, code, at, help)| miss(&within(body), code, at, help))
    .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn mistakes_about_a_fleet_are_named_with_the_way_out() {
    let b = "step b on h { when succeeded(";
    let missed: Vec<String> = [
        ("step s on t { run `true`\n tolerate -1 }".to_owned(), "RB0138", "-1", "from 0"),
        ("step s on t { run `true`\n tolerate 101% }".to_owned(), "RB0138", "101%", "from 0% to 100%"),
        ("for x in t tolerate 1.5 { step s on x { run `true` } }".to_owned(), "RB0107", "1.5", "whole number"),
        ("for x in t tolerate 5m { step s on x { run `true` } }".to_owned(), "RB0107", "5m", "whole number"),
        ("for x in t tolerate q { step s on x { run `true` } }".to_owned(), "RB0104", "q", "text stands in quotes"),
        ("fact n: int on h = `echo 3`\n for x in t tolerate n { step s on x { run `true` } }".to_owned(), "RB0137", "n", "loop variables"),
        ("step a on h { run `true` }\n step c on h { run `true`\n tolerate succeeded(\"a\") }".to_owned(), "RB0137", "\"a\"", "loop variables"),
        ("step s on h { run `true`\n unreachable skipp }".to_owned(), "RB0127", "skipp", "`skip`"),
        ("boundary all { unreachable ignore\n step s on h { run `true` } }".to_owned(), "RB0127", "ignore", "`park`"),
        (format!("step restart on h {{ run `true` }}\n {b}\"restrat\")\n run `true` }}"), "RB0155", "\"restrat\"", "did you mean `restart`?"),
        (format!("gate go \"?\" {{ timeout 5m then park }}\n {b}\"go\")\n run `true` }}"), "RB0155", "\"go\"", "`go` is a gate"),
        (format!("boundary all {{ step a on h {{ run `true` }} }}\n {b}\"all\")\n run `true` }}"), "RB0155", "\"all\"", "`all` is a boundary"),
        (format!("{b}\"b\")\n run `true` }}"), "RB0156", "\"b\"", "behind that step"),
        (format!("{b}\"c\")\n run `true` }}\n step c on h {{ run `true` }}"), "RB0156", "\"c\"", "behind that step"),
        (format!("parallel {{ step a on h {{ run `true` }}\n {b}\"a\")\n run `true` }} }}"), "RB0156", "\"a\"", "`after`"),
        (format!("for x in t {{ {b}\"c\")\n run `true` }}\n step c on x {{ run `true` }} }}"), "RB0156", "\"c\"", "behind that step"),
        ("require \"it went well\" succeeded(\"a\")\n step a on h { run `true` }".to_owned(), "RB0156", "\"a\"", "behind that step"),
        ("step a on h { run `true` }\n step c on h { run `echo {{ succeeded(\"x\") }}` }".to_owned(), "RB0155", "\"x\"", "by its id"),
    ]
    .into_iter()
    .filter_map(|(body, code, at, help)| miss(&within(&body), code, at, help))
    .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn succeeded_asks_about_any_step_that_comes_before() {
    for body in [
        "step a on h { run `true` }\n step b on h { when succeeded(\"a\")\n run `true` }",
        "for x in t tolerate 1 { step a on x { run `true` }\n step b on x { when not succeeded(\"a\")\n run `true` } }\n step c on h { when succeeded(\"a\") and succeeded(\"b\")\n run `true` }",
        "parallel { step a on h { run `true` }\n step b on h { after [a]\n when succeeded(\"a\")\n run `true` } }",
        "boundary all { manual m on h { instructions \"do\" } }\n step b on h { run `echo {{ succeeded(\"m\") }}` }",
    ] {
        let errors: Vec<_> = checked(&within(body)).err().unwrap_or_default().into_iter().map(|e| e.message).collect();
        assert_eq!(errors, [""; 0], "{body}");
    }
    let action = "action x.y(n: int) { run `echo {{ succeeded(\"a\") }}` }\nrunbook r { step a on local { run `true` } }";
    assert_eq!(miss(action, "RB0155", "\"a\"", "does not know the steps around it"), None);
}

#[test]
fn a_hook_is_an_action_that_runs_one_command_and_is_told_of_what_exists() {
    let said = [
        ("notify puppet.disabled(reason: \"x\") on [failed]", "RB0181", "puppet.disabled", "`notify.webhook`"),
        ("notify notify.wall(text: \"x\") on [failed, finished]", "RB0127", "finished", "`done`"),
        ("notify notify.wal(text: \"x\") on [done]", "RB0101", "notify.wal", "notify.wall"),
        ("notify notify.wall(text: ready) on [done]", "RB0104", "ready", ""),
    ];
    let missed: Vec<String> = said.into_iter().filter_map(|(body, code, at, help)| miss(&within(body), code, at, help)).collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    let sound = within("notify notify.wall(text: \"{{ event }} {{ elapsed }} {{ failed_step }} {{ gate }} {{ run_id }}\") on [done]");
    assert_eq!(checked(&sound).err(), None);
}

#[test]
fn evidence_can_not_be_a_secret_because_it_stands_in_the_journal() {
    for kind in ["secret", "list(secret)", "secret?"] {
        let text = within(&format!("manual m on h {{ instructions \"do\"\n evidence pw: {kind} \"which?\" }}"));
        let errors = checked(&text).expect_err(kind);
        let found = errors.iter().find(|e| e.code == "RB0165").unwrap_or_else(|| panic!("{errors:?}"));
        assert!(found.message.contains("journal") && found.help.as_deref().is_some_and(|h| h.contains("`param`")), "{found:?}");
    }
}

#[test]
fn all_mistakes_are_said_at_once_and_in_order() {
    let errors = checked(&within("step Bad { run `echo {{ nothing }}` }\n gate g \"?\" { }")).expect_err("mistakes");
    assert_eq!(errors.iter().map(|e| e.code).collect::<Vec<_>>(), ["RB0126", "RB0112", "RB0104", "RB0119"]);
}

/// The codes and places of what is told beside the mistakes of syntax.
fn beside(text: &str) -> Vec<(&'static str, String)> {
    let source = Source { id: SourceId(0), path: "t.runbook".to_owned(), text: text.to_owned() };
    let parsed = grammar::parse(&source);
    let told = check_beside(ParsedFile { file: parsed.file, source }, &mut NoFiles, &parsed.diagnostics);
    told.iter().map(|d| (d.code, text[d.span.start..d.span.end].to_owned())).collect()
}

#[test]
fn a_mistake_of_syntax_does_not_hide_what_is_surely_wrong_elsewhere() {
    let text = within(
        "param n int = 3\n step s on h { timeout 30\n run `echo '{{ p }}' {{ n }}` }\n step u on h { run `echo {{ q }}` }\n step t on wep { runn `true` }",
    );
    let found = beside(&text);
    let found: Vec<(&str, &str)> = found.iter().map(|(code, at)| (*code, at.as_str())).collect();
    // `n` is declared on a line that can't be read, and `wep` stands on another.
    assert_eq!(found, [("RB0107", "30"), ("RB0220", "{{ p }}"), ("RB0104", "q")]);
}

#[test]
fn a_circle_of_actions_names_every_one() {
    let text = "action a.x() { use a.y() }\naction a.y() { use a.x() }";
    let errors = checked(text).expect_err("a circle");
    assert_eq!((errors[0].code, errors[0].message.as_str()), ("RB0117", "actions use each other in a circle: a.x → a.y → a.x"));
    // From its smallest position, whatever the names are.
    let text = "action b.first() { use a.second() }\naction a.second() { use b.first() }";
    let errors = checked(text).expect_err("a circle");
    assert_eq!(errors[0].message, "actions use each other in a circle: b.first → a.second → b.first");
    assert_eq!(&text[errors[0].span.start..errors[0].span.end], "a.second");
}

#[test]
fn an_action_of_the_standard_library_is_not_redefined() {
    finds("action service.stopped(name: string) { run `true {{ name }}` }", "RB0133", "service.stopped", "standard library");
}

#[test]
fn a_file_of_the_standard_library_is_no_second_one() {
    for source in stdlib::sources() {
        let name = source.path.clone();
        let program = checked(&source.text).unwrap_or_else(|errors| panic!("{name}: {errors:#?}"));
        assert!(program.own_actions().count() > 0, "{name}: they are this file's, not the copy's");
        let errors = checked(&format!("{}# changed\n", source.text)).expect_err("another text has the same names");
        assert!(errors.iter().all(|e| e.code == "RB0133"), "{name}: {errors:#?}");
    }
}

#[test]
fn an_action_sees_its_own_names_alone() {
    let text = "action a.b() { run `echo {{ p }}` }\nrunbook x { param p: string = \"v\"\n target h: host = \"h1\"\n step s on h { use a.b() } }";
    finds(text, "RB0104", "p", "as an argument");
}

#[test]
fn a_fact_on_a_set_is_that_hosts_own_on_a_host_of_it() {
    for body in [
        "fact lag: int on t = `echo 1`\n step s on t { when lag > 3\n run `true` }",
        "fact lag: int on t = `echo 1`\n for x in t { step s on x { when lag > 3\n run `true` } }",
        "fact lag: int on t = `echo 1`\n require \"small\" max(lag) < 3\n step s on h { run `true` }",
        "fact lag: int on t = `echo 1`\n require \"small\" lag[h] < 3\n step s on h { run `true` }",
    ] {
        let text = within(body);
        assert!(checked(&text).is_ok(), "{text}\n{:#?}", checked(&text).err());
    }
}

#[test]
fn every_child_of_a_parallel_may_name_those_it_waits_for() {
    let text = within(
        "parallel { step a on h { run `true` }\n boundary b { after [a]\n step c on h { run `true` } }\n during puppet.disabled(reason: \"x\") on h release always { after [b]\n step d on h { run `true` } }\n for x in t { after [a]\n step e on x { run `true` } } }",
    );
    assert!(checked(&text).is_ok(), "{:#?}", checked(&text).err());
}

#[test]
fn a_capture_may_be_used_where_its_step_ran_or_was_asked_about() {
    for body in [
        "step a on h { run `true`\n capture v: string }\n step b on h { run `echo {{ v }}` }",
        "boundary b { when p == \"v\"\n step a on h { run `true`\n capture v: string\n undo none \"x\" }\n step c on h { run `echo {{ v }}`\n undo none \"x\" } }",
        "step a on h { when p == \"v\"\n run `true`\n capture v: string }\n step b on h { when v is defined\n run `echo {{ v }}` }",
        "step a on h { when p == \"v\"\n run `true`\n capture v: string }\n step b on h { when p == \"v\"\n run `echo {{ v }}` }",
        "parallel { step b on h { after [a]\n run `echo {{ v }}` }\n step a on h { run `true`\n capture v: string } }",
    ] {
        let text = within(body);
        assert!(checked(&text).is_ok(), "{text}\n{:#?}", checked(&text).err());
    }
}

#[test]
fn the_whole_standard_library_is_sound() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../stdlib");
    let on_disk: std::collections::BTreeSet<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|f| format!("stdlib/{}", f.expect("a file").file_name().to_string_lossy()))
        .filter(|f| f.ends_with(".runbook"))
        .collect();
    assert_eq!(stdlib::sources().map(|s| s.path).collect::<std::collections::BTreeSet<_>>(), on_disk, "engine/src/check/stdlib.rs lists every file");
    for source in stdlib::sources() {
        let parsed = grammar::parse(&source);
        assert!(parsed.diagnostics.is_empty(), "{}: {:#?}", source.path, parsed.diagnostics);
        let loaded = super::library::Loaded::new(read("runbook x { }"), &mut NoFiles, true);
        let mut checker = super::walk::Checker::new(&loaded.actions, &loaded.runbooks, &loaded.series);
        for action in &parsed.file.actions {
            checker.action(action);
        }
        let said: Vec<_> = checker.errors.iter().map(|e| (e.code, &e.message, source.text.get(e.span.start..e.span.end))).collect();
        assert!(said.is_empty(), "{}: {said:#?}", source.path);
    }
}

/// Files by their paths.
pub(super) struct Folder(BTreeMap<&'static str, &'static str>);

impl Library for Folder {
    fn load(&mut self, path: &str, _from: &Source) -> Result<ParsedFile, LoadError> {
        if path.starts_with("..") {
            return Err(LoadError::Outside);
        }
        let (position, (path, text)) =
            (0u32..).zip(&self.0).find(|(_, (p, _))| **p == path).ok_or_else(|| LoadError::Unreadable { why: "there is no such file".to_owned() })?;
        let source = Source { id: SourceId(position + 1), path: (*path).to_owned(), text: (*text).to_owned() };
        Ok(ParsedFile { file: grammar::parse(&source).file, source })
    }

    fn list(&mut self, folder: &str, _from: &Source) -> Result<Vec<String>, LoadError> {
        if folder.starts_with("..") {
            return Err(LoadError::Outside);
        }
        let inside = format!("{}/", folder.trim_end_matches('/'));
        let names: Vec<String> = self.0.keys().filter_map(|path| path.strip_prefix(&inside)).map(str::to_owned).collect();
        if names.is_empty() { Err(LoadError::Unreadable { why: "there is no such folder".to_owned() }) } else { Ok(names) }
    }

    fn find(&mut self, path: &str, _from: &Source) -> Result<(), LoadError> {
        match path {
            _ if path.starts_with("..") => Err(LoadError::Outside),
            "here.conf" => Ok(()),
            _ => Err(LoadError::Unreadable { why: "there is no such file".to_owned() }),
        }
    }
}

#[test]
fn imports_bring_actions_in_once_and_name_their_circles() {
    let mut folder = Folder(BTreeMap::from([
        ("a.runbook", "import \"b.runbook\"\naction a.a() { run `true` }"),
        ("b.runbook", "action b.b() { run `true` }"),
        ("loop.runbook", "import \"loop.runbook\"\naction l.l() { run `true` }"),
    ]));
    let program = check(read("import \"a.runbook\"\nimport \"b.runbook\"\nrunbook x { target h: host = \"h1\"\n step s on h { use b.b() } }"), &mut folder)
        .expect("sound");
    assert_eq!(program.sources().len(), 3);
    for (text, code, at) in
        [("import \"c.runbook\"\nrunbook x { }", "RB0130", "c.runbook"), ("import \"../c.runbook\"\nrunbook x { }", "RB0132", "../c.runbook")]
    {
        let errors = check(read(text), &mut folder).expect_err("no such import");
        assert_eq!((errors[0].code, &text[errors[0].span.start..errors[0].span.end]), (code, at));
    }
    let text = "import \"mine.runbook\"\nrunbook x { }";
    let mut folder = Folder(BTreeMap::from([
        ("mine.runbook", "import \"yours.runbook\"\naction m.m() { run `true` }"),
        ("yours.runbook", "import \"mine.runbook\"\naction y.y() { run `true` }"),
        ("loop.runbook", "import \"loop.runbook\"\naction l.l() { run `true` }"),
    ]));
    let errors = check(read(text), &mut folder).expect_err("a circle");
    assert_eq!(errors[0].message, "files import each other in a circle: mine.runbook → yours.runbook → mine.runbook");
    assert_eq!((errors[0].span.source, errors[0].related.len()), (SourceId(2), 1), "told from its smallest position");
    let errors = check(read("import \"loop.runbook\"\nrunbook x { }"), &mut folder).expect_err("a circle");
    assert_eq!((errors[0].code, errors[0].message.as_str()), ("RB0131", "files import each other in a circle: loop.runbook → loop.runbook"));
}

#[test]
fn a_param_of_an_action_has_no_limits_in_either_spelling() {
    let text = "action: a.b\nparams:\n  n: {type: int, min: 3}\n  s: {type: string, matches: a+, one_of: [a, aa]}\nrun: echo {{ n }} -- {{ s }}\n";
    let source = Source { id: SourceId(0), path: "t.runbook.yaml".to_owned(), text: text.to_owned() };
    let errors = check(ParsedFile { file: grammar::parse(&source).file, source }, &mut NoFiles).expect_err("limits");
    assert_eq!(
        errors.iter().map(|e| (e.code, &text[e.span.start..e.span.end])).collect::<Vec<_>>(),
        [("RB0135", "3"), ("RB0135", "a+"), ("RB0135", "[a, aa]")]
    );
}
