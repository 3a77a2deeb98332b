//! The standard library on a host of its own, and its table: where each action is tried on a real host, or against the real
//! program that it speaks to.

use std::collections::BTreeSet;
use std::process::Stdio;

use engine::check::reference::reference;

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::fingerprint::same;
use crate::harness::lab::Lab;

/// Each action, and a file that uses it: a suite, or a runbook that a suite runs in the lab.
const TRIED: &[(&str, &str)] = &[
    ("apache.reloaded", "tests/suites/actions_hosts.rs"),
    ("balancer.depooled", "tests/suites/actions_hosts.rs"),
    ("cron.paused", "tests/suites/actions_hosts.rs"),
    ("cron.user_paused", "tests/suites/actions_hosts.rs"),
    ("file.absent", "tests/suites/library.rs"),
    ("file.present", "tests/suites/library.rs"),
    ("file.contains", "tests/suites/library.rs"),
    ("file.ini_key", "tests/suites/actions.rs"),
    ("file.json_key", "tests/suites/actions.rs"),
    ("file.copied", "tests/suites/actions.rs"),
    ("file.backed_up", "tests/suites/actions.rs"),
    ("file.moved", "tests/suites/actions.rs"),
    ("file.fetched", "tests/suites/actions.rs"),
    ("file.unpacked", "tests/suites/actions.rs"),
    ("file.switched", "tests/suites/actions.rs"),
    ("haproxy.depooled", "runbooks/wikitech/wiki-hosts.runbook"),
    ("host.has_memory", "tests/suites/actions.rs"),
    ("host.has_room", "tests/suites/library.rs"),
    ("host.has_swap", "tests/suites/library.rs"),
    ("host.pingable", "tests/suites/library.rs"),
    ("host.rebooted", "runbooks/wikitech/matomo-restart.runbook"),
    ("http.answers", "tests/suites/library.rs"),
    ("http.contains", "tests/suites/actions.rs"),
    ("http.in_maintenance", "tests/suites/actions_hosts.rs"),
    ("icinga.downtime", "runbooks/wikitech/matomo-restart.runbook"),
    ("icinga.green", "tests/suites/actions_hosts.rs"),
    ("log.kept", "tests/suites/actions.rs"),
    ("log.sliced", "tests/suites/actions.rs"),
    ("mediawiki.jobs_run", "runbooks/wikitech/wiki-restart.runbook"),
    ("mediawiki.jobs_taken", "runbooks/wikitech/wiki-restart.runbook"),
    ("mediawiki.page_saved", "runbooks/wikitech/wiki-restart.runbook"),
    ("mediawiki.read_only", "runbooks/wikitech/wiki-restart.runbook"),
    ("mysql.dumped", "tests/suites/mysql.rs"),
    ("mysql.has_room", "tests/suites/mysql.rs"),
    ("mysql.loaded", "tests/suites/mysql.rs"),
    ("mysql.memory_fits", "tests/suites/library.rs"),
    ("mysql.optimised", "tests/suites/library.rs"),
    ("mysql.read_only", "tests/suites/library.rs"),
    ("mysql.replication_running", "tests/suites/mysql.rs"),
    ("mysql.replication_stopped", "tests/suites/mysql.rs"),
    ("mysql.restorable", "tests/suites/mysql.rs"),
    ("mysql.snapshot", "tests/suites/snapshot.rs"),
    ("mysql.snapshot_restorable", "tests/suites/snapshot.rs"),
    ("notify.mail", "tests/suites/notify.rs"),
    ("notify.mattermost", "tests/suites/notify.rs"),
    ("notify.slack", "tests/suites/notify.rs"),
    ("notify.wall", "tests/suites/actions_hosts.rs"),
    ("notify.webhook", "tests/suites/notify.rs"),
    ("package.held", "tests/suites/actions.rs"),
    ("package.installed", "tests/suites/actions.rs"),
    ("package.kept", "tests/suites/actions.rs"),
    ("package.listed", "tests/suites/actions.rs"),
    ("package.unlocked", "tests/suites/actions.rs"),
    ("package.upgraded", "tests/suites/actions.rs"),
    ("php.fpm_reloaded", "tests/suites/actions_hosts.rs"),
    ("puppet.applied", "runbooks/wikitech/matomo-restart.runbook"),
    ("puppet.disabled", "runbooks/wikitech/matomo-restart.runbook"),
    ("puppet.enabled", "tests/suites/actions_hosts.rs"),
    ("puppet.ran", "tests/suites/actions_hosts.rs"),
    ("reprepro.checked", "runbooks/wikitech/matomo-upgrade.runbook"),
    ("reprepro.updated", "runbooks/wikitech/matomo-upgrade.runbook"),
    ("service.reloaded", "tests/suites/actions_hosts.rs"),
    ("service.restarted", "tests/suites/library.rs"),
    ("service.running", "tests/suites/library.rs"),
    ("service.stopped", "tests/suites/library.rs"),
    ("timer.paused", "tests/suites/actions_hosts.rs"),
];

