//! `series`, and loops over facts: what is on the hosts gives the plan its shape. Read first, drawn, frozen, run.

use crate::harness::desk::{Desk, until};
use crate::harness::sshd::Sshd;

/// A site whose version stands in a file, and its updates, named as Matomo names them.
const MAIN: &str = r#"
import "shared.runbook"
runbook site.update "Update the site to {{ to }}" {
  param dir: path
  param to: version = "4.0.1"
  target db: host = local
  fact installed: version on db = `cat {{ dir }}/version`
  boundary all "All the way or none of it" {
    series "updates/" from installed to to {
      step mark "Remember {{ version }}" on db {
        run  `cp {{ dir }}/version {{ dir }}/before; echo {{ version }} > {{ dir }}/version`
        undo `cp {{ dir }}/before {{ dir }}/version`
      }
    }
    step check on db { verify `grep -qxF -e {{ to }} {{ dir }}/version` }
  }
}
"#;

const YAML: &str = r#"
import: [shared.runbook]
runbook: site.update
title: Update the site to {{ to }}
params:
  dir: path
  to: {type: version, default: 4.0.1}
targets:
  db: {type: host, is: "{{ local }}"}
facts:
  installed: {type: version, on: db, cmd: "cat {{ dir }}/version"}
steps:
  - boundary: all
    title: All the way or none of it
    steps:
      - series: updates/
        from: installed
        to: to
        steps:
          - step: mark
            title: Remember {{ version }}
            on: db
            run: cp {{ dir }}/version {{ dir }}/before; echo {{ version }} > {{ dir }}/version
            undo: cp {{ dir }}/before {{ dir }}/version
      - step: check
        on: db
        verify: grep -qxF -e {{ to }} {{ dir }}/version
"#;

const SHARED: &str = "action site.sql(dir: path, what: string) { run `echo {{ what }} >> {{ dir }}/log`; undo `echo not {{ what }} >> {{ dir }}/log` }\n";

fn update(what: &str) -> String {
    format!(
        "import \"../shared.runbook\"\nrunbook site.one \"{what}\" {{\n  param dir: path\n  target db: host\n  step migrate on db {{ use site.sql(dir: dir, what: \"{what}\") }}\n}}\n"
    )
}

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("main.runbook", MAIN);
    desk.file("main.runbook.yaml", YAML);
    desk.file("shared.runbook", SHARED);
    for (version, what) in [("3.14.1", "old"), ("4.0.0-b1", "beta"), ("4.0.0", "release"), ("4.0.1", "fix"), ("4.10.0", "future")] {
        desk.file(&format!("updates/{version}.runbook"), update(what));
    }
    desk.file("version", "3.14.1\n");
    desk
}

fn dir(desk: &Desk) -> String {
    format!("dir={}", desk.path("").display())
}

