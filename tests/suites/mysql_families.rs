//! Where MySQL 8 differs from MariaDB the library's actions cope; and a server that is away has said nothing. No package of
//! Debian has a MySQL, so a STAND-IN for its client answers as MySQL 8.4 does in what differs and hands all else on to a real
//! MariaDB.

use std::os::unix::fs::PermissionsExt as _;

use crate::harness::desk::{Desk, Ran};
use crate::harness::mariadb::Mariadb;
use crate::harness::scratch::{search_path, which};

const CLIENT: &str = r#"#!/bin/bash
# mysql: a STAND-IN for the client of MySQL 8.4, before a server that is MariaDB.
real=@REAL@
last=${!#}
case $last in
  "select version()") "$real" "$@" >/dev/null && echo 8.4.3 ;;
  *slave*) echo "ERROR 1064 (42000) at line 1: You have an error in your SQL syntax; check the manual near 'SLAVE' at line 1" >&2; exit 1 ;;
  "show replica status\G")
    said=$("$real" "$@") || exit 1
    sed 's/Slave_IO_Running:/Replica_IO_Running:/; s/Slave_SQL_Running:/Replica_SQL_Running:/; s/Seconds_Behind_Master:/Seconds_Behind_Source:/' <<<"$said" ;;
  *) exec "$real" "$@" ;;
esac
"#;

const DUMP: &str = r#"#!/bin/bash
# mysqldump: a STAND-IN for that of MySQL 8.4 beside a server with GTIDs.
[ "$1" != --version ] || { echo "mysqldump  Ver 8.4.3 for Linux on x86_64 (MySQL Community Server - GPL)"; exit; }
args=()
for arg in "$@"; do [ "$arg" != --set-gtid-purged=OFF ] || { off=1; continue; }; args+=("$arg"); done
[ -n "$off" ] || { echo "SET @@GLOBAL.GTID_PURGED='...'; no server that has seen transactions takes this" >&2; exit 2; }
exec @REAL@ "${args[@]}"
"#;

struct Place {
    desk: Desk,
    database: Mariadb,
}

impl Place {
    fn new() -> Self {
        let place = Self { desk: Desk::new(), database: Mariadb::start() };
        for (name, text) in [("mysql", CLIENT), ("mysqldump", DUMP)] {
            let path = place.desk.file(&format!("bin/{name}"), text.replace("@REAL@", &which(name).display().to_string()));
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).expect("it can be run");
        }
        place
    }

    /// Runs steps here, against the primary or its replica, through the client of MySQL.
    fn steps(&self, socket: &std::path::Path, steps: &str) -> Ran {
        let text = format!("runbook m {{\n boundary all {{\n {} }}\n}}\n", steps.replace("SOCKET", &format!("socket: \"{}\"", socket.display())));
        let file = self.desk.file("m.runbook", text);
        self.ran(&["run", &file.display().to_string()])
    }

    fn ran(&self, args: &[&str]) -> Ran {
        let path = format!("{}:{}", self.desk.path("bin").display(), search_path());
        let output = self.desk.command().args(args).env("PATH", path).output().expect("the binary runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ran { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
    }

    fn threads(&self) -> String {
        let status = self.database.replica.status();
        let running = status.lines().filter(|line| line.contains("Slave_IO_Running:") || line.contains("Slave_SQL_Running:"));
        running.filter_map(|line| line.split(": ").nth(1)).collect::<Vec<_>>().join(" ")
    }
}

#[test]
fn replication_of_mysql_8_is_stopped_started_and_given_back_in_its_own_words() {
    let place = Place::new();
    let socket = place.database.replica.socket();
    let stop = "step stop on local { use mysql.replication_stopped(SOCKET) }\n";
    let back = place.steps(&socket, &format!("{stop} step last on local {{ run `exit 9`; undo none \"it did nothing\" }}"));
    assert_eq!((back.status, place.threads().as_str(), place.desk.stage("stop@local").as_str()), (4, "Yes Yes", "undone"), "{back:?}");
    let stopped = place.steps(&socket, stop);
    assert_eq!((stopped.status, place.threads().as_str()), (0, "No No"), "{stopped:?}");
    assert_eq!((place.steps(&socket, stop).status, place.desk.attempts("stop@local")), (0, 0), "as wanted");
    let started = place.steps(&socket, "step start on local { use mysql.replication_running(SOCKET, within: 30s) }");
    assert_eq!((started.status, place.threads().as_str()), (0, "Yes Yes"), "{started:?}");
    let nowhere = place.steps(&place.database.primary.socket(), stop);
    assert!(nowhere.status == 4 && nowhere.err.contains("this server replicates from nowhere"), "{nowhere:?}");
}

