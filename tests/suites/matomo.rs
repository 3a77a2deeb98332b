//! The Matomo restart of Wikitech on real hosts: systemd, MariaDB with a replica, Puppet, Apache, Icinga, real reboots.
//! Stand-ins, which say so themselves: Matomo's page, and the merge of a Puppet patch.

use crate::harness::desk::{Desk, Ran, until};
use crate::harness::faults::{Fault, Kind, Piece};
use crate::harness::fingerprint::{fingerprint, same};
use crate::harness::lab::Lab;
use crate::harness::seat::Seat;
use crate::harness::struck::{ALL, Long, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{End, Trial};

const RESTART: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/wikitech/matomo-restart.runbook");
const REPLICA: &str = "mysql -S /run/mysqld/mysqld.matomo.sock";

fn words(more: &[&str]) -> Vec<String> {
    more.iter().map(|w| (*w).to_owned()).collect()
}

fn run_args(lab: &Lab, more: &[&str]) -> Vec<String> {
    run_file(lab, RESTART, "merged_by=lab", more)
}

fn run_file(lab: &Lab, file: &str, merged_by: &str, more: &[&str]) -> Vec<String> {
    let mut args = words(&["run", file, "--ssh-config"]);
    args.push(lab.file("ssh/config"));
    args.extend(words(&["--target", "web=matomo1002", "--target", "replica=db1108", "-p", merged_by, "-p", "icinga=https://alert1001:5665"]));
    args.extend(["-p".to_owned(), format!("icinga_login={}", lab.file("icinga/curl.conf"))]);
    args.extend(words(more));
    args
}

fn resume(lab: &Lab, desk: &Desk) -> Ran {
    lab.runbook(desk, &words(&["resume", "last"]))
}

fn threads(lab: &Lab) -> String {
    lab.ssh("db1108", &format!("{REPLICA} -e 'show slave status\\G' | grep -E 'Slave_(IO|SQL)_Running:' | tr -d ' \\n'"))
}

const BOTH_RUN: &str = "Slave_IO_Running:YesSlave_SQL_Running:Yes";
const BOTH_STAND: &str = "Slave_IO_Running:NoSlave_SQL_Running:No";

fn boots(lab: &Lab) -> usize {
    lab.ssh("matomo1002", "journalctl --list-boots -q | wc -l").parse().expect("a number")
}

fn page(lab: &Lab) -> String {
    lab.ssh("matomo1002", "curl -s -o /dev/null -w '%{http_code}' http://localhost/ || true")
}

/// A row written on the primary arrives at the replica.
fn replicates(lab: &Lab, word: &str) {
    lab.ssh("matomo1002", &format!("mysql -e \"create table if not exists piwik.canary (v varchar(40)); insert into piwik.canary values ('{word}')\""));
    until(&format!("`{word}` arrives at the replica"), || {
        lab.ssh("db1108", &format!("{REPLICA} -BNe \"select count(*) from piwik.canary where v = '{word}'\" 2>/dev/null || echo 0")) == "1"
    });
}

/// Downtimes that Icinga knows of.
fn downtimes(lab: &Lab) -> usize {
    let login = lab.file("icinga/curl.conf");
    let said = lab.exec(&["curl", "-s", "-K", &login, "https://alert1001:5665/v1/objects/downtimes"]);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
    said["results"].as_array().expect("a list of downtimes").len()
}

/// All is as before: nothing stopped, nobody in maintenance, Puppet enabled, no downtime left.
fn everything_runs(lab: &Lab) {
    assert_eq!(threads(lab), BOTH_RUN);
    assert_eq!(lab.ssh("matomo1002", "systemctl is-active mariadb apache2 | sort -u"), "active");
    assert_eq!(page(lab), "200");
    assert_eq!(lab.ssh("matomo1002", "test ! -e \"$(puppet config print --section agent agent_disabled_lockfile)\" && echo enabled"), "enabled");
    assert_eq!(downtimes(lab), 0);
    replicates(lab, "after");
}

#[test]
fn the_restart_runs_to_done_replication_really_stops_and_catches_up_and_the_host_really_restarts() {
    let lab = Lab::up();
    let desk = Desk::new();
    replicates(&lab, "before");
    let boots_before = boots(&lab);
    let waiting = lab.runbook(&desk, &run_args(&lab, &[]));
    assert_eq!(waiting.status, 3, "{waiting:?}");
    // At the gate everything is stopped.
    assert_eq!(desk.word(), "waiting");
    assert_eq!(threads(&lab), BOTH_STAND);
    assert_eq!(lab.ssh("matomo1002", "systemctl is-active mariadb || true"), "inactive");
    assert_eq!(page(&lab), "503");
    assert_eq!(downtimes(&lab), 1, "Icinga is told");
    assert_eq!(desk.runbook(["approve", "last", "reboot"]).status, 0);
    let done = resume(&lab, &desk);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(desk.word(), "done");
    assert_eq!(boots(&lab), boots_before + 1);
    everything_runs(&lab);
    assert_eq!(desk.runbook(["verify", "last"]).status, 0);
    assert_eq!(lab.ssh("matomo1002", "ls ~/.local/state/runbook/jobs 2>/dev/null | wc -l"), "0", "no job folder is left");
}

/// Kills the engine with SIGKILL while `step` is under way.
fn kill_in(lab: &Lab, desk: &Desk, args: &[String], step: &str) {
    let log = std::fs::File::create(desk.path("engine.log")).expect("a log");
    let mut engine = lab.runbook_command(desk, args).stdout(std::process::Stdio::null()).stderr(log).spawn().expect("the binary runs");
    let mut pid = 0;
    until(&format!("`{step}` began"), || {
        if desk.runbook(["show", "last"]).status != 0 {
            return false;
        }
        let events = desk.events();
        pid = events.iter().rev().find(|e| e["event"] == "DriverStarted").and_then(|e| e["pid"].as_u64()).unwrap_or(0);
        assert!(engine.try_wait().expect("it was started").is_none(), "the engine ended before `{step}`: {}", desk.read("engine.log"));
        desk.stage(step) == "running"
    });
    crate::harness::scratch::run("sudo", ["-n", "kill", "-9", &pid.to_string()]);
    let _ = engine.wait();
}

#[test]
fn the_restart_is_killed_in_three_steps_and_resumed_to_the_same_end() {
    let lab = Lab::up();
    let desk = Desk::new();
    let boots_before = boots(&lab);
    kill_in(&lab, &desk, &run_args(&lab, &["--answer", "reboot=reboot"]), "maintenance-on@matomo1002");
    // The answer was given once and is remembered.
    let again = words(&["resume", "last"]);
    kill_in(&lab, &desk, &again, "reboot@matomo1002");
    kill_in(&lab, &desk, &again, "maintenance-off@matomo1002");
    let done = resume(&lab, &desk);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(boots(&lab), boots_before + 1, "it rebooted once");
    for step in ["maintenance-on@matomo1002", "reboot@matomo1002", "maintenance-off@matomo1002"] {
        assert_eq!(desk.attempts(step), 1, "`{step}` was sent once");
    }
    everything_runs(&lab);
}

#[test]
fn a_step_that_fails_after_the_reboot_rolls_everything_back_and_replication_runs_again() {
    let lab = Lab::up();
    let desk = Desk::new();
    assert_eq!(lab.runbook(&desk, &run_args(&lab, &[])).status, 3);
    // From now on the page answers 500, so the last step's postcondition can't hold.
    let root = "/usr/share/matomo";
    lab.ssh("matomo1002", &format!("cp {root}/index.php /root/index.php; echo '<?php http_response_code(500);' > {root}/index.php"));
    assert_eq!(desk.runbook(["approve", "last", "reboot"]).status, 0);
    let rolled_back = resume(&lab, &desk);
    assert_eq!(rolled_back.status, 4, "{rolled_back:?}");
    assert_eq!(desk.stage("restart-apache-again@matomo1002"), "undone");
    assert_eq!(desk.stage("stop-replication@db1108"), "undone");
    lab.ssh("matomo1002", &format!("cp /root/index.php {root}/index.php"));
    // Icinga asks for the page, too, and PHP looks only every two seconds whether a file that it knows has changed.
    until("the page is mended", || page(&lab) == "200");
    everything_runs(&lab);
}

#[test]
fn the_gate_refused_rolls_back_without_a_reboot() {
    let lab = Lab::up();
    let desk = Desk::new();
    let boots_before = boots(&lab);
    assert_eq!(lab.runbook(&desk, &run_args(&lab, &[])).status, 3);
    assert_eq!(threads(&lab), BOTH_STAND);
    assert_eq!(desk.runbook(["reject", "last", "reboot", "--note", "not today"]).status, 0);
    let rolled_back = resume(&lab, &desk);
    assert_eq!(rolled_back.status, 4, "{rolled_back:?}");
    assert_eq!(boots(&lab), boots_before);
    everything_runs(&lab);
}

/// Both hosts as they are, replication and what is replicated, Puppet's lock, the downtimes.
fn all(lab: &Lab) -> String {
    let in_sync = format!("{REPLICA} -e 'show slave status\\G' | grep -q 'Seconds_Behind_Master: 0'");
    until("the replica is in sync", || lab.tries(&["ssh", "db1108", &in_sync]));
    let replica = format!(
        "{REPLICA} -BNe 'select @@read_only'; mysqldump -S /run/mysqld/mysqld.matomo.sock --skip-comments --databases piwik; systemctl is-active mariadb@matomo; systemctl is-enabled mariadb@matomo"
    );
    let puppet = "cat \"$(puppet config print --section agent agent_disabled_lockfile)\" 2>/dev/null || echo enabled";
    [
        fingerprint(lab, "matomo1002", "http://localhost/"),
        lab.ssh("matomo1002", puppet),
        fingerprint(lab, "db1108", ""),
        lab.ssh("db1108", &replica),
        threads(lab),
        format!("{} downtimes", downtimes(lab)),
    ]
    .join("\n")
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_restart_with_a_fault_at_each_step_is_taken_back_also_where_a_person_has_to() {
    let lab = Lab::up();
    replicates(&lab, "before");
    // What a person merges is merged before they are asked for it, and reverted when they are asked for that.
    let args = |file: &str, piece: &Piece| {
        if piece.kind == Kind::Manual {
            lab.ssh("matomo1002", "lab-puppet-merge maintenance 1");
            return run_file(&lab, file, "merged_by=person", &[]);
        }
        run_file(&lab, file, "merged_by=lab", &[])
    };
    let by_hand = |desk: &Desk| {
        lab.ssh("matomo1002", "lab-puppet-merge maintenance 0");
        let mut seat = Seat::of(&lab.runbook_command(desk, &words(&["rollback", "last"])));
        seat.sees("Revert the patch");
        seat.sees("is it undone?");
        seat.types("y");
        seat.sees("how was it undone?");
        seat.types("the revert is merged");
        let (out, status) = seat.ends();
        Ran { status, out, err: String::new() }
    };
    let look = || all(&lab);
    let mut trial = Trial::new(&lab, RESTART, &args, &look);
    // Systemd starts the database at its boot, so that step has nothing to do.
    let ends = |piece: &Piece, fault| match piece.id.as_str() {
        "mariadb-is-back" if fault == Fault::After => None,
        _ => Some(if piece.kind == Kind::Manual { End::ByHand } else { End::Back }),
    };
    (trial.by_hand, trial.ends) = (&by_hand, &ends);
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_restart_is_struck_each_way_while_the_database_stops_and_no_write_is_lost() {
    let lab = Lab::up();
    let mut tally = Tally::new(RESTART, "strikes");
    for way in ALL {
        lab.run(&["reset", "all"]);
        replicates(&lab, "before");
        // A database that takes its time to stop.
        let slow = "mkdir /etc/systemd/system/mariadb.service.d; printf '[Service]\\nExecStop=/bin/sleep 8\\n' >/etc/systemd/system/mariadb.service.d/slow.conf; systemctl daemon-reload";
        lab.ssh("matomo1002", slow);
        let (was, desk) = (all(&lab), Desk::new());
        let works = "systemctl show -p ActiveState --value mariadb | grep -qx deactivating";
        let long = Long { path: "stop-mariadb@matomo1002", host: "matomo1002", works, until: "nothing", answers: &[] };
        let ran = strike(&lab, &desk, &run_args(&lab, &[]), &long, way);
        if way.spares_the_job() {
            assert_eq!((desk.word().as_str(), desk.attempts(long.path)), ("done", 1), "{way:?}: {ran:?}");
        } else {
            assert!(["done", "rolled_back"].contains(&desk.word().as_str()), "{way:?}: {ran:?}");
        }
        same(&was, &all(&lab), &format!("{way:?}"));
        everything_runs(&lab);
        tally.ended(long.path, &desk.word());
        lab.ssh("matomo1002", "rm -r /etc/systemd/system/mariadb.service.d; systemctl daemon-reload");
    }
}