#[test]
fn a_series_goes_from_the_installed_version_to_the_wanted_one_in_both_spellings() {
    for file in ["main.runbook", "main.runbook.yaml"] {
        let desk = desk();
        let ran = desk.runbook(["run", file, "-p", &dir(&desk)]);
        assert_eq!(ran.status, 0, "{ran:?}");
        assert!(ran.err.starts_with("run "), "{}", ran.err);
        assert_eq!((desk.read("log").as_str(), desk.read("version").as_str()), ("beta\nrelease\nfix\n", "4.0.1\n"));
        assert_eq!(desk.stage("4.0.0/migrate@local"), "succeeded");
        assert_eq!(desk.stage("mark[4.0.0-b1]@local"), "succeeded");
        // Already there: nothing but the check.
        let ran = desk.runbook(["run", file, "-p", &dir(&desk)]);
        assert_eq!((ran.status, desk.read("log").as_str()), (0, "beta\nrelease\nfix\n"), "{ran:?}");
    }
    let desk = desk();
    let hash = |file: &str| {
        let ran = desk.runbook(["plan", file, "-p", &dir(&desk), "--probe", "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        assert_eq!(plan["facts"][0]["value"]["local"], "3.14.1");
        plan["hash"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(hash("main.runbook"), hash("main.runbook.yaml"));
}

#[test]
fn a_failure_takes_the_whole_series_back() {
    let desk = desk();
    desk.file("updates/4.0.1.runbook", update("fix").replace("use site.sql(dir: dir, what: \"fix\")", "run `exit 9`; undo `echo not fix >> {{ dir }}/log`"));
    let ran = desk.runbook(["run", "main.runbook", "-p", &dir(&desk)]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "beta\nrelease\nnot fix\nnot release\nnot beta\n");
    assert!(ran.err.contains("4.0.1/migrate@local"), "{}", ran.err);
}

#[test]
fn k2_killed_in_the_middle_of_a_series_over_ssh_a_resume_needs_neither_files_nor_facts_again() {
    let sshd = Sshd::start(&["db1"]);
    let desk = desk();
    desk.file(
        "updates/4.0.0.runbook",
        update("release")
            .replace("use site.sql(dir: dir, what: \"release\")", "run `touch {{ dir }}/slow; sleep 2; echo release >> {{ dir }}/log`; undo none \"x\""),
    );
    let config = sshd.config().to_string_lossy().into_owned();
    let mut engine = desk.start(["run", "main.runbook", "-p", &dir(&desk), "--ssh-config", &config, "--target", "db=db1"]);
    until("the second update is under way", || desk.path("slow").exists());
    engine.kill();
    std::fs::remove_dir_all(desk.path("updates")).expect("the updates");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!((desk.read("log").as_str(), desk.read("version").as_str()), ("beta\nrelease\nfix\n", "4.0.1\n"));
}

#[test]
fn the_other_way_is_refused_before_anything_happens() {
    let desk = desk();
    desk.file("version", "4.10.0\n");
    let ran = desk.runbook(["run", "main.runbook", "-p", &dir(&desk)]);
    assert_eq!(ran.status, 2, "{ran:?}");
    for words in ["from 4.10.0 down to 4.0.1", "main.runbook:9:", "runbook rollback", "down to"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    desk.file("down.runbook", MAIN.replace("installed to to", "installed down to to"));
    desk.file("version", "3.14.1\n");
    let ran = desk.runbook(["run", "down.runbook", "-p", &dir(&desk)]);
    assert!(ran.status == 2 && ran.err.contains("from 3.14.1 up to 4.0.1"), "{ran:?}");
    assert_eq!(desk.read("log"), "");
}

/// An update as Matomo wants them, with a check and an undo; its undo runs a while where `slow` is there.
fn line(what: &str) -> String {
    format!(
        "runbook site.one \"{what}\" {{\n  param dir: path\n  target db: host\n  step migrate on db {{\n    check `grep -qx {what} {{{{ dir }}}}/site`\n    run `echo +{what} >> {{{{ dir }}}}/log; echo {what} >> {{{{ dir }}}}/site`\n    undo ```\n      echo -{what} >> {{{{ dir }}}}/log\n      if [ -e {{{{ dir }}}}/slow ]; then touch {{{{ dir }}}}/under-way; sleep 2; fi\n      sed -i /^{what}$/d {{{{ dir }}}}/site\n      ```\n  }}\n}}\n"
    )
}

/// The same desk, with updates that can be gone back over and a runbook that does.
fn both_ways() -> Desk {
    let desk = desk();
    for (version, what) in [("3.14.1", "old"), ("4.0.0-b1", "beta"), ("4.0.0", "release"), ("4.0.1", "fix"), ("4.10.0", "future")] {
        desk.file(&format!("updates/{version}.runbook"), line(what));
    }
    desk.file("down.runbook", MAIN.replace("installed to to", "installed down to to").replace("\"4.0.1\"", "\"3.14.1\""));
    desk.file("down.runbook.yaml", YAML.replace("        to: to\n", "        down: true\n        to: to\n").replace("default: 4.0.1", "default: 3.14.1"));
    desk.file("site", "old\n");
    desk
}

#[test]
fn a_series_goes_up_and_down_and_up_again_and_the_block_knows_what_is_reached_in_both_spellings() {
    for (up, down) in [("main.runbook", "down.runbook"), ("main.runbook.yaml", "down.runbook.yaml")] {
        let desk = both_ways();
        let went = |file: &str, more: &[&str]| {
            std::fs::remove_file(desk.path("log")).ok();
            let ran = desk.runbook(["run", file, "-p", &dir(&desk)].iter().chain(more));
            assert_eq!(ran.status, 0, "{ran:?}");
            (desk.read("log").replace('\n', " "), desk.read("site").replace('\n', " "), desk.read("version"))
        };
        let state = |log: &str, site: &str, version: &str| (log.to_owned(), site.to_owned(), format!("{version}\n"));
        assert_eq!(went(up, &[]), state("+beta +release +fix ", "old beta release fix ", "4.0.1"));
        // To a version between two updates: what is recorded in between is that of the update below.
        assert_eq!(went(down, &["-p", "to=4.0.0-rc1"]), state("-fix -release ", "old beta ", "4.0.0-rc1"));
        assert_eq!(desk.read("before"), "4.0.0\n", "behind the first it was at 4.0.0");
        assert_eq!(desk.stage("mark[4.0.0]@local"), "succeeded");
        assert_eq!(went(up, &[]), state("+release +fix ", "old beta release fix ", "4.0.1"));
        assert_eq!(went(down, &[]), state("-fix -release -beta ", "old ", "3.14.1"));
    }
    let desk = both_ways();
    let hash = |file: &str| {
        let ran = desk.runbook(["plan", file, "-p", &dir(&desk), "--fact", "installed=4.0.1", "--format", "json"]);
        serde_json::from_str::<serde_json::Value>(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))["hash"].clone()
    };
    assert_eq!(hash("down.runbook"), hash("down.runbook.yaml"));
}

#[test]
fn a_way_down_that_fails_goes_up_again_and_does_nothing_twice() {
    let desk = both_ways();
    assert_eq!(desk.runbook(["run", "main.runbook", "-p", &dir(&desk)]).status, 0);
    // The undo of `beta` fails behind two that went well.
    desk.file("updates/4.0.0-b1.runbook", line("beta").replace("echo -beta", "exit 9; echo -beta"));
    std::fs::remove_file(desk.path("log")).expect("the log");
    let ran = desk.runbook(["run", "down.runbook", "-p", &dir(&desk)]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(desk.read("log"), "-fix\n-release\n+release\n+fix\n", "and `beta`, which still is there, is not done again");
    let all = "old\nbeta\nrelease\nfix\n";
    assert_eq!(desk.read("site"), all);
    desk.file("version", "4.0.1\n");
    // An undo that says that all went well, and left what it should have taken back.
    desk.file("updates/4.0.0-b1.runbook", line("beta").replace("sed -i /^beta$/d", "test -e"));
    let ran = desk.runbook(["run", "down.runbook", "-p", &dir(&desk)]);
    assert_eq!((ran.status, desk.read("site").as_str()), (4, all), "{ran:?}");
}

#[test]
fn k2_killed_on_the_way_down_a_resume_goes_on_and_needs_no_files() {
    let sshd = Sshd::start(&["db1"]);
    let desk = both_ways();
    assert_eq!(desk.runbook(["run", "main.runbook", "-p", &dir(&desk)]).status, 0);
    std::fs::remove_file(desk.path("log")).expect("the log");
    desk.file("slow", "");
    let config = sshd.config().to_string_lossy().into_owned();
    let mut engine = desk.start(["run", "down.runbook", "-p", &dir(&desk), "--ssh-config", &config, "--target", "db=db1"]);
    until("the first update is being taken back", || desk.path("under-way").exists());
    engine.kill();
    std::fs::remove_dir_all(desk.path("updates")).expect("the updates");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!((desk.read("log").as_str(), desk.read("site").as_str(), desk.read("version").as_str()), ("-fix\n-release\n-beta\n", "old\n", "3.14.1\n"));
}

#[test]
fn what_has_no_way_down_is_told_at_its_place_by_lint_and_run_and_by_neither_of_a_series_that_goes_up() {
    let step = |fields: &str| format!("runbook site.one \"x\" {{\n  param dir: path\n  target db: host\n  step migrate on db {{ {fields} }}\n}}\n");
    for (text, words) in [
        (step("run `true`"), "it says no undo"),
        (step("run `true`; irreversible \"gone\""), "it can't be taken back"),
        (step("run `true`; undo `echo {{ run_id }}`"), "`run_id` is another on the way down"),
        (step("fact old: string = `date`; run `true`; undo `echo {{ old }}`"), "what it read on the way up"),
        (step("run `date`; capture old: string; undo `true`"), "what it read on the way up"),
        (step("stdin \"x\"; run `cat`; undo `true`"), "without its input"),
        (step("use file.present(path: \"{{ dir }}/x\", content: \"\")"), "what it read on the way up"),
        (step("use service.restarted(name: \"x\"); undo `true`"), "only a command can be done again"),
        (
            "runbook site.one \"x\" {\n  target db: host\n  parallel { step a on db { run `true`; undo `true` } }\n}\n".to_owned(),
            "only steps, boundaries and loops",
        ),
    ] {
        let desk = both_ways();
        desk.file("updates/4.0.0.runbook", &text);
        for command in ["lint", "plan"] {
            let ran = desk.runbook([command, "down.runbook"].into_iter().chain(if command == "plan" {
                vec!["-p", "dir=/x", "--fact", "installed=4.0.1"]
            } else {
                vec![]
            }));
            assert!(ran.status != 0 && ran.err.contains("RB0151") && ran.err.contains(words), "{words}: {ran:?}");
            assert!(ran.err.contains("updates/4.0.0.runbook:") && ran.err.contains("a series goes down here"), "{ran:?}");
        }
        let up = desk.runbook(["lint", "main.runbook"]);
        assert!(!up.err.contains("RB0151"), "{up:?}");
    }
    // What leaves nothing, and what a person takes back, has a way down.
    let desk = both_ways();
    desk.file(
        "updates/4.0.1.runbook",
        step("run `true`; undo none \"a look\"").replace("}\n}", "}\n  step by-hand on db { run `true`; undo manual \"turn the key back\" }\n}"),
    );
    let plan = desk.runbook(["plan", "down.runbook", "-p", "dir=/x", "--fact", "installed=4.0.1"]);
    assert!(plan.status == 0 && plan.out.contains("turn the key back") && !plan.out.contains("4.0.1/migrate"), "{plan:?}");
}

#[test]
fn a_plan_shows_what_it_does_not_know_and_how_to_know_it() {
    let desk = desk();
    let ran = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk)]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for words in ["series updates/ from installed to to", "not known before installed is read", "--probe", "check on local"] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let supposed = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk), "--fact", "installed=4.0.0"]);
    assert!(supposed.out.contains("4.0.1/migrate") && !supposed.out.contains("4.0.0/migrate"), "{}", supposed.out);
    let probed = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk), "--probe"]);
    for words in ["read installed on local = 3.14.1", "4.0.0-b1/migrate", "mark[4.0.1]"] {
        assert!(probed.out.contains(words), "{words}: {}", probed.out);
    }
    let json = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk), "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(json["later"], serde_json::json!([{"piece": "series updates/ from installed to to", "after": null, "facts": ["installed"]}]));
    let chart = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk), "--format", "mermaid"]);
    assert!(chart.out.contains("l0[[\"series updates/ from installed to to\"]]"), "{}", chart.out);
    for (args, words) in [
        (["--fact", "installd=1"], "did you mean `installed`?"),
        (["--fact", "installed=-x"], "a version such as 1.4.0"),
        (["--fact", "installed"], "is no pair"),
    ] {
        let ran = desk.runbook(["plan", "main.runbook", "-p", &dir(&desk)].iter().chain(&args));
        assert!(ran.status == 2 && ran.err.contains(words), "{args:?}: {ran:?}");
    }
}

