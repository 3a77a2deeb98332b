//! The library's MySQL actions against a real MariaDB primary and its replica, over a real sshd.

use std::time::Duration;

use crate::harness::desk::{Desk, until};
use crate::harness::mariadb::Mariadb;
use crate::harness::sshd::Sshd;

/// Replication stands still while something else is done to the replica.
const PAUSE: &str = r#"
runbook mysql.pause "Pause replication" {
  param socket: path
  param work: string = "true"
  param dir: path
  target replica: host = "replica"

  boundary pause "The replica falls behind" {
    step stop on replica { use mysql.replication_stopped(socket: socket) }
    step work on replica {
      stdin  "{{ work }}"
      run    `touch {{ dir }}/working; sh`
      undo none "it leaves nothing behind"
    }
    step start on replica { use mysql.replication_running(socket: socket, within: 30s) }
  }
}
"#;

struct Place {
    desk: Desk,
    sshd: Sshd,
    database: Mariadb,
}

impl Place {
    fn new() -> Self {
        let place = Self { desk: Desk::new(), sshd: Sshd::start(&["replica"]), database: Mariadb::start() };
        place.database.primary.sql("create database t; create table t.t (v varchar(40))");
        place
    }

    fn args(&self, work: &str) -> Vec<String> {
        let file = self.desk.file("pause.runbook", PAUSE).display().to_string();
        let socket = format!("socket={}", self.database.replica.socket().display());
        let dir = format!("dir={}", self.desk.path("").display());
        let config = self.sshd.config().display().to_string();
        ["run", &file, "--ssh-config", &config, "-p", &socket, "-p", &dir, "-p", &format!("work={work}")].map(str::to_owned).to_vec()
    }

    fn threads(&self) -> Vec<String> {
        let status = self.database.replica.status();
        let running = status.lines().filter(|l| l.contains("Slave_IO_Running:") || l.contains("Slave_SQL_Running:"));
        running.filter_map(|l| l.split(':').nth(1)).map(|word| word.trim().to_owned()).collect()
    }

    fn arrives(&self, word: &str) -> bool {
        self.database.primary.sql(&format!("insert into t.t values ('{word}')"));
        self.database.catches_up(Duration::from_secs(30)) && self.database.replica.sql("select v from t.t").contains(word)
    }
}

#[test]
fn replication_really_stops_and_catches_up() {
    let place = Place::new();
    assert!(place.arrives("before"));
    let mut engine = place.desk.start(place.args("sleep 2"));
    until("replication stands", || place.desk.path("working").exists());
    assert_eq!(place.threads(), ["No", "No"]);
    place.database.primary.sql("insert into t.t values ('meanwhile')");
    assert_eq!(engine.wait(), 0);
    assert_eq!(place.threads(), ["Yes", "Yes"]);
    assert!(place.arrives("after"));
    assert!(place.database.replica.sql("select v from t.t").contains("meanwhile"), "it has caught up");
}

#[test]
fn r1_a_failure_while_replication_stands_starts_it_again() {
    let place = Place::new();
    let ran = place.desk.runbook(place.args("exit 9"));
    assert_eq!(ran.status, 4, "{ran:?}");
    assert_eq!(place.desk.stage("stop@replica"), "undone");
    assert_eq!(place.threads(), ["Yes", "Yes"]);
    assert!(place.arrives("after"));
}

#[test]
fn k2_killed_while_replication_stands_a_resume_starts_it_again() {
    let place = Place::new();
    let mut engine = place.desk.start(place.args("sleep 2"));
    until("replication stands", || place.desk.path("working").exists());
    engine.kill();
    let ran = place.desk.runbook(["resume", "last"]);
    assert_eq!(ran.status, 0, "{ran:?}");
    assert_eq!(place.desk.attempts("stop@replica"), 1);
    assert_eq!(place.desk.attempts("work@replica"), 1);
    assert_eq!(place.threads(), ["Yes", "Yes"]);
    assert!(place.arrives("after"));
}
