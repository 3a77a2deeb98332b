//! Inventories of Ansible's: what the real one reads in them, and hosts that are reached as they say.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::scratch::user;
use crate::harness::sshd::Sshd;

const SHOW: &str = r#"
runbook show.vars "What is known of each host" {
  target hosts
  step show on hosts { verify `printf %s {{ vars[host] | tojson }}` }
}
"#;

/// Each host says its name, works for a while, and says that it is done.
const MARK: &str = r#"
runbook inventory.mark "Mark each host" {
  param dir: path
  target web
  step mark on web {
    run `echo {{ host }} >> {{ dir }}/log; touch {{ dir }}/began; sleep 2; echo "end {{ host }} $HOME" >> {{ dir }}/log`
    undo none "a line in a log"
  }
}
"#;

fn plan(desk: &Desk, inventory: &str, target: &str) -> Ran {
    desk.runbook(["plan", "show.runbook", "--inventory", inventory, "--target", &format!("hosts={target}"), "--format", "json"])
}

fn nodes(ran: &Ran) -> Vec<Value> {
    let plan: Value = serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{e}: {ran:?}"));
    plan["nodes"].as_array().expect("nodes").clone()
}

fn said(ran: &Ran) -> String {
    ran.err.replace('|', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

fn executable(desk: &Desk, name: &str, text: &str) {
    let path = desk.file(name, text);
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("the executable bit");
}

/// The hosts of a group in `ansible-inventory --list`.
fn members(list: &Value, group: &str) -> Vec<String> {
    let names = |key: &str| list[group][key].as_array().cloned().unwrap_or_default();
    let mut hosts: Vec<String> = names("hosts").iter().filter_map(|h| h.as_str().map(str::to_owned)).collect();
    for child in names("children") {
        hosts.extend(members(list, child.as_str().expect("a name")));
    }
    hosts.sort();
    hosts.dedup();
    hosts
}

#[test]
fn groups_and_vars_are_those_that_ansible_reads() {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("tests/data/inventories");
    let desk = Desk::new();
    desk.file("show.runbook", SHOW);
    let mut worked_out = BTreeMap::new();
    for (name, path) in [("ini", "ini/hosts"), ("yaml", "yaml/hosts.yml"), ("folder", "folder")] {
        let inventory = data.join(path).to_string_lossy().into_owned();
        let text = std::fs::read_to_string(data.join(format!("{name}.json"))).expect("what Ansible said");
        let list: Value = serde_json::from_str(&text).expect("JSON");
        for group in list.as_object().expect("groups").keys().filter(|group| *group != "_meta") {
            let mut hosts: Vec<String> = nodes(&plan(&desk, &inventory, group)).iter().map(|n| n["host"].as_str().unwrap_or("").to_owned()).collect();
            hosts.sort();
            assert_eq!(hosts, members(&list, group), "{name}: {group}");
        }
        for node in nodes(&plan(&desk, &inventory, "all")) {
            let host = node["host"].as_str().expect("a host").to_owned();
            let command = node["verify"][0]["command"].as_str().expect("a command");
            let shown = command.trim_start_matches("printf %s ").trim_matches('\'');
            let vars: Value = serde_json::from_str(shown).unwrap_or_else(|e| panic!("{e}: {command}"));
            let mut vars = vars.as_object().expect("vars").clone();
            for (var, wanted) in list["_meta"]["hostvars"][&host].as_object().cloned().unwrap_or_default() {
                let found = vars.remove(&var);
                match &wanted {
                    Value::String(text) if text.contains("{{") => {
                        worked_out.insert(host.clone(), found);
                    }
                    Value::Object(object) if object.contains_key("__ansible_unsafe") => assert_eq!(found.as_ref(), object.get("__ansible_unsafe")),
                    wanted => assert_eq!(found.as_ref(), Some(wanted), "{name}: {host}: {var}"),
                }
            }
            assert!(vars.is_empty(), "{name}: {host} has what Ansible does not: {vars:?}");
        }
    }
    // The list has templates as they are written; a task would see this.
    assert_eq!(worked_out.get("alias1"), Some(&Some("alias1.example.com".into())));
}

/// The words of an INI line that lead to a host of the harness, whatever the tester's own configuration says.
fn reach(sshd: &Sshd, host: &str) -> String {
    let known = sshd.known_hosts();
    format!(
        "ansible_host=127.0.0.1 ansible_port={} ansible_user={} ansible_ssh_private_key_file={} ansible_ssh_common_args=\"-F none -o UserKnownHostsFile={} -o IdentitiesOnly=yes -o IdentityAgent=none\"",
        sshd.port(host),
        user(),
        sshd.key().display(),
        known.display()
    )
}

fn mark(desk: &Desk) -> [String; 4] {
    desk.file("mark.runbook", MARK);
    ["run".to_owned(), "mark.runbook".to_owned(), "-p".to_owned(), format!("dir={}", desk.path("").display())]
}

#[test]
fn connection_variables_lead_to_a_host_that_keeps_its_name_and_a_resume_goes_the_same_way() {
    let sshd = Sshd::start(&["one"]);
    let desk = Desk::new();
    let run = mark(&desk);
    let inventory = desk.file("hosts", format!("[web]\nweb1.example {}\n", reach(&sshd, "one")));
    let mut engine = desk.start(run.iter().map(String::as_str).chain(["--inventory", "hosts"]));
    until("the step began", || desk.path("began").exists());
    engine.kill();
    // What was read is pinned: neither the inventory nor an option is needed any more.
    std::fs::remove_file(inventory).expect("the inventory");
    let ran = desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), format!("web1.example\nend web1.example {}\n", sshd.home("one").display()));
    assert_eq!(desk.stage("mark@web1.example"), "succeeded");
    assert!(!format!("{}{}", ran.out, ran.err).contains("127.0.0.1"), "{ran:?}");
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
}

