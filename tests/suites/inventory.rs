//! Inventories: groups give targets their hosts, and what is said of a host reaches its commands.

use crate::harness::desk::Desk;
use crate::harness::sshd::Sshd;

const TEXT: &str = r#"
action fleet.mark(dir: path) { run `echo {{ host }} {{ vars[host].rack }} >> {{ dir }}/log` }
runbook fleet.racks "Say where each host stands" {
  param dir: path
  target web
  target spare = ["nowhere"]
  for h in web { when vars[h].weight > 1
    step mark on h { use fleet.mark(dir: dir) }
  }
  step list on local { run `echo {{ vars[web[0]].ports | join(",") }} {{ vars[web[0]].zone | default("none") }} {{ spare }} >> {{ dir }}/log` }
}
"#;

const HOSTS: &str = "
groups:
  web: {hosts: [w1, w2], vars: {weight: 2}}
  all: {groups: [web], vars: {rack: '?'}}
  standby: [w3]
hosts:
  w1: {rack: a1, ports: [80, 443]}
  w2: {weight: 1}
";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.file("racks.runbook", TEXT);
    desk.file("hosts.yaml", HOSTS);
    desk
}

fn dir(desk: &Desk) -> String {
    format!("dir={}", desk.path("").display())
}

#[test]
fn a_group_gives_its_hosts_to_the_target_of_its_name_and_vars_reach_commands() {
    let sshd = Sshd::start(&["w1", "w2"]);
    let desk = desk();
    let config = sshd.config().to_string_lossy().into_owned();
    let ran = desk.runbook(["run", "racks.runbook", "-p", &dir(&desk), "--inventory", "hosts.yaml", "--ssh-config", &config]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), "w1 a1\n80,443 none nowhere\n");
    // What was given is pinned: a resume needs no inventory.
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn a_target_is_picked_from_groups_and_hosts_each_host_once() {
    let desk = desk();
    let hosts = |target: &str| {
        let ran = desk.runbook(["plan", "racks.runbook", "-p", &dir(&desk), "--inventory", "hosts.yaml", "--target", target, "--format", "json"]);
        let plan: serde_json::Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
        plan["hosts"].as_array().expect("hosts").iter().map(|h| h["name"].as_str().unwrap_or("").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(hosts("web=all"), ["w1", "local"]);
    assert_eq!(hosts("web=web,w1"), ["w1", "local"], "w2 weighs too little");
    assert_eq!(hosts("web=w1"), ["w1", "local"]);
}

#[test]
fn a_var_that_is_missing_is_told_with_its_host_and_the_file() {
    let desk = desk();
    let plan = |more: &[&str]| desk.runbook(["plan", "racks.runbook", "-p", &dir(&desk)].iter().chain(more));
    for (more, words) in [
        (&["--inventory", "hosts.yaml", "--target", "web=standby"][..], "the host `w3` has no `weight` in hosts.yaml; it has nothing"),
        (&["--target", "web=w1"], "there is no inventory: pass one with `--inventory FILE`"),
    ] {
        let ran = plan(more);
        let said = ran.err.replace('|', "");
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(ran.status == 2 && said.contains(words) && ran.err.contains("racks.runbook:7:"), "{more:?}: {ran:?}");
    }
}

#[test]
fn a_var_that_is_missing_only_where_a_step_runs_is_told_there() {
    let desk = Desk::new();
    desk.file("hosts.yaml", "hosts: {local: {a: 1}}\n");
    let file = desk.file("late.runbook", "runbook fleet.late \"Late\" {\n  step s on local { run `echo {{ vars[host].b }}` }\n}\n");
    let ran = desk.runbook(["run", &file.to_string_lossy(), "--inventory", "hosts.yaml"]);
    assert_eq!(ran.status, 3, "{ran:?}");
    assert!(ran.err.contains("the host `local` has no `b` in hosts.yaml; it has `a`"), "{}", ran.err);
}

#[test]
fn every_mistake_of_an_inventory_is_drawn_at_its_place_and_nothing_runs() {
    let desk = desk();
    desk.file("bad.yaml", "grups:\n  web: [w1]\nhosts:\n  w1: {rack: &x a}\n  -x: {}\n");
    let ran = desk.runbook(["run", "racks.runbook", "-p", &dir(&desk), "--inventory", "bad.yaml"]);
    assert_eq!(ran.status, 2, "{ran:?}");
    for words in ["bad.yaml:1:1", "did you mean `groups`?", "bad.yaml:4:14", "bad.yaml:5:", "leading `-`", "3 errors"] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    let ran = desk.runbook(["plan", "racks.runbook", "-p", &dir(&desk), "--inventory", "none.yaml"]);
    assert!(ran.status == 2 && ran.err.contains("none.yaml can't be read"), "{ran:?}");
}
