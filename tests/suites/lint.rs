//! The linter as something that stands in CI: formats, comments that allow, `runbook.toml`, fixes, exit statuses.

use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::harness::desk::{Desk, Ran};

/// A retry without a check (RB0306, no fix) and a value that may be an option (RB0309, an unsafe fix).
const WARNS: &str =
    "runbook a.one \"A\" { owner \"o\"; source \"s\"\n  param name: string\n  step s on local {\n    run `touch {{ name }}`\n    retry 3\n  }\n}\n";
/// An undo that needs its own step's capture (RB0304).
const ERRS: &str = "runbook a.two \"B\" { owner \"o\"; source \"s\"\n  boundary b {\n    step s on local {\n      run `mktemp`\n      capture f: path\n      undo `rm -f -- {{ f }}`\n    }\n  }\n}\n";
const CLEAN: &str = "runbook a.three \"C\" { owner \"o\"; source \"s\"\n  step s on local { verify `true` }\n}\n";
/// A comment that nothing needs (RB0393, a safe fix).
const IDLE: &str = "runbook a.four \"D\" { owner \"o\"; source \"s\"\n  # lint: allow RB0306 there was a retry once\n  step s on local { verify `true` }\n}\n";

fn json(ran: &Ran) -> Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

/// `code@path:line` of every finding.
fn found(desk: &Desk, args: &[&str]) -> Vec<String> {
    let ran = desk.runbook([&["lint", "--format", "json"], args].concat());
    let list = json(&ran)["findings"].as_array().cloned().unwrap_or_default();
    list.iter().map(|f| format!("{}@{}:{}", f["code"].as_str().unwrap_or(""), f["path"].as_str().unwrap_or(""), f["line"])).collect()
}

fn desk(files: &[(&str, &str)]) -> Desk {
    let desk = Desk::new();
    for (name, text) in files {
        desk.file(name, text);
    }
    desk
}

/// A project's root.
fn project(files: &[(&str, &str)]) -> Desk {
    let desk = desk(files);
    desk.file(".git/HEAD", "");
    desk
}

#[test]
fn the_exit_status_tells_errors_from_warnings_and_both_from_what_can_not_be_read() {
    let desk = desk(&[("warns.runbook", WARNS), ("errs.runbook", ERRS), ("clean.runbook", CLEAN), ("broken.runbook", "runbook {\n")]);
    for format in ["human", "json", "sarif", "github", "junit"] {
        let status = |args: &[&str]| desk.runbook([&["lint", "--format", format], args].concat()).status;
        assert_eq!(status(&["clean.runbook"]), 0);
        assert_eq!(status(&["warns.runbook"]), 0);
        assert_eq!(status(&["warns.runbook", "--deny", "warnings"]), 1);
        assert_eq!(status(&["errs.runbook", "clean.runbook"]), 1);
        assert_eq!(status(&["."]), 2);
        assert_eq!(status(&["none.runbook", "clean.runbook"]), 2);
    }
    // What can be read is told beside what can't.
    let all = found(&desk, &["."]);
    assert!(all.iter().any(|f| f.contains("broken.runbook")) && all.contains(&"RB0304@errs.runbook:6".to_owned()), "{all:?}");
}

#[test]
fn files_are_told_in_the_order_of_their_paths_whichever_thread_was_first() {
    let desk = Desk::new();
    for number in 0..40 {
        desk.file(&format!("f{number:02}.runbook"), WARNS.replace("a.one", &format!("a.n{number}")));
    }
    let first = found(&desk, &["."]);
    let paths: Vec<&str> = first.iter().filter_map(|f| f.split(['@', ':']).nth(1)).collect();
    let mut sorted = paths.clone();
    sorted.sort_unstable();
    assert_eq!((paths.len(), &paths), (80, &sorted));
    assert!((0..5).all(|_| found(&desk, &["."]) == first));
}

#[test]
fn a_file_that_is_named_twice_is_linted_once() {
    let desk = desk(&[("warns.runbook", WARNS)]);
    let ran = desk.runbook(["lint", "--format", "json", "warns.runbook", "./warns.runbook", "."]);
    assert_eq!((json(&ran)["files"].as_u64(), json(&ran)["findings"].as_array().map(Vec::len)), (Some(1), Some(2)), "{ran:?}");
}