#[test]
fn a_host_that_refuses_is_told_by_its_name_with_the_way_that_was_gone() {
    let sshd = Sshd::start(&["one"]);
    let desk = Desk::new();
    let run = mark(&desk);
    desk.file("hosts", format!("[web]\nweb1 {}\n", reach(&sshd, "one").replace("ansible_user=", "ansible_user=no-such-")));
    let ran = desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts"]));
    assert_eq!(ran.status, 7, "{ran:?}");
    let said = said(&ran);
    assert!(said.contains("web1 lets us in with none of our keys") && said.contains(&format!("-p {} -l no-such-", sshd.port("one"))), "{said}");
}

#[test]
fn a_program_prints_the_inventory_and_is_asked_about_each_host_where_it_says_nothing_of_them() {
    let sshd = Sshd::start(&["one", "two"]);
    let desk = Desk::new();
    let run = mark(&desk);
    let vars = |host: &str| {
        format!(
            "{{\"ansible_host\": \"127.0.0.1\", \"ansible_port\": {}, \"ansible_ssh_private_key_file\": \"{}\", \"ansible_ssh_extra_args\": \"-F none -o UserKnownHostsFile={}\"}}",
            sshd.port(host),
            sshd.key().display(),
            sshd.known_hosts().display()
        )
    };
    let script = format!(
        "#!/bin/sh\ncase \"$1 $2\" in\n'--list ') echo '{{\"web\": [\"w1\", \"w2\"]}}' ;;\n'--host w1') echo '{}' ;;\n'--host w2') echo '{}' ;;\nesac\n",
        vars("one"),
        vars("two")
    );
    executable(&desk, "hosts.py", &script);
    let ran = desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts.py", "--target", "web=web:!w1"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), format!("w2\nend w2 {}\n", sshd.home("two").display()));
}

