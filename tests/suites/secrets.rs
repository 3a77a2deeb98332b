//! Secrets: where they may stand, and that they are nowhere else (promise J3).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::sshd::Sshd;

const SECRET: &str = "s3cr'et \"q\"\n$(id)-Zwölf";

/// Files below a folder in which a secret stands, in any of three forms.
fn stands(folder: &Path) -> Vec<String> {
    use std::io::Read;
    let forms = [SECRET.as_bytes(), b"s3cr'et", b"czNjcidldCAicSIK", b"s3cr%27et"];
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let kind = entry.file_type().expect("a kind");
            let mut bytes = Vec::new();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && fs::File::open(&path).and_then(|mut f| f.read_to_end(&mut bytes)).is_ok() {
                found.extend(forms.iter().filter(|form| bytes.windows(form.len()).any(|w| w == **form)).map(|_| path.display().to_string()));
            }
        }
    }
    found
}

/// The command lines of all processes that hold a piece of the secret.
fn on_command_lines() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir("/proc").expect("/proc").flatten() {
        let Ok(line) = fs::read(entry.path().join("cmdline")) else { continue };
        if line.windows(7).any(|w| w == b"s3cr'et") {
            found.insert(String::from_utf8_lossy(&line).into_owned());
        }
    }
    found
}

const RUNBOOK: &str = r#"action site.login(password: secret, log: path) "Log in" {
  env { AUTH = "user:{{ password }}" }
  stdin "{{ password }}"
  run ```
    cat >/dev/null; printf '%s|' "$AUTH"
    printf '%s' "$AUTH" | fold -b -w 1; printf '%s' "$AUTH" | base64 -w 0; printf '%s\n' "$AUTH" >&2
    echo begun >> {{ log }}; sleep 3; echo ended >> {{ log }}
    ```
  undo none "a test"
}
runbook demo.secrets "Secrets" {
  param token: secret { help "of the site" }
  param log: path
  param mine: path
  target there: host = local
  fact key: secret on there = `cat {{ mine }}`
  step login on there { use site.login(password: token, log: log) }
  step use-key on there {
    env   { KEY = key }
    check `test "$KEY" = other`
    run   `printf '%s' "$KEY" | sha256sum >> {{ log }}; printf '%s\n' "$KEY"`
    undo none "a test"
  }
}
"#;

