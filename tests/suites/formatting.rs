//! `runbook fmt` and `runbook convert`, through the binary.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use crate::harness::desk::{Desk, Ran};

const MESSY: &str =
    "# the licence\n\nrunbook a.b \"A\" {\n\n\n step  s   on local { # header\n  # why\n run `true` # tail\n\n\n    undo none \"x\"\n }\n # the end\n}\n";
const NEAT: &str =
    "# the licence\n\nrunbook a.b \"A\" {\n  step s on local {  # header\n    # why\n    run `true`  # tail\n\n    undo none \"x\"\n  }\n  # the end\n}\n";
const YAML: &str = "# the licence\n\nrunbook: a.b\ntitle: A\n\nsteps:\n  - step: s\n    on: local  # header\n    # why\n    run: \"true\"  # tail\n\n    undo: {none: x}\n# the end\n";

fn with_input(desk: &Desk, args: &[&str], input: &str) -> Ran {
    let mut child = desk.command().args(args).stdin(Stdio::piped()).spawn().expect("the binary runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ran { status: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_file_is_formatted_in_place_once() {
    let desk = Desk::new();
    let file = desk.file("a.runbook", MESSY);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).expect("a mode");
    let ran = desk.runbook(["fmt", "a.runbook"]);
    assert_eq!((ran.status, desk.read("a.runbook").as_str()), (0, NEAT), "{ran:?}");
    assert!(ran.err.contains("formatted  a.runbook"), "{ran:?}");
    assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o640);
    let ran = desk.runbook(["fmt", "a.runbook"]);
    assert!(ran.status == 0 && ran.err.contains("nothing to format"), "{ran:?}");
    assert_eq!(std::fs::read_dir(desk.path("")).expect("a folder").count(), 1, "nothing is left beside it");
}

#[test]
fn check_lists_what_would_change_with_a_diff_and_writes_nothing() {
    let desk = Desk::new();
    desk.file("a.runbook", MESSY);
    desk.file("b/good.runbook", NEAT);
    let ran = desk.runbook(["fmt", "--check"]);
    assert_eq!((ran.status, desk.read("a.runbook").as_str()), (1, MESSY), "{ran:?}");
    assert!(ran.out.contains("--- a/a.runbook") && ran.out.contains("+    run `true`  # tail"), "{}", ran.out);
    assert!(ran.err.contains("would format  a.runbook") && !ran.err.contains("good.runbook"), "{}", ran.err);
    assert_eq!(desk.runbook(["fmt", "--check", "b"]).status, 0);
}

#[test]
fn a_file_with_mistakes_is_told_and_left_alone_and_the_others_are_formatted() {
    let desk = Desk::new();
    let broken = "runbook a {\n step s on local { runn `true` }\n}\n";
    desk.file("a.runbook", broken);
    desk.file("b.runbook", MESSY);
    desk.file("c.runbook", b"runbook \xff");
    let ran = desk.runbook(["fmt"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    assert!(ran.err.contains("RB0010") && ran.err.contains("RB0001") && ran.err.contains("2 files left alone"), "{}", ran.err);
    assert_eq!((desk.read("a.runbook").as_str(), desk.read("b.runbook").as_str()), (broken, NEAT));
    assert_eq!(desk.runbook(["fmt", "none.runbook"]).status, 2);
}

#[test]
fn a_file_that_may_not_be_written_stays() {
    let desk = Desk::new();
    let file = desk.file("a.runbook", MESSY);
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o440)).expect("a mode");
    let ran = desk.runbook(["fmt", "a.runbook"]);
    assert!(ran.status == 2 && ran.err.contains("was not formatted"), "{ran:?}");
    assert_eq!(desk.read("a.runbook"), MESSY);
}

#[test]
fn standard_input_is_formatted_to_standard_output() {
    let desk = Desk::new();
    let ran = with_input(&desk, &["fmt", "-"], MESSY);
    assert_eq!((ran.status, ran.out.as_str()), (0, NEAT), "{ran:?}");
    let ran = with_input(&desk, &["fmt", "--stdin-name", "x.runbook.yaml", "-"], YAML);
    assert_eq!((ran.status, ran.out.as_str()), (0, YAML), "{ran:?}");
    assert_eq!(with_input(&desk, &["fmt", "--check", "-"], MESSY).status, 1);
    let ran = with_input(&desk, &["fmt", "-"], "runbook a {");
    assert!(ran.status == 2 && ran.out.is_empty() && ran.err.contains("RB0005"), "{ran:?}");
}

#[test]
fn comments_travel_both_ways() {
    let desk = Desk::new();
    desk.file("a.runbook", MESSY);
    let ran = desk.runbook(["convert", "a.runbook", "--to", "yaml"]);
    assert_eq!((ran.status, ran.out.as_str()), (0, YAML), "{ran:?}");
    desk.file("b.runbook.yaml", YAML);
    let ran = desk.runbook(["convert", "b.runbook.yaml", "--to", "runbook", "-o", "b.runbook"]);
    assert_eq!((ran.status, ran.out.as_str(), desk.read("b.runbook").as_str()), (0, "", NEAT), "{ran:?}");
    assert_eq!(with_input(&desk, &["convert", "-", "--to", "yaml"], MESSY).out, YAML);
}

#[test]
fn what_can_not_be_carried_is_reported_with_its_place() {
    let desk = Desk::new();
    desk.file("a.runbook", "runbook a {\n  # a bell: \x07\n  step s on local { run `true` }\n}\n");
    let ran = desk.runbook(["convert", "a.runbook", "--to", "yaml"]);
    assert!(ran.status == 0 && ran.err.contains("RB0041") && ran.err.contains("a.runbook:2:3"), "{ran:?}");
    assert!(!ran.out.contains("bell"), "{}", ran.out);

    desk.file("b.runbook.yaml", "runbook: b\nsteps:\n  - step: s\n    on: local\n    run: \"a\\r\\nb\"\n");
    let ran = desk.runbook(["convert", "b.runbook.yaml", "--to", "runbook", "-o", "b.runbook"]);
    assert!(ran.status == 2 && ran.err.contains("RB0039") && ran.err.contains("b.runbook.yaml:5:"), "{ran:?}");
    assert!(!desk.path("b.runbook").exists());
}

#[test]
fn a_wrong_name_or_spelling_is_wrong_usage() {
    let desk = Desk::new();
    desk.file("a.runbook", NEAT);
    let ran = desk.runbook(["convert", "a.runbook", "--to", "runbook"]);
    assert!(ran.status == 2 && ran.err.contains("runbook fmt a.runbook"), "{ran:?}");
    let ran = desk.runbook(["convert", "a.runbook", "--to", "yaml", "-o", "b.runbook"]);
    assert!(ran.status == 2 && ran.err.contains(".runbook.yaml"), "{ran:?}");
    assert_eq!(desk.runbook(["fmt", "-", "a.runbook"]).status, 2);
}
