//! shellcheck's findings, by the real one: at their places in the runbook, beside our own rules.

use std::os::unix::fs::PermissionsExt as _;

use crate::harness::desk::{Desk, Ran};

const NATIVE: &str = r#"runbook sc.one "A" {
  owner  "o"
  source "s"
  param name: string
  step compare on local {
    verify ```
      echo "{{ name }}" ä
      [ "$(uname)" = Linux ] && [ x = y ]
      test -n {{ name }}
      ```
  }
}
"#;

/// With the program that is on the path.
fn lint(desk: &Desk, args: &[&str]) -> Ran {
    with(desk, "shellcheck", args)
}

fn with(desk: &Desk, program: &str, args: &[&str]) -> Ran {
    let output = desk.command().arg("lint").args(args).env("RUNBOOK_SHELLCHECK", program).output().expect("the binary runs");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// `SC…@line:column-end` of every finding.
fn found(desk: &Desk, args: &[&str]) -> Vec<String> {
    let ran = lint(desk, &[&["--format", "json"], args].concat());
    let report: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    let told = |f: &serde_json::Value| {
        assert_eq!(f["code"], "RB0371", "{f}");
        format!("{}@{}:{}-{}", f["message"].as_str().unwrap_or_default().split(':').next().unwrap_or_default(), f["line"], f["column"], f["end_column"])
    };
    report["findings"].as_array().expect("findings").iter().map(told).collect()
}

#[test]
fn each_finding_stands_at_its_place_in_both_spellings_and_none_is_about_a_value() {
    let desk = Desk::new();
    desk.file("a.runbook", NATIVE);
    assert_eq!(found(&desk, &["a.runbook"]), ["SC2050@8:37-38"], "x and y are what they are");
    assert_eq!(desk.runbook(["convert", "--to", "yaml", "-o", "b.runbook.yaml", "a.runbook"]).status, 0);
    let yaml = desk.read("b.runbook.yaml");
    let (line, text) = yaml.lines().enumerate().find(|(_, line)| line.contains("x = y")).expect("the line");
    let column = text.find("= y").expect("it") + 1;
    assert_eq!(found(&desk, &["b.runbook.yaml"]), [format!("SC2050@{}:{column}-{}", line + 1, column + 1)]);
}

#[test]
fn it_is_allowed_levelled_and_turned_off_as_a_rule_is() {
    let desk = Desk::new();
    desk.file(".git/HEAD", "");
    desk.file("a.runbook", NATIVE);
    let strict = ["--deny", "warnings", "a.runbook"];
    assert_eq!(lint(&desk, &strict).status, 1);
    assert_eq!(lint(&desk, &["--no-shellcheck", "--deny", "warnings", "a.runbook"]).status, 0);
    for toml in ["shellcheck = false", "[lint.levels]\nRB0371 = \"off\"", "[lint.levels]\nRB0371 = \"info\""] {
        desk.file("runbook.toml", format!("[lint]\n{toml}\n"));
        assert_eq!(lint(&desk, &strict).status, 0, "{toml}");
    }
    desk.file("runbook.toml", "[lint]\nshellcheck = \"no\"\n");
    let ran = lint(&desk, &strict);
    assert!(ran.status == 2 && ran.err.contains("true or false"), "{ran:?}");
    std::fs::remove_file(desk.path("runbook.toml")).expect("ours");
    desk.file("a.runbook", NATIVE.replace("    verify ```", "    # lint: allow RB0371 both sides are made by a template\n    verify ```"));
    let ran = lint(&desk, &strict);
    assert!(ran.status == 0 && ran.err.contains("allowed"), "{ran:?}");
    // Who has no shellcheck is not told that the comment is idle.
    assert_eq!(with(&desk, "", &strict).status, 0);
    assert_eq!(with(&desk, "/nonexistent/shellcheck", &strict).status, 0);
}

#[test]
fn our_own_rule_says_it_once() {
    let desk = Desk::new();
    desk.file("a.runbook", "runbook sc.two \"A\" { owner \"o\"; source \"s\"\n  step s on local { run `d=$(cat /etc/where); mkdir $d`; undo none \"x\" }\n}\n");
    let ran = lint(&desk, &["--format", "json", "a.runbook"]);
    let report: serde_json::Value = serde_json::from_str(&ran.out).expect("JSON");
    let codes: Vec<&str> = report["findings"].as_array().expect("findings").iter().filter_map(|f| f["code"].as_str()).collect();
    assert_eq!(codes, ["RB0350"], "{}", ran.out);
}

#[test]
fn the_shell_of_the_command_counts() {
    let desk = Desk::new();
    let book =
        |shell: &str| format!("runbook sc.three \"A\" {{ owner \"o\"; source \"s\"\n  step s on local {{ shell \"{shell}\"; verify `echo $RANDOM` }}\n}}\n");
    desk.file("bash.runbook", book("bash"));
    desk.file("sh.runbook", book("sh"));
    let told = |file: &str| lint(&desk, &[file]).err;
    assert!(!told("bash.runbook").contains("SC3028"), "{}", told("bash.runbook"));
    assert!(told("sh.runbook").contains("SC3028"), "{}", told("sh.runbook"));
}

#[test]
fn one_that_does_not_work_is_told_of_and_the_linter_goes_on() {
    let desk = Desk::new();
    desk.file("a.runbook", NATIVE);
    for (script, says) in [("echo broken >&2; exit 3", "broken"), ("echo '{\"comments\": 3}'", "no report"), ("kill -9 $$", "no report")] {
        let program = desk.file("shellcheck", format!("#!/bin/sh\n{script}\n"));
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).expect("ours");
        let ran = with(&desk, &program.to_string_lossy(), &["--deny", "warnings", "a.runbook"]);
        assert_eq!(ran.status, 0, "{ran:?}");
        assert!(ran.err.contains("shellcheck could not be asked") && ran.err.contains(says), "{ran:?}");
    }
}

/// Every runbook and library of the tree, and every one in the documents, has nothing for it either.
#[test]
fn the_tree_is_clean() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let desk = Desk::new();
    let ran = lint(&desk, &["--deny", "warnings", &root.join("runbooks").to_string_lossy(), &root.join("stdlib").to_string_lossy()]);
    assert_eq!((ran.status, ran.err.contains("allowed")), (0, false), "{}", ran.err);
}