#[test]
fn every_action_is_tried_on_a_real_host_or_against_its_real_program() {
    let all: BTreeSet<String> = reference().into_iter().flat_map(|family| family.actions).map(|action| action.name).collect();
    let tried: BTreeSet<String> = TRIED.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(tried, all, "a new action has its line here, and a suite that uses it");
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let others = std::fs::read_dir(root.join("tests/suites")).expect("the suites").flatten().map(|f| f.path()).filter(|path| !path.ends_with("library.rs"));
    let suites: String = others.map(|path| read(&path)).collect();
    for (action, file) in TRIED {
        let text = read(&root.join(file)).split_whitespace().collect::<Vec<_>>().join(" ");
        let used = ["use", "during", "notify"].iter().any(|word| ["(", " "].iter().any(|end| text.contains(&format!("{word} {action}{end}"))));
        assert!(used, "{file} does not use {action}");
        assert!(file.ends_with(".rs") || suites.contains(file), "no suite runs {file}");
    }
}

#[test]
fn the_library_shows_each_action_by_its_own_text() {
    let desk = Desk::new();
    let list = desk.runbook(["actions"]).out;
    let all: Vec<_> = reference().into_iter().flat_map(|family| family.actions).collect();
    assert_eq!(list.lines().filter(|line| !line.is_empty()).count(), all.len(), "one line each: {list}");
    let one = desk.runbook(["actions", "file.moved"]);
    let words = one.out.split_whitespace().collect::<Vec<_>>().join(" ");
    let wanted = "file.moved(path: path, to: path) Move PATH to TO Within one disk this is a matter of its names. An empty folder at `to` gives way. \
                  check where all is as wanted already, nothing is sent verify asked once, afterwards undo by a command \
                  example step … on … { use file.moved(path: \"/…\", to: \"/…\") }";
    assert!(one.status == 0 && words.ends_with(wanted), "{}", one.out);
    let family = desk.runbook(["actions", "puppet"]).out;
    assert!(family.contains("The Puppet agent.") && family.matches("example").count() == 4, "{family}");
    let json: serde_json::Value = serde_json::from_str(&desk.runbook(["actions", "--format", "json"]).out).expect("JSON");
    let names: Vec<&str> = json["actions"].as_array().expect("a list").iter().filter_map(|action| action["name"].as_str()).collect();
    assert_eq!(names, all.iter().map(|action| action.name.as_str()).collect::<Vec<_>>());
    let wrong = desk.runbook(["actions", "mysql.dump"]);
    assert!(wrong.status == 2 && wrong.err.contains("runbook actions mysql.dumped"), "{wrong:?}");
}

fn read(path: &std::path::Path) -> String {
    if path.is_dir() { String::new() } else { std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())) }
}

const REST: &str = r#"
runbook library.rest "What no procedure uses in every way" {
  owner  "sre"
  source "made for a test"
  param fails: bool = false
  target box: host = "lib1"

  boundary all "All or nothing" {
    step ping on local { use host.pingable(name: box, within: 10s) }
    step absent on box { use file.absent(path: "/srv/gone") }
    step present on box { use file.present(path: "/srv/new", content: "one\n", mode: "0600") }
    step over on box { use file.present(path: "/srv/old", content: "new\n", mode: "640") }
    step line on box { use file.contains(path: "/srv/lines", line: "-x $y \\ 'z'") }
    step line-new on box { use file.contains(path: "/srv/lines-new", line: "a line") }
    step backup on box { use file.backed_up(path: "/srv/old", to: "/var/backups/lab/old") }
    step spoil on box { run `echo spoilt >/srv/old`; undo none "the backup brings it back" }
    step stop on box { use service.stopped(name: "lab") }
    step idle on box { use service.stopped(name: "lab-idle") }
    step start on box { use service.running(name: "lab-off") }
    step restart on box { use service.restarted(name: "lab-down") }
    step room on box { use host.has_room(path: "/srv", size: 1MB) }
    step swap on box { use host.has_swap(times: 0) }
    step fits on box { use mysql.memory_fits(at_least: 0) }
    step optimise on box { use mysql.optimised(database: "matomo") }
    step read-only on box { use mysql.read_only }
    step last on box { when fails; run `exit 9`; undo none "it did nothing" }
  }
}
"#;