#[test]
fn a_pipe_is_passed_over_in_a_folder_and_refused_by_name_and_nobody_waits_for_it() {
    let desk = desk(&[("clean.runbook", CLEAN)]);
    let made = std::process::Command::new("mkfifo").arg(desk.path("pipe.runbook")).status();
    assert!(made.is_ok_and(|made| made.success()));
    let ran = desk.runbook(["lint", "--deny", "warnings", "."]);
    assert!(ran.status == 0 && ran.err.contains("1 file"), "{ran:?}");
    for command in [["lint", "pipe.runbook"], ["fmt", "pipe.runbook"], ["plan", "pipe.runbook"]] {
        let ran = desk.runbook(command);
        assert!(ran.status == 2 && ran.err.contains("pipe.runbook can't be read: it is no regular file but a pipe"), "{ran:?}");
    }
    // What a shell's `<(…)` names has somebody at its other end.
    let script = "\"$0\" lint <(cat clean.runbook)";
    let ran = std::process::Command::new("bash").args(["-c", script, env!("CARGO_BIN_EXE_runbook")]).current_dir(desk.path("")).output().expect("bash");
    assert_eq!(ran.status.code(), Some(0), "{}", String::from_utf8_lossy(&ran.stderr));
}

#[test]
fn a_library_that_two_files_import_says_its_findings_once() {
    let library = "action lib.touch(name: string) \"T\" {\n  run `touch {{ name }}`\n  undo `rm -f -- {{ name }}`\n}\n";
    let main =
        |n: u32| format!("import \"../lib/touch.runbook\"\nrunbook a.m{n} {{ owner \"o\"; source \"s\"; step s on local {{ use lib.touch(name: \"x\") }} }}\n");
    let desk = project(&[("lib/touch.runbook", library), ("a/one.runbook", &main(1)), ("b/two.runbook", &main(2))]);
    assert_eq!(found(&desk, &["a", "b"]), ["RB0309@lib/touch.runbook:2"]);
    assert_eq!(found(&desk, &["."]), ["RB0309@lib/touch.runbook:2"]);
}

#[test]
fn sarif_is_what_its_schema_says() {
    // As published, two of its patterns have a bracket too many and are no regular expressions; both are about languages.
    let schema = include_str!("../data/sarif/sarif-schema-2.1.0.json").replace("{2}]?$", "{2}$");
    let schema: Value = serde_json::from_str(&schema).expect("a schema");
    let schema = jsonschema::validator_for(&schema).expect("a schema");
    let allowed = WARNS.replace("    retry 3", "    # lint: allow RB0306 touching twice is touching once\n    retry 3");
    let odd = "odd name, 100% größe.runbook.yaml";
    let desk =
        desk(&[("warns.runbook", WARNS), ("errs.runbook", ERRS), (odd, "runbook: x\nsteps:\n- stepp: a\n"), ("idle.runbook", IDLE), ("z.runbook", &allowed)]);
    for paths in [vec!["."], vec!["warns.runbook"], vec!["none.runbook"]] {
        let ran = desk.runbook([vec!["lint", "--format", "sarif"], paths].concat());
        let log = json(&ran);
        let mistakes: Vec<String> = schema.iter_errors(&log).map(|e| format!("{e} at {}", e.instance_path())).collect();
        assert!(mistakes.is_empty(), "{mistakes:#?}\n{}", ran.out);
    }
    let log = json(&desk.runbook(["lint", "--format", "sarif", "."]));
    let results = log["runs"][0]["results"].as_array().expect("results");
    let suppressed: Vec<&Value> = results.iter().filter(|r| r["suppressions"].is_array()).collect();
    assert_eq!(suppressed.len(), 1, "{log}");
    assert_eq!(suppressed[0]["suppressions"][0]["justification"], "touching twice is touching once");
    assert!(
        results.iter().any(|r| r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "odd%20name%2C%20100%25%20gr%C3%B6%C3%9Fe.runbook.yaml")
    );
    // The schema is not so wide that it takes anything.
    assert!(!schema.is_valid(&serde_json::json!({"version": "2.1.0", "runs": [{}]})));
}

