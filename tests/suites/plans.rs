//! What `runbook plan` tells before anything runs.

use crate::harness::desk::{Desk, Ran};
use crate::harness::sshd::Sshd;

#[test]
fn a_plan_tells_its_critical_path_and_what_is_missing_in_the_sum() {
    let desk = Desk::new();
    let native = "runbook plans.path \"P\" {\n  target web = [\"w1\", \"w2\"]\n  step stop on web { run `true`; expect 20s }\n  gate go \"Go?\" { timeout 10m then park }\n  step copy on local { run `true` }\n  step wait on local { sleep 90s }\n}\n";
    let yaml = "runbook: plans.path\ntitle: P\ntargets:\n  web: {is: [w1, w2]}\nsteps:\n  - {step: stop, on: web, run: \"true\", expect: 20s}\n  - {gate: go, question: \"Go?\", timeout: {after: 10m, then: park}}\n  - {step: copy, on: local, run: \"true\"}\n  - {step: wait, on: local, sleep: 90s}\n";
    let mut hashes = Vec::new();
    for (name, text) in [("p.runbook", native), ("p.runbook.yaml", yaml)] {
        desk.file(name, text);
        let said = desk.runbook(["plan", name]);
        assert_eq!(said.status, 0, "{said:?}");
        for words in ["Expected to take 1m 50s at least", "stop@w1 20s, wait@local 1m 30s", "no `expect`: copy@local", "until somebody answers: go"] {
            assert!(said.out.contains(words), "{words}: {}", said.out);
        }
        let json = desk.runbook(["plan", name, "--format", "json"]);
        let json: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
        let expected = serde_json::json!({"seconds": 110, "path": ["stop@w1", "go", "copy@local", "wait@local"], "unsaid": ["copy@local"], "gates": ["go"]});
        assert_eq!((&json["expected"], &json["nodes"][0]["expect"]), (&expected, &serde_json::json!(20)));
        hashes.push(json["hash"].clone());
    }
    assert_eq!(hashes[0], hashes[1]);
}

/// Its nodes share what is the same for all of them, and nothing that is made of them is held whole.
#[test]
fn a_plan_of_ten_thousand_nodes_takes_little_memory() {
    let desk = Desk::new();
    let hosts: Vec<String> = (0..1_000).map(|number| format!("\"h{number}\"")).collect();
    let steps: String = (0..10).map(|n| format!("    step s{n} on h {{ run `echo {{{{ h }}}} {n}`; undo `echo back` }}\n")).collect();
    desk.file("large.runbook", format!("runbook plans.large \"L\" {{\n  target web = [{}]\n  for h in web batch 10 {{\n{steps}  }}\n}}\n", hosts.join(", ")));
    for format in ["text", "json", "mermaid"] {
        let (ended, most) = desk.start(["plan", "large.runbook", "--format", format]).measured();
        assert_eq!(ended, 0, "{format}");
        assert!(most > 0 && most < 100 << 10, "{format}: {most} KiB");
    }
}

const ASKING: &str = r#"
runbook plans.asking "Asks first" {
  param dir: path
  fact release: version on local = `cat {{ dir }}/release`
  fact motd: string on local = `printf 'two\nlines \033[2J'`
  fact key: secret on local = `cat {{ dir }}/key`
  fact sites: list(string) on local = `[ ${#KEY} = 9 ] && cat {{ dir }}/sites` { env { KEY = key } }
  fact last: int on local = `echo x >> {{ dir }}/asked; echo 7`
  for s in sites { step go on local { run `echo {{ s }} {{ release }}` } }
}
"#;

fn asking() -> (Desk, String) {
    let desk = Desk::new();
    for (name, text) in [("asking.runbook", ASKING), ("release", "4.0\n"), ("key", "hunter2 x\n"), ("sites", "a\nb\n")] {
        desk.file(name, text);
    }
    let dir = format!("dir={}", desk.path("").display());
    (desk, dir)
}

fn json(ran: &Ran) -> serde_json::Value {
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"))
}