fn with_secret(desk: &Desk, args: &[&str]) -> Ran {
    let output = desk.command().env("RUNBOOK_SECRET_TOKEN", SECRET).args(args).output().expect("the binary runs");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn j3_after_a_crash_and_a_resume_over_ssh_a_secret_stands_in_no_file_and_on_no_command_line() {
    let sshd = Sshd::start(&["box"]);
    let config = sshd.config().to_string_lossy().into_owned();
    let desk = Desk::new();
    let file = desk.file("a.runbook", RUNBOOK).display().to_string();
    // Its own home on the host, where a person keeps it.
    let vault = desk.file("vault", "k3y-of-the-vault-9f");
    let log = desk.path("log");
    let (log_arg, mine) = (format!("log={}", log.display()), format!("mine={}", vault.display()));
    let args = ["run", &file, "-p", &log_arg, "-p", &mine, "--ssh-config", &config, "--target", "there=box", "--events", "-v"];
    let refused = desk.runbook(args);
    assert!(refused.status == 2 && refused.err.contains("RB0425") && refused.err.contains("RUNBOOK_SECRET_TOKEN"), "{refused:?}");

    let mut seen = BTreeSet::new();
    let mut first = desk.command().env("RUNBOOK_SECRET_TOKEN", SECRET).args(args).spawn().expect("the binary runs");
    until("the command has begun", || {
        seen.extend(on_command_lines());
        fs::read_to_string(&log).is_ok_and(|text| text.contains("begun"))
    });
    first.kill().expect("killed");
    let printed = first.wait_with_output().expect("its output");
    assert_eq!(stands(&desk.state()), Vec::<String>::new());
    assert_eq!(stands(&sshd.home("box")), Vec::<String>::new());
    // Nobody goes on without it.
    for command in ["resume", "rollback"] {
        let ran = desk.runbook([command, "last"]);
        assert!(ran.status == 2 && ran.err.contains("RB0425"), "{command}: {ran:?}");
    }
    let ran = with_secret(&desk, &["resume", "last", "--events", "-v"]);
    seen.extend(on_command_lines());
    assert_eq!(ran.status, 0, "{ran:?}");
    let text = fs::read_to_string(&log).expect("a log");
    assert!(text.starts_with("begun\nended\n"), "once: {text}");
    let log_of = desk.runbook(["log", "last", "login@box"]);
    assert!(log_of.out.contains("user:***|"), "{log_of:?}");
    for shown in [
        &ran.out,
        &ran.err,
        &log_of.out,
        &log_of.err,
        &String::from_utf8_lossy(&printed.stdout).into_owned(),
        &String::from_utf8_lossy(&printed.stderr).into_owned(),
    ] {
        assert!(!shown.contains("s3cr'et") && !shown.contains("k3y-of-the-vault") && !shown.contains("czNjcidldCAicSIK"), "{shown}");
    }
    assert_eq!(desk.runbook(["log", "last", "use-key@box"]).out, "***\n");
    assert_eq!(stands(&desk.state()), Vec::<String>::new());
    assert_eq!(stands(&sshd.home("box")), Vec::<String>::new());
    assert_eq!(seen, BTreeSet::new());
    let events = desk.events();
    assert!(events.iter().all(|e| !e.to_string().contains("k3y-of-the-vault")), "{events:#?}");
}

#[test]
fn a_secret_has_no_place_where_it_would_be_seen() {
    let desk = Desk::new();
    let within = |body: &str| format!("runbook a \"A\" {{\n  param s: secret\n  {body}\n}}\n");
    for (body, code) in [
        ("step x on local { run `echo {{ s }}` }", "RB0211"),
        ("step x on local { check `test {{ s }}`; run `true` }", "RB0211"),
        ("step x \"with {{ s }}\" on local { run `true` }", "RB0175"),
        ("step x on local { when s == \"a\"; run `true` }", "RB0175"),
        ("step x on local { as \"{{ s }}\"; run `true` }", "RB0175"),
        ("step x on local { cwd \"/{{ s }}\"; run `true` }", "RB0175"),
        ("gate g \"{{ s }}?\" { timeout 1m then park }", "RB0175"),
        ("gate g \"go?\" { confirm \"{{ s }}\"; timeout 1m then park }", "RB0175"),
        ("gate g \"go?\" { show `echo {{ s }}` on local; timeout 1m then park }", "RB0211"),
        ("require \"{{ s }}\" true", "RB0175"),
        ("require \"so\" s == \"x\"", "RB0175"),
        ("manual m on local { instructions \"type {{ s }}\"; undo none \"x\" }", "RB0175"),
        ("step x on local { use service.running(name: s) }", "RB0175"),
        ("param t: string = \"{{ s }}\"\n  step x on local { run `true` }", "RB0175"),
        ("step x on local { download \"/tmp/{{ s }}\" to \"x\" }", "RB0175"),
        ("step x on local { run `true`; capture c: secret }", "RB0180"),
        ("step x on local { run `true`; capture c: string; private true }", "RB0176"),
        ("param t: secret = \"abcd\"\n  step x on local { run `true` }", "RB0180"),
        ("param t: list(secret)\n  step x on local { run `true` }", "RB0180"),
        ("fact f: int on local = `echo 1` { secret true }\n  step x on local { run `true` }", "RB0180"),
        ("step x on local { fact f: secret = `echo abcd`; run `true` }", "RB0180"),
    ] {
        let file = desk.file("a.runbook", within(body));
        let ran = desk.runbook(["lint".as_ref(), file.as_os_str()]);
        assert!(ran.status != 0 && format!("{}{}", ran.out, ran.err).contains(code), "{body}: {ran:?}");
    }
    let fine = "step x on local { env { A = s; B = \"x {{ s }}\" }; stdin \"{{ s }}\"; run `cat >/dev/null`; undo none \"x\" }";
    let file = desk.file("a.runbook", within(fine));
    assert_eq!(desk.runbook(["lint".as_ref(), file.as_os_str()]).status, 0);
}

#[test]
fn a_secret_comes_from_a_file_or_the_environment_and_never_from_a_command_line() {
    let desk = Desk::new();
    let native = "runbook a \"A\" {\n  param s: secret { matches \"ab.*\" }\n  step x on local {\n    env { S = s }\n    run `printf %s \"$S\" | sha256sum > out`\n    cwd \"DESK\"\n  }\n}\n";
    let yaml = "runbook: a\ntitle: A\nparams: {s: {type: secret, matches: ab.*}}\nsteps:\n  - step: x\n    on: local\n    env: {S: '{{ s }}'}\n    run: printf %s \"$S\" | sha256sum > out\n    cwd: DESK\n";
    let params = desk.file("params.yaml", "s: \"abc'd e\"\n").display().to_string();
    let mut hashes = BTreeSet::new();
    for (name, text) in [("a.runbook", native), ("a.runbook.yaml", yaml)] {
        let file = desk.file(name, text.replace("DESK", &desk.path("").display().to_string())).display().to_string();
        let ran = desk.runbook(["run", &file, "-p", "s=abcdef"]);
        assert!(ran.status == 2 && ran.err.contains("process list") && !ran.err.contains("abcdef"), "{ran:?}");
        let ran = desk.runbook(["run", &file, "--params", &params]);
        assert_eq!(ran.status, 0, "{name}: {ran:?}");
        assert!(desk.read("out").starts_with("6612ebee4fbdcfb378f946f8caceac0c67f0777dcc689d04ab65a4faaecdf7f5"), "{}", desk.read("out"));
        for bad in ["s: abc\n", "s: \"\"\n", "s: xbcdefg\n"] {
            let params = desk.file("bad.yaml", bad).display().to_string();
            let ran = desk.runbook(["run", &file, "--params", &params]);
            assert!(ran.status == 2 && ran.err.contains("RB0426") && !ran.err.contains("xbcdefg"), "{bad}: {ran:?}");
        }
        let broken = desk.file("broken.yaml", "s: \"hunter-two\"\n  x: [\n").display().to_string();
        let ran = desk.runbook(["run", &file, "--params", &broken]);
        assert!(ran.status == 2 && !ran.err.contains("hunter-two"), "{ran:?}");
        let ran = desk.runbook(["plan", &file, "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        hashes.insert(plan["hash"].to_string());
    }
    assert_eq!(hashes.len(), 1, "both spellings, one plan, and nobody was asked for a secret");
}

#[test]
fn what_holds_a_secret_is_neither_captured_nor_a_fact_and_the_environment_of_others_has_none() {
    let desk = Desk::new();
    let file = desk.file(
        "a.runbook",
        "runbook a \"A\" {\n  param s: secret\n  step look on local { run `env; cat /proc/$PPID/environ | tr '\\0' '\\n'` }\n  step x on local {\n    env { S = s }\n    run `printf 'is %s' \"$S\"`\n    capture c: string\n  }\n}\n",
    );
    let ran = with_env(&desk, &file, "hunter-two");
    assert!(ran.status == 3 && ran.err.contains("holds a secret of this run"), "{ran:?}");
    let log = desk.runbook(["log", "last", "look@local"]);
    assert!(!log.out.contains("RUNBOOK_SECRET"), "{}", log.out);
    assert!(!format!("{ran:?}{log:?}").contains("hunter-two"));
}

fn with_env(desk: &Desk, file: &Path, secret: &str) -> Ran {
    let output = desk.command().env("RUNBOOK_SECRET_S", secret).arg("run").arg(file).output().expect("the binary runs");
    Ran {
        status: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