#[test]
fn github_gets_a_command_a_finding_and_nothing_else_on_standard_output() {
    let desk = desk(&[("a,b:c.runbook", WARNS)]);
    let ran = desk.runbook(["lint", "--format", "github", "."]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert_eq!(lines.len(), 2, "{ran:?}");
    assert!(lines[0].starts_with("::warning file=a%2Cb%3Ac.runbook,line=4,endLine=4,col="), "{ran:?}");
    assert!(lines[0].contains(",title=RB0309::a value that begins"), "{ran:?}");
}

#[test]
fn junit_counts_what_fails_and_what_is_allowed() {
    let allowed = WARNS.replace("    retry 3", "    # lint: allow RB0306 it's \"safe\" & <sound>\n    retry 3");
    let desk = desk(&[("clean.runbook", CLEAN), ("errs.runbook", ERRS), ("z.runbook", &allowed)]);
    let ran = desk.runbook(["lint", "--format", "junit", "."]);
    let document = roxmltree::Document::parse(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let suites: Vec<_> = document.root_element().children().filter(|n| n.has_tag_name("testsuite")).collect();
    assert_eq!(suites.iter().filter_map(|s| s.attribute("name")).collect::<Vec<_>>(), ["clean.runbook", "errs.runbook", "z.runbook"]);
    assert_eq!(suites.iter().filter_map(|s| s.attribute("failures")).collect::<Vec<_>>(), ["0", "1", "0"]);
    assert!(document.descendants().any(|n| n.has_tag_name("skipped") && n.attribute("message") == Some("it's \"safe\" & <sound>")), "{ran:?}");
}

#[test]
fn a_person_is_shown_the_first_of_very_many_findings_and_how_many_more_there_are() {
    let params: String = (0..40_000).map(|n| format!("  param p{n}: string\n")).collect();
    let desk = desk(&[("many.runbook", &format!("runbook a.many {{ owner \"o\"; source \"s\"\n{params}  step s on local {{ verify `true` }}\n}}\n"))]);
    let ran = desk.runbook(["lint", "many.runbook"]);
    let end = &ran.err[ran.err.len().saturating_sub(200)..];
    assert!(end.ends_with("\n… and 39950 more in many.runbook; `-v` shows all\n\n40000 warnings in 1 file\n"), "{end}");
    assert_eq!((ran.status, ran.err.matches("\n  ! ").count()), (0, 50));
    let all = json(&desk.runbook(["lint", "--format", "json", "many.runbook"]));
    assert_eq!(all["findings"].as_array().map(Vec::len), Some(40_000));
}

#[test]
fn what_a_comment_allows_is_counted_and_no_longer_denied() {
    let allowed = WARNS.replace("    retry 3", "    retry 3 # lint: allow RB0306 touching twice is touching once").replace("touch {{", "touch -- {{");
    let desk = desk(&[("z.runbook", &allowed)]);
    let ran = desk.runbook(["lint", "--deny", "warnings", "z.runbook"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, "ok 1 file, nothing to complain about, 1 allowed by comments\n"));
    let report = json(&desk.runbook(["lint", "--format", "json", "z.runbook"]));
    assert_eq!((&report["findings"], &report["allowed"][0]["reason"]), (&serde_json::json!([]), &"touching twice is touching once".into()));
    // A run speaks of what nobody has looked at.
    desk.file("y.runbook", WARNS);
    for (file, speaks) in [("y.runbook", true), ("z.runbook", false)] {
        let ran = desk.runbook(["run", file, "-p", "name=made"]);
        assert!(ran.status == 0 && ran.err.contains("warning") == speaks, "{ran:?}");
    }
}

#[test]
fn what_run_refuses_no_comment_and_no_configuration_lets_pass() {
    let allowed = ERRS.replace("      undo", "      # lint: allow RB0304 I know better\n      undo");
    let desk = project(&[("errs.runbook", &allowed), ("runbook.toml", "[lint.levels]\nRB0304 = \"off\"\n")]);
    let ran = desk.runbook(["lint", "errs.runbook"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    for code in ["RB0304", "RB0392", "RB0398"] {
        assert!(ran.err.contains(code), "{code}: {}", ran.err);
    }
    assert_eq!(desk.runbook(["run", "errs.runbook"]).status, 2);
}

#[test]
fn a_comment_in_a_library_counts_for_those_that_import_it() {
    let library = "action lib.touch(name: string) \"T\" {\n  # lint: allow RB0309 names come from the inventory\n  run `touch {{ name }}`\n  undo `rm -f -- {{ name }}`\n}\n";
    let main = "import \"lib.runbook\"\nrunbook a.m { owner \"o\"; source \"s\"; step s on local { use lib.touch(name: \"x\") } }\n";
    let desk = desk(&[("lib.runbook", library), ("main.runbook", main)]);
    for paths in [["main.runbook"], ["lib.runbook"], ["."]] {
        assert_eq!(found(&desk, &paths), Vec::<String>::new(), "{paths:?}");
    }
}

#[test]
fn levels_are_set_by_rule_and_by_folder_and_the_last_folder_counts() {
    let config = "[lint]\n[lint.levels]\nRB0306 = \"error\"\n[[lint.folders]]\npath = \"old\"\nlevels = { RB0306 = \"off\", RB0309 = \"info\" }\n[[lint.folders]]\npath = \"old/new/*.runbook\"\nlevels = { RB0309 = \"off\" }\n";
    let desk = project(&[("runbook.toml", config), ("a.runbook", WARNS), ("old/b.runbook", WARNS), ("old/new/c.runbook", WARNS)]);
    let report = json(&desk.runbook(["lint", "--format", "json", "."]));
    let all: Vec<String> = report["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|f| format!("{} {} {}", f["path"].as_str().unwrap_or(""), f["code"].as_str().unwrap_or(""), f["severity"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(all, ["a.runbook RB0309 warning", "a.runbook RB0306 error", "old/b.runbook RB0309 info"]);
    assert_eq!(desk.runbook(["lint", "a.runbook"]).status, 1);
    assert_eq!(desk.runbook(["lint", "--deny", "warnings", "old"]).status, 0);
    // The same from within a folder: the nearest above counts.
    let status = desk.command().args(["lint", "b.runbook"]).current_dir(desk.path("old")).output().expect("it runs").status;
    assert_eq!(status.code(), Some(0));
}

#[test]
fn a_project_denies_warnings_and_leaves_out_what_is_not_its_own() {
    let desk = project(&[("runbook.toml", "[lint]\ndeny = \"warnings\"\nexclude = [\"vendor\"]\n"), ("vendor/a.runbook", WARNS), ("b.runbook", CLEAN)]);
    let ran = desk.runbook(["lint"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, "ok 1 file, nothing to complain about\n"));
    assert_eq!(desk.runbook(["lint", "vendor/a.runbook"]).status, 1);
}

#[test]
fn a_configuration_above_the_project_is_somebody_elses() {
    let off = "[lint.levels]\nRB0306 = \"off\"\nRB0309 = \"off\"\n";
    let desk = desk(&[("runbook.toml", off), ("inner/.git/HEAD", ""), ("inner/deep/a.runbook", WARNS), ("outer/b.runbook", WARNS), ("c.runbook", WARNS)]);
    assert_eq!(found(&desk, &["inner/deep/a.runbook"]).len(), 2);
    // Without a project only the file's own folder is looked into.
    assert_eq!(found(&desk, &["outer/b.runbook"]).len(), 2);
    assert_eq!(found(&desk, &["c.runbook"]).len(), 0);
}

#[test]
fn every_mistake_of_a_configuration_is_told_at_its_place_with_what_was_meant() {
    for (text, code, at, says) in [
        ("[lint\n", "RB0394", 1, "not TOML"),
        ("[lint]\ndeny = \"warnings\"\ndeny = \"warnings\"\n", "RB0394", 3, "not TOML"),
        ("[lnt]\n", "RB0395", 1, "did you mean `lint`?"),
        ("[lint]\nlevel = {}\n", "RB0395", 2, "did you mean `levels`?"),
        ("[lint]\ndeny = \"warning\"\n", "RB0397", 2, "did you mean `warnings`?"),
        ("[lint]\ndeny = true\n", "RB0397", 2, "a text in quotes"),
        ("[lint.levels]\nRB03066 = \"off\"\n", "RB0396", 2, "did you mean `RB0306`?"),
        ("[lint.levels]\nretry = \"off\"\n", "RB0396", 2, "docs/codes.md"),
        ("[lint.levels]\nRB0104 = \"off\"\n", "RB0396", 2, "no lint rule"),
        ("[lint.levels]\nRB0306 = \"of\"\n", "RB0397", 2, "did you mean `off`?"),
        ("[lint.levels]\nRB0306 = false\n", "RB0397", 2, "a text in quotes"),
        ("[lint.levels]\nRB0301 = \"warning\"\n", "RB0398", 2, "a run refuses"),
        ("[lint]\nlevels = []\n", "RB0397", 2, "a table"),
        ("[lint]\nfolders = {}\n", "RB0397", 2, "[[lint.folders]]"),
        ("[[lint.folders]]\nlevels = {}\n", "RB0397", 1, "path"),
        ("[[lint.folders]]\npath = \"/abs\"\n", "RB0397", 2, "below its folder"),
        ("[[lint.folders]]\npath = \"a/../../b\"\n", "RB0397", 2, "below its folder"),
        ("[[lint.folders]]\npath = \"a/***\"\n", "RB0397", 2, "pattern"),
        ("[[lint.folders]]\npath = \"a\"\nlevel = {}\n", "RB0395", 3, "did you mean `levels`?"),
        ("[lint]\nexclude = \"a\"\n", "RB0397", 2, "a list"),
        ("[lint]\nverified_days = 0\n", "RB0397", 2, "one at least"),
        ("[lint]\nverified_days = \"180d\"\n", "RB0397", 2, "a number of days"),
        ("lint = 1\n", "RB0397", 1, "a table"),
    ] {
        let desk = project(&[("runbook.toml", text), ("a.runbook", WARNS)]);
        let ran = desk.runbook(["lint", "--format", "json", "a.runbook"]);
        let report = json(&ran);
        let first = &report["findings"][0];
        assert_eq!((ran.status, first["code"].as_str(), first["line"].as_u64()), (2, Some(code), Some(at)), "{text}: {}", ran.out);
        assert!(first["path"].as_str().is_some_and(|p| p.ends_with("runbook.toml")), "{first}");
        let words = format!("{} {}", first["message"], first["help"]);
        assert!(words.replace("\\\"", "\"").contains(says), "{text}: {words}");
        // The runbook is linted all the same.
        assert!(ran.out.contains("RB0306"), "{text}");
    }
}

#[test]
fn a_fix_is_written_into_both_spellings_and_what_is_left_decides_the_exit_status() {
    let yaml = "runbook: a.one\nowner: o\nsource: s\nparams:\n  name: string\nsteps:\n  - step: s\n    on: local\n    run: 'touch \"{{ name }}\" ''x'''\n";
    let desk = desk(&[("a.runbook", WARNS), ("b.runbook.yaml", yaml), ("c.runbook", IDLE), ("d.runbook", CLEAN)]);
    let before = desk.read("a.runbook");
    // Only what is safe.
    let ran = desk.runbook(["lint", "--fix", "--deny", "warnings", "."]);
    assert_eq!(ran.status, 1, "{ran:?}");
    assert!(ran.err.contains("fixed  c.runbook:2  RB0393  take the comment out\n"), "{ran:?}");
    assert_eq!((desk.read("a.runbook"), desk.read("c.runbook")), (before, IDLE.replace("  # lint: allow RB0306 there was a retry once\n", "")));
    let ran = desk.runbook(["lint", "--fix", "--unsafe-fixes", "--deny", "warnings", "b.runbook.yaml", "c.runbook"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("b.runbook.yaml"), yaml.replace("touch \"", "touch -- \""));
    // RB0306 has no fix.
    let ran = desk.runbook(["lint", "--fix", "--unsafe-fixes", "--deny", "warnings", "."]);
    assert_eq!((ran.status, found(&desk, &["."])), (1, vec!["RB0306@a.runbook:5".to_owned()]), "{ran:?}");
    assert_eq!(desk.read("d.runbook"), CLEAN);
    // Nothing but the files is there: what was written beside them has been moved.
    assert_eq!(std::fs::read_dir(desk.path(".")).expect("a folder").count(), 4);
}

#[test]
fn a_diff_shows_what_would_change_and_changes_nothing() {
    let desk = desk(&[("a.runbook", WARNS)]);
    let ran = desk.runbook(["lint", "--fix", "--unsafe-fixes", "--diff", "a.runbook"]);
    assert!(ran.out.contains("--- a/a.runbook\n+++ b/a.runbook\n"), "{ran:?}");
    assert!(ran.out.contains("-    run `touch {{ name }}`\n+    run `touch -- {{ name }}`\n"), "{ran:?}");
    assert_eq!((ran.status, desk.read("a.runbook").as_str()), (0, WARNS));
    assert_eq!(desk.runbook(["lint", "--fix", "--diff", "--format", "json", "a.runbook"]).status, 2);
    assert_eq!(desk.runbook(["lint", "--unsafe-fixes", "a.runbook"]).status, 2);
}

#[test]
fn what_is_imported_or_can_not_be_written_is_not_mended() {
    let library = "action lib.touch(name: string) \"T\" {\n  run `touch {{ name }}`\n  undo `rm -f -- {{ name }}`\n}\n";
    let main = "import \"lib.runbook\"\nrunbook a.m { owner \"o\"; source \"s\"; step s on local { use lib.touch(name: \"x\") } }\n";
    let desk = desk(&[("lib.runbook", library), ("main.runbook", main), ("locked.runbook", WARNS)]);
    assert_eq!(desk.runbook(["lint", "--fix", "--unsafe-fixes", "main.runbook"]).status, 0);
    assert_eq!(desk.read("lib.runbook"), library);
    std::fs::set_permissions(desk.path("locked.runbook"), std::fs::Permissions::from_mode(0o444)).expect("a mode");
    let ran = desk.runbook(["lint", "--fix", "--unsafe-fixes", "locked.runbook"]);
    assert!(ran.status == 1 && ran.err.contains("locked.runbook was not mended"), "{ran:?}");
    assert_eq!(desk.read("locked.runbook"), WARNS);
}

#[test]
fn every_rule_is_listed_and_says_whether_it_has_a_fix() {
    let desk = Desk::new();
    let listed = desk.runbook(["lint", "--rules"]).out;
    let rules = json(&desk.runbook(["lint", "--rules", "--format", "json"]))["rules"].as_array().cloned().unwrap_or_default();
    assert_eq!(rules.len(), listed.lines().count());
    for rule in &rules {
        let code = rule["code"].as_str().unwrap_or_default();
        let explained = desk.runbook(["lint", "--explain", code]);
        assert_eq!(explained.out.contains("\nfix  "), rule["fix"].is_string(), "{code}: {}", explained.out);
        assert!(listed.lines().any(|line| line.starts_with(code) && line.contains(rule["title"].as_str().unwrap_or("?"))), "{code}");
    }
}

#[test]
fn the_hooks_for_pre_commit_are_commands_that_exist() {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let desk = desk(&[("a.runbook", CLEAN)]);
    assert_eq!(desk.runbook(["fmt", "a.runbook"]).status, 0);
    let entries: Vec<&str> = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: runbook ")).collect();
    assert_eq!((entries.len(), entries.first()), (hooks.matches("- id: ").count(), Some(&"lint")));
    for entry in entries {
        let ran = desk.runbook(entry.split(' ').chain(["a.runbook"]));
        assert_eq!(ran.status, 0, "{entry}: {ran:?}");
    }
}

#[test]
fn the_hook_for_the_layout_shows_what_is_wrong_and_changes_nothing() {
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    let entry = hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: runbook ")).find(|entry| entry.starts_with("fmt")).expect("a hook");
    let desk = desk(&[("a.runbook", CLEAN)]);
    assert_eq!(desk.runbook(["fmt", "a.runbook"]).status, 0);
    let crooked = desk.read("a.runbook").replacen("\n  ", "\n      ", 1);
    desk.file("b.runbook", &crooked);
    let ran = desk.runbook(entry.split(' ').chain(["a.runbook", "b.runbook"]));
    let said = format!("{}{}", ran.out, ran.err);
    assert!(ran.status == 1 && said.contains("b.runbook") && !said.contains("a.runbook"), "{ran:?}");
    assert_eq!(desk.read("b.runbook"), crooked);
}

/// The project's root.
fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn every_runbook_in_the_tree_is_clean_and_nothing_in_it_is_let_pass() {
    let ran = Desk::new().runbook(["lint", "--deny", "warnings", "--format", "json", &root().join("runbooks").to_string_lossy()]);
    let report = json(&ran);
    assert_eq!((ran.status, &report["findings"], &report["allowed"]), (0, &serde_json::json!([]), &serde_json::json!([])), "{}", ran.out);
    assert!(report["files"].as_u64() >= Some(3), "{}", report["files"]);
}

#[test]
fn every_action_of_the_standard_library_is_clean() {
    let ran = Desk::new().runbook(["lint", "--deny", "warnings", &root().join("stdlib").to_string_lossy()]);
    assert_eq!((ran.status, ran.err.contains("allowed")), (0, false), "{}", ran.err);
}