#[test]
fn a_probe_says_what_every_fact_is_and_no_secret() {
    let (desk, dir) = asking();
    let ran = desk.runbook(["plan", "asking.runbook", "-p", &dir, "--probe"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    for words in [
        "read release on local = 4.0\n",
        "read motd on local = two\\nlines \\u{1b}[2J\n",
        "read key on local = ***\n",
        "read sites on local = a, b\n",
        "read last on local = 7\n",
        "go[b]",
    ] {
        assert!(ran.out.contains(words), "{words}: {}", ran.out);
    }
    let probed = desk.runbook(["plan", "asking.runbook", "-p", &dir, "--probe", "--format", "json"]);
    let values: Vec<_> = json(&probed)["facts"].as_array().expect("facts").iter().map(|fact| fact["value"]["local"].clone()).collect();
    assert_eq!(serde_json::json!(values), serde_json::json!(["4.0", "two\nlines \u{1b}[2J", "***", ["a", "b"], 7]));
    assert!(!format!("{ran:?}{probed:?}").contains("hunter2"));
    assert_eq!(desk.read("asked"), "x\nx\n", "each is read once");
}

#[test]
fn what_a_probe_reads_beside_the_plan_is_no_part_of_it_and_what_is_supposed_is_not_read() {
    let (desk, dir) = asking();
    let plan = |more: &[&str]| json(&desk.runbook([&["plan", "asking.runbook", "-p", &dir, "--format", "json", "--fact", "sites=a"], more].concat()));
    let (supposed, probed) = (plan(&[]), plan(&["--probe", "--fact", "release=9.9"]));
    assert_ne!(supposed["hash"], probed["hash"], "another release is supposed");
    let probed = plan(&["--probe"]);
    assert_eq!((&supposed["hash"], &supposed["nodes"]), (&probed["hash"], &probed["nodes"]));
    assert_eq!((&supposed["facts"][4]["value"], &probed["facts"][4]["value"]["local"]), (&serde_json::Value::Null, &serde_json::json!(7)));
    desk.file("sites", "other\n");
    assert_eq!(plan(&["--probe"])["facts"][3]["value"]["local"], serde_json::json!(["a"]), "it is supposed, and not asked");
}

#[test]
fn a_probe_refuses_with_all_that_can_not_be_read_and_quotes_no_secret() {
    let (desk, dir) = asking();
    let text = ASKING.replace("cat {{ dir }}/key`", "cat {{ dir }}/key; cat {{ dir }}/key >&2; exit 9`").replace("echo 7", "echo seven");
    desk.file("asking.runbook", text);
    desk.file("release", "-\n");
    let ran = desk.runbook(["plan", "asking.runbook", "-p", &dir, "--probe"]);
    assert_eq!((ran.status, ran.out.as_str()), (7, ""), "{ran:?}");
    for words in ["fact `release` on local: ", "fact `key` on local: exit status 9", "fact `last` on local: "] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert!(!ran.err.contains("`sites`"), "it only lacks the key: {}", ran.err);
    assert!(!ran.err.contains("hunter2"), "{}", ran.err);
}

#[test]
fn a_probe_names_all_hosts_that_do_not_answer_and_goes_on_without_those_that_may_be_missing() {
    let mut sshd = Sshd::start(&["w1", "w2", "w3"]);
    let desk = Desk::new();
    let text = "runbook plans.fleet \"F\" {\n  target web = [\"w1\", \"w2\", \"w3\"]\n  fact word: string on web = `echo up; exit 3`\n  step a on web { run `true` }\n}\n";
    let config = sshd.config().display().to_string();
    let probe = |text: &str| {
        desk.file("f.runbook", text);
        desk.runbook(["plan", "f.runbook", "--probe", "--ssh-config", &config])
    };
    sshd.stop("w1");
    sshd.stop("w2");
    let ran = probe(text);
    assert_eq!(ran.status, 7, "{ran:?}");
    for words in ["w1 refuses connections", "w2 refuses connections", "fact `word` on w3: exit status 3"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let skipping = text.replace("; exit 3", "").replace("  fact", "  unreachable skip\n  fact");
    let ran = probe(&skipping);
    assert!(ran.status == 0 && ran.out.contains("read word on w1, w2, w3 = w1: no answer, w2: no answer, w3: up\n"), "{ran:?}");
    // Without all of them the plan itself can't be drawn.
    let ran = probe(
        &skipping
            .replace("fact word: string", "fact word: list(string)")
            .replace("step a on web {", "for h in web { for w in word[h] { step a on h {")
            .replace("`true` }", "`true` } } }"),
    );
    assert!(ran.status == 7 && ran.err.contains("w1 refuses connections") && ran.err.contains("w2 refuses"), "{ran:?}");
}

#[test]
fn a_plan_takes_the_words_of_its_run_and_tells_a_configuration_that_is_not_there() {
    let desk = Desk::new();
    desk.file("p.runbook", "runbook plans.ssh \"P\" {\n  target web = [\"w1\"]\n  step stop on web { run `true` }\n}\n");
    desk.file("ssh.conf", "Host *\n");
    let planned = desk.runbook(["plan", "p.runbook", "--ssh-config", "ssh.conf"]);
    assert_eq!(planned.status, 0, "{planned:?}");
    let missing = desk.runbook(["plan", "p.runbook", "--ssh-config", "shs.conf"]);
    assert!(missing.status == 2 && missing.err.contains("shs.conf"), "{missing:?}");
}