#[test]
fn a_fact_that_the_plan_needs_and_nobody_can_read_refuses_the_run() {
    let mut sshd = Sshd::start(&["db1", "db2"]);
    let desk = desk();
    let config = sshd.config().to_string_lossy().into_owned();
    std::fs::remove_file(desk.path("version")).expect("the version");
    let run = |target: &str| desk.runbook(["run", "main.runbook", "-p", &dir(&desk), "--ssh-config", &config, "--target", target]);
    let ran = run("db=db1");
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("fact `installed` on db1") && ran.err.contains("nothing has changed anywhere"), "{}", ran.err);
    sshd.stop("db2");
    let ran = run("db=db2");
    assert!(ran.status == 7 && ran.err.contains("db2: "), "{ran:?}");
    let left = std::fs::read_dir(sshd.home("db1").join(".local/state/runbook/jobs")).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "a look leaves nothing behind on a host");
    assert_eq!(desk.runbook(["runs"]).out.matches("site.update").count(), 0, "there was no run");
}

#[test]
fn a_loop_goes_over_what_a_fact_has_found_on_each_host() {
    let sshd = Sshd::start(&["w1", "w2"]);
    let desk = Desk::new();
    for (host, sites) in [("w1", "a\nb\n"), ("w2", "")] {
        std::fs::write(sshd.home(host).join("sites"), sites).expect("sites");
    }
    let text = r#"
runbook sites.restart "Restart every site" {
  param dir: path
  target web
  fact sites: list(string) on web = `cat ~/sites`
  for h in web batch 2 {
    for site in sites[h] { step restart on h { run `echo {{ h }} {{ site }} >> {{ dir }}/log` } }
  }
}
"#;
    let file = desk.file("sites.runbook", text).to_string_lossy().into_owned();
    let config = sshd.config().to_string_lossy().into_owned();
    let ran = desk.runbook(["run", &file, "-p", &dir(&desk), "--ssh-config", &config, "--target", "web=w1,w2"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "w1 a\nw1 b\n");
    assert_eq!(desk.stage("restart[w1][b]@w1"), "succeeded");
}

/// Between the look and the preflight somebody else has been there.
#[test]
fn a_fact_that_changes_before_the_preflight_refuses_the_run() {
    let desk = Desk::new();
    // Each reading finds one more.
    let text = "runbook moving.target \"M\" {\n  param dir: path\n  fact seen: list(string) on local = `echo x >> {{ dir }}/seen; cat {{ dir }}/seen`\n  for s in seen { step go on local { run `echo {{ s }} >> {{ dir }}/log` } }\n}\n";
    let file = desk.file("moving.runbook", text).to_string_lossy().into_owned();
    let ran = desk.runbook(["run", &file, "-p", &dir(&desk)]);
    assert_eq!(ran.status, 7, "{ran:?}");
    assert!(ran.err.contains("fact `seen` on local was x when the plan was drawn, and is x, x now"), "{}", ran.err);
    assert_eq!(desk.read("log"), "");
}

/// A secret reaches the fact that the plan waits for, and nothing that is kept.
#[test]
fn j3_a_fact_that_the_plan_needs_may_be_read_with_a_secret() {
    let desk = Desk::new();
    let text = "runbook keyed.sites \"K\" {\n  param dir: path\n  param token: secret\n  fact sites: list(string) on local = `[ ${#TOKEN} = 9 ] && printf 'a\\nb\\n'` { env { TOKEN = token } }\n  for s in sites { step go on local { run `echo {{ s }} >> {{ dir }}/log` } }\n}\n";
    let file = desk.file("keyed.runbook", text).to_string_lossy().into_owned();
    let with = |args: &[&str]| {
        let mut command = desk.command();
        command.env("RUNBOOK_SECRET_TOKEN", "hunter2 x").args(args).arg("-p").arg(dir(&desk));
        let ran = command.output().expect("the binary runs");
        (ran.status.code(), String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr))
    };
    let (status, said) = with(&["plan", &file, "--probe"]);
    assert!(status == Some(0) && said.contains("go[b]") && !said.contains("hunter2"), "{said}");
    let (status, said) = with(&["run", &file]);
    assert!(status == Some(0) && !said.contains("hunter2"), "{said}");
    assert_eq!(desk.read("log"), "a\nb\n");
    let ran = desk.runbook(["run", &file, "-p", &dir(&desk)]);
    assert!(ran.status == 2 && ran.err.contains("RUNBOOK_SECRET_TOKEN"), "{ran:?}");
}