#[test]
fn a_database_of_mysql_8_is_measured_dumped_loaded_and_made_read_only() {
    let place = Place::new();
    let socket = place.database.primary.socket();
    place.database.primary.sql("create database one; create table one.a (x int primary key); insert into one.a values (1), (2); create database two");
    let dumps = place.desk.path("dumps").display().to_string();
    let steps = format!(
        "step room on local {{ use mysql.has_room(database: \"one\", SOCKET) }}
         step fits on local {{ use mysql.memory_fits(at_least: 0, SOCKET) }}
         step optimise on local {{ use mysql.optimised(database: \"one\", SOCKET) }}
         step dump on local {{ use mysql.dumped(database: \"one\", to: \"{dumps}/one.gz\", SOCKET) }}
         step dump-two on local {{ use mysql.dumped(database: \"two\", to: \"{dumps}/two.gz\", SOCKET) }}
         step load on local {{ use mysql.loaded(database: \"two\", from: \"{dumps}/one.gz\", before: \"{dumps}/two.gz\", SOCKET) }}
         step read-only on local {{ use mysql.read_only(SOCKET) }}"
    );
    let done = place.steps(&socket, &steps);
    assert_eq!(done.status, 0, "{done:?}");
    assert_eq!(place.database.primary.sql("select count(*) from two.a; select @@global.read_only").split_whitespace().collect::<Vec<_>>(), ["2", "1"]);
    let snapshot = place.steps(&socket, "step s on local { use mysql.snapshot(to: \"/nowhere/s\", SOCKET) }");
    assert!(snapshot.err.contains("this is MySQL 8.4.3, which mariadb-backup can't copy"), "{snapshot:?}");
}

#[test]
fn a_server_that_is_away_is_an_error_and_never_a_no() {
    let mut place = Place::new();
    let socket = place.database.primary.socket();
    place.database.primary.sql("create database one; create table one.a (x int primary key)");
    let dumps = place.desk.path("dumps").display().to_string();
    let dump = format!("step dump on local {{ use mysql.dumped(database: \"one\", to: \"{dumps}/one.gz\", SOCKET) }}");
    assert_eq!(place.steps(&socket, &dump).status, 0);
    place.database.primary.kill();
    for action in ["replication_stopped(SOCKET)", "replication_running(SOCKET)", "read_only(SOCKET)", "snapshot(to: \"/nowhere/s\", SOCKET)"] {
        let away = place.steps(&socket, &format!("step s on local {{ use mysql.{action} }}"));
        assert!(away.status == 4 && away.err.contains("Can't connect to"), "{action}: {away:?}");
        assert_eq!(place.desk.attempts("s@local"), 0, "{action}");
    }
    for action in ["has_room(database: \"one\", SOCKET)", "memory_fits(SOCKET)", "optimised(database: \"one\", SOCKET)"] {
        let away = place.steps(&socket, &format!("step s on local {{ use mysql.{action} }}"));
        assert!(away.status == 4 && away.err.contains("Can't connect to"), "{action}: {away:?}");
    }
    // On the way back, too: what could not be asked has not been dropped and is not loaded.
    let load = format!("step load on local {{ use mysql.loaded(database: \"one\", from: \"{dumps}/one.gz\", before: \"{dumps}/one.gz\", SOCKET) }}");
    let stuck = place.steps(&socket, &load);
    assert_eq!(stuck.status, 5, "{stuck:?}");
    place.database.primary.start();
    assert_eq!(place.ran(&["rollback", "last"]).status, 4);
    assert_eq!(place.database.primary.sql("show tables from one").trim(), "a");
}

/// The page of the library shows how a query is a fact: as it stands there, against a real server.
#[test]
fn the_documents_facts_out_of_a_database_are_what_is_in_it() {
    let mut place = Place::new();
    let page = include_str!("../../docs/stdlib.md");
    let shown = page.split("```runbook\n").nth(1).and_then(|rest| rest.split("\n```\n").next()).expect("a runbook");
    assert!(shown.contains("runbook demo.query"), "{shown}");
    let file = place.desk.file("query.runbook", shown).display().to_string();
    let socket = format!("socket={}", place.database.primary.socket().display());
    let args = ["run", &file, "-p", &socket, "--target", "db=local"];
    place.database.primary.sql("create database site; use site; create table visit (page varchar(80), day date, seconds int)");
    let empty = place.ran(&args);
    assert!(empty.status == 7 && empty.err.contains("fact  last_day = none") && empty.err.contains("fact  pages =   on"), "{empty:?}");
    place.database.primary.sql("insert into site.visit values ('/a', '2026-03-01', 7), ('/b, c', '2026-02-28', null), ('/a', '2026-02-01', 9)");
    let done = place.ran(&args);
    assert_eq!(done.status, 0, "{done:?}");
    for fact in ["visits = 3", "last_day = 2026-03-01", "busy = false"] {
        assert!(done.err.contains(&format!("fact  {fact}")), "{fact}: {}", done.err);
    }
    let facts = place.desk.runbook(["log", "last", "--format", "json"]).out;
    assert!(facts.contains("/b, c"), "a row is an item: {facts}");
    place.database.primary.kill();
    let away = place.ran(&args);
    assert!(away.status == 7 && away.err.contains("Can't connect to"), "{away:?}");
    assert!(!away.err.contains("busy = false"), "that nobody answers is no `false`: {away:?}");
}
