//! `notify`: who is told of what, when, and how often; and that it never holds up or fails a run.

use std::os::unix::fs::PermissionsExt as _;

use crate::harness::desk::{Desk, Ran};
use crate::harness::listener::Listener;

const BOOK: &str = r#"
runbook hook.all "Tells of everything" {
  param hook: secret { help "where it posts" }
  param dir: path
  param text: string = "-"
  notify notify.webhook(url: hook, body: "{{ event }}|{{ failed_step }}|{{ gate }}|{{ text }}") on [started, gate, failed, rolled_back, done]
  boundary b {
    step one on local { run `echo one >> {{ dir }}/log`; undo `echo undone >> {{ dir }}/log` }
    gate go "Go on?" { timeout 1h then rollback }
    step two on local { run `test ! -e {{ dir }}/broken`; undo `true` }
  }
}
"#;

fn run_with(desk: &Desk, url: &str, args: &[&str]) -> Ran {
    let output = desk.command().args(args).env("RUNBOOK_SECRET_HOOK", url).output().expect("the binary runs");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn started(desk: &Desk, url: &str, more: &[&str]) -> Ran {
    let (file, dir) = (desk.file("all.runbook", BOOK).display().to_string(), format!("dir={}", desk.path("").display()));
    run_with(desk, url, &[&["run", &file, "-p", &dir], more].concat())
}

#[test]
fn each_occasion_is_told_in_its_turn() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let ran = started(&desk, &hook.url("yes"), &[]);
    assert_eq!(ran.status, 3, "it waits at its gate: {ran:?}");
    assert_eq!(hook.texts(), ["started|||-", "gate||go|-"]);
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    let ran = run_with(&desk, &hook.url("yes"), &["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(hook.texts(), ["started|||-", "gate||go|-", "done|||-"], "what was told before is not told again");
}

#[test]
fn a_failure_is_told_and_then_the_rollback() {
    let (desk, hook) = (Desk::new(), Listener::new());
    desk.file("broken", "");
    let ran = started(&desk, &hook.url("yes"), &["--answer", "go=yes"]);
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(hook.texts(), ["started|||-", "failed|two@local||-", "rolled_back|two@local||-"], "no gate has waited");
    assert_eq!(desk.read("log"), "one\nundone\n");
}

#[test]
fn a_hook_that_fails_is_told_of_and_fails_nothing() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let ran = started(&desk, &hook.url("no"), &["--answer", "go=yes"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(ran.err.matches("not told").count(), 2, "{}", ran.err);
    assert!(ran.err.contains("error: 500"), "{}", ran.err);
    let events = desk.events();
    let whys: Vec<&str> = events.iter().filter(|e| e["event"] == "HookEnded").map(|e| e["why"].as_str().expect("why")).collect();
    assert_eq!(whys.len(), 2, "{events:?}");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
    assert_eq!(desk.word(), "done");
}

#[test]
fn nobody_waits_for_a_slow_hook_but_the_end() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let ran = started(&desk, &hook.url("slow"), &["--answer", "go=yes"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let events = desk.events();
    let at = |name: &str| events.iter().position(|e| e["event"] == name).unwrap_or_else(|| panic!("no {name} in {events:?}"));
    assert!(at("HookBegan") < at("RunDone") && at("RunDone") < at("HookEnded"), "{events:?}");
    assert_eq!(hook.texts(), ["started|||-", "done|||-"]);
}

/// At most once: what was begun when the engine was killed is not told again, whatever became of it.
#[test]
fn a_killed_engine_tells_nothing_twice() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let (file, dir) = (desk.file("all.runbook", BOOK).display().to_string(), format!("dir={}", desk.path("").display()));
    let mut command = desk.command();
    let mut engine = command.args(["run", &file, "-p", &dir, "--wait"]).env("RUNBOOK_SECRET_HOOK", hook.url("yes")).spawn().expect("the binary runs");
    hook.wait_for(2);
    engine.kill().expect("it runs");
    engine.wait().expect("it has ended");
    assert_eq!(desk.runbook(["approve", "last", "go"]).status, 0);
    let ran = run_with(&desk, &hook.url("yes"), &["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(hook.texts(), ["started|||-", "gate||go|-", "done|||-"]);
}

#[test]
fn any_text_arrives_byte_for_byte_and_the_address_is_shown_nowhere() {
    let (desk, hook) = (Desk::new(), Listener::new());
    for text in ["it's \"$(touch canary)\" `touch canary` \\ %s %0a @/etc/passwd {{ x }}", "ä€𝄞\n\ttwo lines\r\n", "-d@/etc/passwd", "'; touch canary; '"]
    {
        let before = hook.heard().len();
        let ran = started(&desk, &hook.url("yes?token=s3cr3t-t0ken"), &["--answer", "go=yes", "-p", &format!("text={text}")]);
        assert_eq!(ran.status, 0, "{ran:?}");
        assert_eq!(hook.texts()[before..], [format!("started|||{text}"), format!("done|||{text}")]);
        assert!(!desk.path("canary").exists(), "{text}");
        let log = desk.runbook(["log", "last", "--format", "json"]);
        assert!(!format!("{ran:?}{log:?}").contains("s3cr3t-t0ken"));
    }
}

#[test]
fn chats_are_sent_json_whatever_the_text() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let book = r#"
runbook hook.chats "Chats" {
  param hook: secret
  param text: string
  notify notify.mattermost(url: hook, text: "{{ text }} {{ event }}") on [started]
  notify notify.slack(url: hook, text: "{{ text }} {{ event }}") on [done]
  step users on local { use notify.mattermost(url: hook, text: "{{ text }} users") }
}
"#;
    let file = desk.file("chats.runbook", book).display().to_string();
    let text = "quotes \" ' \\ and\nlines ä </script> $(x)";
    let ran = run_with(&desk, &hook.url("yes"), &["run", &file, "-p", &format!("text={text}")]);
    assert_eq!(ran.status, 0, "{ran:?}");
    let bodies: Vec<serde_json::Value> = hook.heard().iter().map(|body| serde_json::from_slice(body).expect("JSON")).collect();
    let mut texts: Vec<&str> = bodies.iter().map(|body| body["text"].as_str().expect("a text")).collect();
    texts.sort_unstable();
    assert_eq!(texts, [format!("{text} done"), format!("{text} started"), format!("{text} users")], "two hooks run side by side, and a step tells, too");
}

/// A mail goes to the machine's own `sendmail`; what would add a header is refused.
#[test]
fn mail_is_sent_whole_and_no_header_can_be_added() {
    let desk = Desk::new();
    let bin = desk.path("bin");
    let sendmail = desk.file("bin/sendmail", format!("#!/bin/sh\nprintf '%s\\n' \"$*\" > {0}/args\ncat >> {0}/mail\n", desk.path("").display()));
    std::fs::set_permissions(&sendmail, std::fs::Permissions::from_mode(0o755)).expect("ours");
    let book = r#"
runbook hook.mail "Mail" {
  param subject: string
  notify notify.mail(to: "ops@example.org", subject: subject, text: "it {{ event }}\n.\nafter the dot") on [done]
  step one on local { use notify.mail(to: "all@example.org", subject: "the wiki", text: "closes at ten") }
}
"#;
    let file = desk.file("mail.runbook", book).display().to_string();
    let send = |subject: &str| {
        let path = format!("{}:{}", bin.display(), crate::harness::scratch::search_path());
        let output = desk.command().args(["run", &file, "-p", &format!("subject={subject}")]).env("PATH", path).output().expect("the binary runs");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    send("Matomo \"is\" up, ä $(id)");
    let mail = desk.read("mail");
    assert_eq!(desk.read("args"), "-t -oi\n");
    let users = "To: all@example.org\nSubject: the wiki\nContent-Type: text/plain; charset=utf-8\n\ncloses at ten\n";
    let mail = mail.strip_prefix(users).expect("a step tells, too");
    assert_eq!(mail, "To: ops@example.org\nSubject: Matomo \"is\" up, ä $(id)\nContent-Type: text/plain; charset=utf-8\n\nit done\n.\nafter the dot\n");
    std::fs::remove_file(desk.path("mail")).expect("sent before");
    let said = send("x\nBcc: everybody@example.org");
    assert!(said.contains("holds a line break"), "{said}");
    assert_eq!(desk.read("mail"), users);
}

#[test]
fn a_plan_shows_who_is_told_of_what() {
    let desk = Desk::new();
    let file = desk.file("all.runbook", BOOK).display().to_string();
    let dir = format!("dir={}", desk.path("").display());
    let ran = desk.runbook(["plan", &file, "-p", &dir]);
    assert!(ran.out.contains("tell of started, gate, failed, rolled_back, done, by notify.webhook"), "{}", ran.out);
    let json: serde_json::Value = serde_json::from_str(&desk.runbook(["plan", &file, "-p", &dir, "--format", "json"]).out).expect("JSON");
    assert_eq!(json["hooks"][0]["action"], "notify.webhook");
    assert_eq!(json["hooks"][0]["on"][3], "rolled_back");
    let quiet = desk.file("quiet.runbook", BOOK.replace(", done]", "]")).display().to_string();
    let hash = |file: &str| {
        let json: serde_json::Value = serde_json::from_str(&desk.runbook(["plan", file, "-p", &dir, "--format", "json"]).out).expect("JSON");
        json["hash"].as_str().expect("a hash").to_owned()
    };
    assert_ne!(hash(&file), hash(&quiet), "who is told is part of what is approved");
}

/// A hook whose undo failed: the run is stuck, which is what one wants to be woken for.
#[test]
fn a_stuck_rollback_is_told_as_a_failure() {
    let (desk, hook) = (Desk::new(), Listener::new());
    let book = BOOK.replace("undo `echo undone >> {{ dir }}/log`", "undo `exit 9`");
    let (file, dir) = (desk.file("stuck.runbook", book).display().to_string(), format!("dir={}", desk.path("").display()));
    desk.file("broken", "");
    let ran = run_with(&desk, &hook.url("yes"), &["run", &file, "-p", &dir, "--answer", "go=yes"]);
    assert_eq!(ran.status, 5, "{ran:?}");
    assert_eq!(hook.texts(), ["started|||-", "failed|two@local||-", "failed|one@local||-"]);
}