#[test]
fn a_program_that_fails_is_told_with_what_it_said() {
    let desk = Desk::new();
    desk.file("show.runbook", SHOW);
    for (text, words) in [
        ("#!/bin/sh\necho 'no token' >&2\nexit 3\n", "RB0433 x `hosts --list` failed with exit status 3; it said: no token"),
        ("#!/bin/sh\necho Welcome\n", "RB0431 x this is no JSON: expected value"),
        ("#!/no/such/program\n", "RB0433 x `hosts --list` can't be started"),
        ("[web]\nw1\n", "RB0430 x hosts has the executable bit, and is no program"),
    ] {
        executable(&desk, "hosts", text);
        let ran = plan(&desk, "hosts", "web");
        assert!(ran.status == 2 && said(&ran).contains(words), "{words}: {ran:?}");
    }
    let path = desk.path("hosts").to_string_lossy().into_owned();
    executable(&desk, "hosts", "#!/bin/sh\necho \"{\\\"web\\\": [\\\"$0\\\"]}\" >&2; printenv | grep RUNBOOK_SECRET && exit 5\necho '{\"web\": [\"w1\"]}'\n");
    let args = ["plan", "show.runbook", "--inventory", &path, "--target", "hosts=web"];
    let output = desk.command().args(args).env("RUNBOOK_SECRET_TOKEN", "hunter2").output().expect("the binary runs");
    assert!(output.status.success() && !String::from_utf8_lossy(&output.stdout).contains("hunter2"), "{output:?}");
}

/// Everything in the state folder, as bytes.
fn kept(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the state folder").flatten() {
        let path = entry.path();
        all.extend(if path.is_dir() { kept(&path) } else { std::fs::read(&path).unwrap_or_default() });
    }
    all
}

#[test]
fn what_ssh_can_not_do_is_told_before_anything_is_connected_and_no_password_is_kept() {
    let sshd = Sshd::start(&["one"]);
    let desk = Desk::new();
    let run = mark(&desk);
    let hosts = format!(
        "[web]\nweb1 {}\nold ansible_password=hunter2\nwin ansible_connection=winrm\n[web:vars]\nansible_become_pass=hunter2\ndb_password=hunter2\n[more]\nodd ansible_host=\"{{{{ lookup('env', 'X') }}}}\"\n",
        reach(&sshd, "one")
    );
    desk.file("hosts", hosts);
    let with = |target: &str| desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts", "--target", target]));
    for (target, words) in [
        ("web=old", "RB0428 x `old` can't be reached as hosts says: `ansible_password` is set"),
        ("web=web", "`win` can't be reached as hosts says: `ansible_connection` is `winrm`"),
        ("web=odd", "`ansible_host` is a template of Ansible's, and only names of other vars are worked out"),
    ] {
        let ran = with(target);
        assert!(ran.status == 2 && said(&ran).contains(words) && !ran.err.contains("hunter2"), "{words}: {ran:?}");
    }
    assert!(!desk.path("began").exists());
    let ran = with("web=web1");
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(said(&ran).contains("hosts: `ansible_become…` is not read: a step says `as USER`"), "{ran:?}");
    let kept = kept(&desk.state());
    assert!(kept.windows(5).any(|bytes| bytes == b"web1\""), "the run is there");
    assert!(!kept.windows(7).any(|bytes| bytes == b"hunter2"));
}

#[test]
fn a_var_that_can_not_be_had_is_an_error_even_where_there_is_a_default() {
    let desk = Desk::new();
    let file = |name: &str, var: &str| {
        let text = format!("runbook a.b \"B\" {{\n  target web\n  step s on web {{ verify `echo {{{{ vars[host].{var} }}}}` }}\n}}\n");
        desk.file(name, text);
    };
    desk.file(
        "hosts",
        "[web]\nw1 ansible_connection=local up=\"{{ x | upper }}\" fqdn=\"{{ inventory_hostname }}.example\" db_password=x\n[web:vars]\nplain=1\n",
    );
    desk.file("group_vars/web.yml", "code: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3030\n");
    for (var, words) in [
        ("up | default(\"none\")", "`up` is a template of Ansible's"),
        ("up", "{{ x upper }}"),
        ("code | default(\"none\")", "encrypted by ansible-vault in group_vars/web.yml"),
        ("db_password", "make it a param of type `secret`"),
        ("nope", "the host `w1` has no `nope` in hosts"),
    ] {
        file("s.runbook", var);
        let ran = desk.runbook(["run", "s.runbook", "--inventory", "hosts"]);
        assert!(ran.status != 0 && said(&ran).contains(words), "{var}: {ran:?}");
    }
    file("s.runbook", "fqdn ~ vars[host].plain ~ vars[host].nope | default(\"-\")");
    let ran = desk.runbook(["plan", "s.runbook", "--inventory", "hosts"]);
    assert!(ran.status == 0 && ran.out.contains("echo w1.example1-"), "{ran:?}");
}