/// Files with what may go wrong with them; a service that runs and one that waits behind a socket, one that is off, one that
/// is down.
const THINGS: &str = "set -e
    echo gone >/srv/gone; echo old >/srv/old; chmod 600 /srv/old; chown ops: /srv/old; printf 'one\\ntwo' >/srv/lines
    for unit in lab lab-idle lab-off lab-down; do printf '[Service]\\nExecStart=/bin/sleep infinity\\n' >/etc/systemd/system/$unit.service; done
    for unit in lab lab-idle; do printf \"[Socket]\\nListenStream=/run/$unit.sock\\n\" >/etc/systemd/system/$unit.socket; done
    systemctl daemon-reload; systemctl start lab.socket lab-idle.socket lab";

fn run(lab: &Lab, desk: &Desk, text: &str, more: &[&str]) -> Ran {
    let file = desk.file("a.runbook", text).display().to_string();
    let args = ["run", &file, "--ssh-config", &lab.file("ssh/config")].map(str::to_owned);
    lab.runbook(desk, &args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect::<Vec<_>>())
}

#[test]
fn what_is_left_of_the_library_is_as_wanted_then_left_alone_and_on_the_way_back_as_it_was() {
    let lab = Lab::of("library");
    let (host, desk) = ("lib1", Desk::new());
    lab.ssh(host, THINGS);
    let look = || {
        lab.ssh(
            host,
            "cd /srv; find . -type f ! -name '*.before-*' -printf '%p %m %u ' -exec sha256sum {} \\; | sort
            systemctl is-active lab.socket lab lab-idle.socket lab-idle lab-off lab-down; mysql -BNe 'select @@read_only'",
        )
    };
    let look = || look().replace("inactive", "off");
    let was = look();
    // Twice: what the first left behind must not be taken for the second's own.
    for _ in 0..2 {
        let back = run(&lab, &desk, REST, &["-p", "fails=true"]);
        assert_eq!(back.status, 4, "{back:?}");
        same(&was, &look(), "rolled back");
    }
    let done = run(&lab, &desk, REST, &[]);
    assert_eq!(done.status, 0, "{done:?}");
    let files = lab.ssh(host, "cd /srv; stat -c '%n %a %U' new old; cat new lines lines-new; ls gone 2>&1 | tail -c 26; cat /var/backups/lab/old");
    assert_eq!(files, "new 600 root\nold 640 ops\none\none\ntwo\n-x $y \\ 'z'\na line\nNo such file or directory\nnew");
    assert_eq!(
        lab.ssh(host, "systemctl is-active lab.socket lab lab-idle.socket lab-idle lab-off lab-down | xargs"),
        "inactive inactive inactive inactive active active"
    );
    lab.ssh(host, "echo new >/srv/old");
    assert_eq!(run(&lab, &desk, REST, &[]).status, 0);
    for step in ["absent", "present", "over", "line", "line-new", "stop", "idle", "start", "read-only"] {
        assert_eq!(desk.attempts(&format!("{step}@lib1")), 0, "`{step}` finds all as wanted");
    }
    let linked = "runbook l { target box: host = \"lib1\"\n step s on box { use file.contains(path: \"/srv/link\", line: \"x\") } }";
    lab.ssh(host, "ln -s lines /srv/link");
    let refused = run(&lab, &desk, linked, &[]);
    assert!(refused.status != 0 && refused.err.contains("/srv/link is a link: name the file that it leads to"), "{refused:?}");
    assert_eq!(lab.ssh(host, "readlink /srv/link"), "lines", "nothing was done");
}

