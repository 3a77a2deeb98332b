//! `plan --probe`: what is so already, and what stands against a run now. It only reads.

use serde_json::Value;

use crate::harness::desk::Desk;
use crate::harness::sshd::Sshd;

const TEXT: &str = r#"
action probe.hold(dir: path) {
  run `touch {{ dir }}/held`
  undo `rm -f {{ dir }}/held`
}

action probe.at_least(dir: path, wanted: int) {
  fact have: int = `cat {{ dir }}/have`
  require "there are {{ wanted }}" have >= wanted
  run `true`
}

runbook probe.all "All kinds of guards" {
  param dir: path
  param why: string = "none"
  target web = ["web1", "web2"]
  fact who: string on local = `echo ada`
  require "the disk is there" `test -e {{ dir }}/disk` on local
  step made on web {
    check `test -e ~/made`
    run `touch ~/made`
    undo none "a file"
  }
  during probe.hold(dir: dir) on local release always {
    step seldom on local { when why == "succeeded"; run `true`; undo none "nothing" }
    step enough on local { use probe.at_least(dir: dir, wanted: 3) }
    step told on local { run `echo 7`; capture number: int; undo none "nothing" }
    step later on local { check `test {{ number }} = 7`; run `true`; undo none "nothing" }
    step by-ada on local { when who == "ada"; check `test {{ who }} = bo`; run `true`; undo none "nothing" }
    gate go "Go on?" { timeout 10m then park }
    step wipe on local { run `true`; irreversible "it is gone" }
  }
}
"#;

struct Probe {
    desk: Desk,
    sshd: Sshd,
    args: Vec<String>,
}

impl Probe {
    fn new() -> Self {
        let (desk, sshd) = (Desk::new(), Sshd::start(&["web1", "web2"]));
        let file = desk.file("probe.runbook", TEXT).to_string_lossy().into_owned();
        std::fs::write(sshd.home("web2").join("made"), "").expect("a file there");
        desk.file("have", "2\n");
        let dir = format!("dir={}", desk.path("").display());
        let args = ["plan", &file, "-p", &dir, "--probe", "--ssh-config", &sshd.config().to_string_lossy()].map(str::to_owned).to_vec();
        Self { desk, sshd, args }
    }

    fn text(&self) -> String {
        let ran = self.desk.runbook(&self.args);
        assert_eq!(ran.status, 0, "{ran:?}");
        ran.out
    }
}

/// The piece of a page that begins with this step's line.
fn of<'a>(page: &'a str, step: &str) -> &'a str {
    let at = page.find(step).unwrap_or_else(|| panic!("{step}: {page}"));
    let rest = &page[at + step.len()..];
    let end = rest.match_indices("\n").map(|(at, _)| at).find(|at| rest[at + 1..].trim_start().starts_with(|c: char| c.is_ascii_digit()));
    &rest[..end.unwrap_or(rest.len())]
}

#[test]
fn a_probe_says_what_holds_what_would_run_and_what_stands_against_it() {
    let probe = Probe::new();
    let page = probe.text();
    for (step, says) in [
        (". made on", vec!["as wanted already: it would be passed over  (on web2)", "not as wanted yet: it would run  (on web1)"]),
        (". seldom on", vec!["it would be skipped: `when why == \"succeeded\"` is false"]),
        (". enough on", vec!["REFUSED: required, and not so: there are 3"]),
        (". later on", vec!["not known before the run: ", "number"]),
        (". by-ada on", vec!["not as wanted yet: it would run"]),
        ("require that the disk is there", vec!["REFUSED: required, and not so: the disk is there (exit status 1)"]),
    ] {
        for says in says {
            assert!(of(&page, step).contains(says), "{step}: {says}:\n{page}");
        }
    }
    assert!(!of(&page, ". told on").contains("now "), "it has no guard: {page}");
    let short = page.split("In short").nth(1).expect("what one wants to know");
    for says in [
        "holds probe.hold on local, from step 2 to step 10",
        "step 9, wipe, is a point of no return",
        "1 step is as wanted already",
        "would be refused as things stand now: enough@local",
        "a run would be refused before anything changes: 1 requirement is not met",
    ] {
        assert!(short.contains(says), "{says}: {page}");
    }
    // When that is mended, a run agrees.
    probe.desk.file("disk", "");
    probe.desk.file("have", "3\n");
    let page = probe.text();
    assert!(!page.contains("REFUSED") && of(&page, "require that the disk is there").contains("it holds"), "{page}");
}

#[test]
fn a_probe_leaves_nothing_behind_changes_nothing_and_is_no_part_of_the_plan() {
    let probe = Probe::new();
    let plan = |args: &[String]| -> Value {
        serde_json::from_str(&probe.desk.runbook(args.iter().map(String::as_str).chain(["--format", "json"])).out).expect("JSON")
    };
    let probed = plan(&probe.args);
    let made: Vec<&Value> = probed["nodes"].as_array().expect("nodes").iter().filter(|n| n["step"] == "made").map(|n| &n["now"]["state"]).collect();
    assert_eq!(made, ["runs", "satisfied"]);
    assert_eq!(probed["requires"][0]["now"][0]["now"]["state"], "refused");
    let unprobed = plan(&probe.args[..4]);
    assert_eq!((&unprobed["hash"], &unprobed["nodes"][0]["now"]), (&probed["hash"], &Value::Null));
    assert!(!probe.desk.path("held").exists() && !probe.sshd.home("web1").join("made").exists());
    for host in ["web1", "web2"] {
        let jobs = probe.sshd.home(host).join(".local/state/runbook/jobs");
        let left: Vec<_> = std::fs::read_dir(&jobs).into_iter().flatten().flatten().map(|e| e.file_name()).collect();
        assert!(left.is_empty(), "{host}: {left:?}");
    }
}

#[test]
fn a_probe_names_every_host_that_a_guard_can_not_ask() {
    let mut probe = Probe::new();
    probe.sshd.stop("web1");
    probe.sshd.stop("web2");
    let ran = probe.desk.runbook(&probe.args);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("web1: ") && ran.err.contains("web2: ") && ran.err.contains("nothing has changed"), "{ran:?}");
}