#[test]
fn a_pattern_that_matches_nothing_runs_nothing_and_says_what_there_is() {
    let desk = Desk::new();
    let run = mark(&desk);
    desk.file("hosts", "[web]\nweb[1:3]\n[eu]\nweb1\n");
    let with = |target: &str| desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts", "--target", target]));
    for (target, words) in [
        ("web=wep", "error: RB0429: `--target web=wep`: `wep` matches no host and no group of hosts help: did you mean `web`?"),
        ("web=web:!web9", "`web9` matches no host"),
        ("web=eu:!web", "`eu:!web` leaves no host"),
    ] {
        let ran = with(target);
        assert!(ran.status == 2 && said(&ran).contains(words), "{words}: {ran:?}");
    }
    assert!(desk.runbook(["runs"]).out.lines().count() < 2, "no run was made");
}

#[test]
fn a_run_that_touches_more_than_ten_hosts_says_how_many_before_it_starts() {
    let desk = Desk::new();
    let text = "runbook a.many \"Many\" {\n  target web\n  target db: host\n  step s on web, db, local { run `true`; undo none \"nothing\" }\n}\n";
    desk.file("many.runbook", text);
    // Nobody listens there.
    desk.file("hosts", "[web]\nweb[01:11]\n[db]\ndb1\n[all:vars]\nansible_host=127.0.0.1\nansible_port=1\n");
    let ran = desk.runbook(["run", "many.runbook", "--inventory", "hosts"]);
    assert_eq!(ran.status, 7, "{ran:?}");
    let lines: Vec<&str> = ran.err.lines().collect();
    assert!(lines[0].starts_with("run ") && lines[1] == "this run touches 12 hosts: web 11, db 1", "{ran:?}");
    let ran = desk.runbook(["plan", "many.runbook", "--inventory", "hosts"]);
    assert!(ran.out.contains("\ntouches 12 hosts: web 11, db 1\n") && ran.out.contains("web01 (at 127.0.0.1 port 1)"), "{ran:?}");
    let few = desk.runbook(["run", "many.runbook", "--inventory", "hosts", "--target", "web=web[0:8]"]);
    assert!(few.status == 7 && !few.err.contains("touches"), "{few:?}");
}

#[test]
fn a_local_connection_runs_on_this_machine_under_the_hosts_own_name() {
    let desk = Desk::new();
    let run = mark(&desk);
    desk.file("hosts", "[web]\nlocalhost ansible_connection=local\n");
    let ran = desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts"]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(desk.read("log"), format!("localhost\nend localhost {}\n", desk.home().display()));
}

#[test]
fn our_own_inventory_leads_to_a_host_as_well() {
    let sshd = Sshd::start(&["one"]);
    let desk = Desk::new();
    let run = mark(&desk);
    let key = sshd.key();
    std::fs::create_dir_all(desk.path("keys")).expect("a folder");
    std::fs::copy(&key, desk.path("keys/id")).expect("the key");
    // The file of known hosts is the person's own.
    let config = desk.file("ssh_config", format!("UserKnownHostsFile {}\nIdentitiesOnly yes\nIdentityAgent none\n", sshd.known_hosts().display()));
    let hosts = format!(
        "groups: {{web: {{hosts: [w1], ssh: {{user: {}, key: keys/id}}}}}}\nhosts: {{w1: {{ssh: {{address: 127.0.0.1, port: {}}}}}}}\n",
        user(),
        sshd.port("one")
    );
    desk.file("hosts.yaml", hosts);
    let began = Instant::now();
    let ran = desk.runbook(run.iter().map(String::as_str).chain(["--inventory", "hosts.yaml", "--ssh-config", &config.to_string_lossy()]));
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(began.elapsed() < Duration::from_secs(60));
    assert_eq!(desk.read("log"), format!("w1\nend w1 {}\n", sshd.home("one").display()));
}