#[test]
fn a_host_that_answers_no_ping_is_told_and_so_is_a_missing_program() {
    let lab = Lab::of("library");
    let desk = Desk::new();
    let ping = "runbook p { step ping on local { use host.pingable(name: \"lib1\", within: 3s) } }";
    assert_eq!(run(&lab, &desk, ping, &[]).status, 0);
    lab.run(&["cut", "lib1"]);
    let cut = run(&lab, &desk, ping, &[]);
    assert!(cut.status == 3 && cut.err.contains("lib1 does not answer a ping"), "{cut:?}");
    let unknown = run(&lab, &desk, &ping.replace("lib1", "lib9"), &[]);
    assert!(unknown.status == 3 && unknown.err.contains("lib9 does not answer a ping: ping: lib9:"), "{unknown:?}");
    // It is waited for.
    let waits = ping.replace("3s", "30s");
    let file = desk.file("w.runbook", waits).display().to_string();
    let engine = lab.runbook_command(&desk, &["run".to_owned(), file.clone()]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary runs");
    until("it asks", || desk.runbook(["show", "last"]).out.contains("ping@local"));
    lab.run(&["heal", "lib1"]);
    assert!(engine.wait_with_output().expect("it ends").status.success());

    // All programs but that one.
    let path = desk.path("bin");
    std::fs::create_dir(&path).expect("a folder");
    let link = "for f in /usr/bin/* /bin/*; do case ${f##*/} in ping*) ;; *) ln -sf \"$f\" . ;; esac; done";
    assert!(std::process::Command::new("bash").args(["-c", link]).current_dir(&path).status().expect("bash runs").success());
    let output = desk.command().args(["run", &file]).env("PATH", &path).output().expect("the binary runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("there is no ping on this host: install the package iputils-ping"), "{said}");
}

const PAGES: &str = r#"
runbook library.pages "A page" {
  param url: url
  step page on local { use http.answers(url: url, within: 2s) }
}
"#;

#[test]
fn a_page_that_does_not_answer_so_is_told_with_what_it_says_instead() {
    let (desk, page) = (Desk::new(), crate::harness::listener::Listener::new());
    let file = desk.file("pages.runbook", PAGES).display().to_string();
    let ask = |url: &str| desk.runbook(["run", &file, "-p", &format!("url={url}")]);
    assert_eq!(ask(&page.url("yes")).status, 0);
    let no = ask(&page.url("no"));
    assert!(no.status == 3 && no.err.contains("answers 500, not 200"), "{no:?}");
    let nobody = ask("http://127.0.0.1:1/");
    assert!(nobody.status == 3 && nobody.err.contains("curl: (7)"), "{nobody:?}");
}

/// Debian with sysvinit, as far as an action can tell: nothing at `/run/systemd/system`. The `systemctl` in front does nothing,
/// so that nothing happens to this machine either.
#[test]
fn where_there_is_no_systemd_every_action_of_units_says_so_and_does_nothing() {
    let desk = Desk::new();
    let log = desk.path("log");
    desk.file("bin/systemctl", format!("#!/bin/sh\necho \"$@\" >>{}\nexit 9\n", log.display()));
    std::fs::set_permissions(desk.path("bin/systemctl"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it can be run");
    for action in [
        "service.running(name: \"nginx\")",
        "service.stopped(name: \"nginx\")",
        "service.restarted(name: \"nginx\")",
        "service.reloaded(name: \"nginx\")",
        "timer.paused(name: \"nginx.timer\")",
        "apache.reloaded",
        "php.fpm_reloaded(unit: \"php8.2-fpm\")",
        "host.rebooted",
        "mysql.snapshot_restorable(from: \"/srv/snapshot\", unit: \"mariadb\")",
    ] {
        let file = desk.file("a.runbook", format!("runbook a {{\n step s on local {{ use {action} }}\n}}\n")).display().to_string();
        let hidden = format!("mount -t tmpfs none /run/systemd 2>/dev/null || :; exec {} run {file}", env!("CARGO_BIN_EXE_runbook"));
        let path = format!("PATH={}:{}", desk.path("bin").display(), crate::harness::scratch::search_path());
        let output = std::process::Command::new("sudo")
            .args(["-n", "unshare", "-m", "env", &path, &format!("RUNBOOK_STATE={}", desk.state().display()), "bash", "-c", &hidden])
            .output()
            .expect("sudo runs");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(said.contains("there is no systemd at work on this host"), "{action}: {said}");
        assert_eq!(desk.attempts("s@local"), 0, "{action}");
    }
    assert!(!log.exists(), "systemctl was asked nothing: {}", desk.read("log"));
}
