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

const COPY: &str = r#"
runbook mysql.copy "Dump a database, and load it over another" {
  owner  "sre"
  source "made for a test"
  param socket: path
  param dir: path
  param fails: bool = false
  target server: host = "replica"

  boundary all "All or nothing" {
    step room on server { use mysql.has_room(database: "one", times: 2, socket: socket) }
    step dump on server { use mysql.dumped(database: "one", to: "{{ dir }}/one.sql.gz", socket: socket) }
    step dump-other on server { use mysql.dumped(database: "two", to: "{{ dir }}/two.sql.gz", socket: socket) }
    step load on server {
      use mysql.loaded(database: "two", from: "{{ dir }}/one.sql.gz", before: "{{ dir }}/two.sql.gz", socket: socket)
    }
    step way-back on server { use mysql.restorable(database: "one", from: "{{ dir }}/one.sql.gz", socket: socket) }
    step spoil on server { run `mysql -S {{ socket }} one -e 'drop table a'`; undo none "the dump has it" }
    step last on server { when fails; run `exit 9`; undo none "it did nothing" }
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

impl Place {
    /// `one` has what a dump may stumble over; `two` is to be replaced.
    fn with_two_databases() -> Self {
        let place = Self::new();
        place.database.primary.sql(
            "create database one character set latin1; use one; create table a (x int primary key, y text, z blob);
             insert into a values (1, 'it''s \\\\ ü', x'00ff'), (2, null, null); create table f (x float); insert into f values (1.23456789);
             create view v as select x from a; create procedure p() select 1;
             create database two; create table two.old (x int); insert into two.old values (7)",
        );
        place
    }

    fn copy(&self, more: &[&str]) -> Vec<String> {
        let file = self.desk.file("copy.runbook", COPY).display().to_string();
        let socket = format!("socket={}", self.database.primary.socket().display());
        let dir = format!("dir={}", self.desk.path("dumps").display());
        let config = self.sshd.config().display().to_string();
        let args = ["run", &file, "--ssh-config", &config, "-p", &socket, "-p", &dir].map(str::to_owned);
        args.into_iter().chain(more.iter().map(|word| (*word).to_owned())).collect()
    }

    fn rows(&self) -> String {
        self.database.primary.sql("select x, y, hex(z) from one.a order by x; select x from one.f; select x from two.old")
    }

    fn databases(&self) -> String {
        let look = "select table_schema, table_name, table_type from information_schema.tables where table_schema in ('one', 'two') order by 1, 2;
            select schema_name, default_character_set_name from information_schema.schemata order by 1;
            select routine_schema, routine_name from information_schema.routines where routine_schema in ('one', 'two') order by 1";
        self.database.primary.sql(look)
    }
}

#[test]
fn a_dump_is_tried_and_loaded_over_another_database_and_both_are_back_on_the_way_back() {
    let place = Place::with_two_databases();
    let (was, rows) = (place.databases(), place.rows());
    let back = place.desk.runbook(place.copy(&["-p", "fails=true"]));
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(place.databases(), was);
    assert_eq!(place.rows(), rows);

    let done = place.desk.runbook(place.copy(&[]));
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(place.database.primary.sql("select count(*) from two.a; select count(*) from two.v").split_whitespace().collect::<Vec<_>>(), ["2", "2"]);
    assert!(place.databases().contains("two\tlatin1"), "with its character set: {}", place.databases());
    assert!(!place.databases().contains("old"), "and nothing else");
    assert!(!place.databases().contains("runbook_check"), "what the dump was tried in is gone");
}

#[test]
fn a_dump_that_does_not_give_back_what_is_there_is_refused() {
    let place = Place::with_two_databases();
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        // Somebody writes all the while.
        scope.spawn(|| {
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                place.database.primary.sql("update one.a set y = uuid() where x = 1");
            }
        });
        let refused = place.desk.runbook(place.copy(&[]));
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(refused.status, 4, "{refused:?}");
        assert!(format!("{}{}", refused.out, refused.err).contains("does not give back"), "{refused:?}");
    });
    assert!(!place.desk.path("dumps/one.sql.gz").exists(), "nobody takes it for a backup");
}
