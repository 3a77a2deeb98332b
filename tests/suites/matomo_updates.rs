//! Matomo's versioned updates on a real MariaDB with a real schema: columns, indexes, types, option rows, and a value of
//! the configuration. Up, down, and up again.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::harness::desk::{Desk, until};
use crate::harness::farm::{DB, WEB};
use crate::harness::faults::{Fault, Kind, Piece, broken, broken_undo};
use crate::harness::lab::Lab;
use crate::harness::mariadb::Mariadb;
use crate::harness::sshd::Sshd;
use crate::harness::struck::{ALL, Long, past, strike};
use crate::harness::tally::Tally;
use crate::harness::trial::{End, Trial};
use crate::harness::walk::AtTheDesk;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../runbooks/matomo");
const UPDATES: [&str; 5] =
    ["updates/4.0.0-b1.runbook", "updates/4.0.0-rc1.runbook", "updates/4.0.0.runbook", "updates/4.0.1-b1.runbook", "updates/4.10.0-b1.runbook"];
const SCHEMA: &str = "create database matomo; use matomo;
    create table matomo_option (option_name varchar(191) primary key, option_value text, autoload tinyint default 1);
    insert into matomo_option values ('version_core', '3.14.1', 1);
    create table matomo_log_visit (idvisit bigint unsigned auto_increment primary key, idsite int, url varchar(200), at datetime);
    insert into matomo_log_visit (idsite, url, at) values (1, 'http://example.org/', '2026-01-01 10:00:00')";

/// Their hosts are this machine, and so are their locks.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

struct Place {
    _one: MutexGuard<'static, ()>,
    desk: Desk,
    sshd: Sshd,
    database: Mariadb,
}

impl Place {
    fn new() -> Self {
        let one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let place = Self { _one: one, desk: Desk::new(), sshd: Sshd::start(&["matomo"]), database: Mariadb::start() };
        place.database.primary.sql(SCHEMA);
        place.desk.file("matomo/config/config.ini.php", "[General]\nsalt = x\n");
        place
    }

    fn args(&self, verb: &str, runbook: &str, to: &str) -> Vec<String> {
        self.args_of(verb, &format!("{FOLDER}/{runbook}"), to)
    }

    fn args_of(&self, verb: &str, file: &str, to: &str) -> Vec<String> {
        let socket = format!("socket={}", self.database.primary.socket().display());
        let root = format!("root={}", self.desk.path("matomo").display());
        let config = self.sshd.config().display().to_string();
        let args =
            [verb, file, "--ssh-config", &config, "--target", "db=matomo", "--target", "web=matomo", "-p", &socket, "-p", &root, "-p", &format!("to={to}")];
        args.map(str::to_owned).to_vec()
    }

    fn goes(&self, runbook: &str, to: &str) {
        let mut ran = self.desk.runbook(self.args("run", runbook, to));
        if self.desk.word() == "waiting" {
            assert_eq!(self.desk.runbook(["approve", "last", "down"]).status, 0);
            ran = self.desk.runbook(["resume", "last"]);
        }
        assert_eq!((ran.status, self.version().as_str()), (0, to), "{ran:?}");
    }

    fn version(&self) -> String {
        self.database.primary.sql("select option_value from matomo.matomo_option where option_name = 'version_core'").trim().to_owned()
    }

    /// Steps that the last run has begun.
    fn began(&self) -> usize {
        self.desk.events().iter().filter(|event| event["event"] == "StepBegan").count()
    }

    /// All that the updates change.
    fn schema(&self) -> String {
        let tables =
            self.database.primary.sql("show create table matomo.matomo_log_visit; select * from matomo.matomo_option; select * from matomo.matomo_log_visit");
        tables + &self.desk.read("matomo/config/config.ini.php")
    }
}

#[test]
fn updates_go_up_in_the_order_of_versions_and_down_to_what_was_there_and_up_again() {
    let place = Place::new();
    let was = place.schema();
    place.goes("update.runbook", "4.0.0");
    let half = place.schema();
    for words in ["visitor_seconds", "index_idsite_at", "install_assistant", "varchar(200)"] {
        assert!(half.contains(words), "{words}: {half}");
    }
    place.goes("update.runbook", "4.15.1");
    let full = place.schema();
    assert!(full.contains("varchar(400)") && full.contains("force_ssl = 1"), "{full}");

    // Not all the way: 4.10.0-b1 and 4.0.1-b1 are taken back, the others stay.
    place.goes("downgrade.runbook", "4.0.0");
    assert_eq!(place.schema(), half);
    place.goes("downgrade.runbook", "3.14.1");
    assert_eq!(place.schema(), was);
    place.goes("update.runbook", "4.15.1");
    assert_eq!(place.schema(), full);

    // An address that the old column has no room for: nothing is cut off, and all updates are there again.
    place.database.primary.sql("insert into matomo.matomo_log_visit (idsite, url) values (1, repeat('x', 300))");
    let full = place.schema();
    assert_eq!(place.desk.runbook(place.args("run", "downgrade.runbook", "4.0.0")).status, 3);
    assert_eq!(place.desk.runbook(["approve", "last", "down"]).status, 0);
    let back = place.desk.runbook(["resume", "last"]);
    assert_eq!(back.status, 4, "{back:?}");
    assert_eq!(place.schema(), full);
    assert_eq!(place.version(), "4.15.1");
}

#[test]
fn what_is_there_already_is_passed_and_a_killed_update_is_gone_on_with() {
    let place = Place::new();
    // Somebody has applied one by hand, and not recorded it.
    place.database.primary.sql("alter table matomo.matomo_log_visit add column visitor_seconds int unsigned not null default 0");
    // The second waits for somebody who reads the table.
    let socket = place.database.primary.socket();
    let mut reader = std::process::Command::new("mysql");
    reader.arg("-S").arg(socket).args(["matomo", "-e", "lock tables matomo_log_visit read; select sleep(600)"]);
    let mut reader = reader.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().expect("mysql");
    until("the table is locked", || place.database.primary.sql("show open tables from matomo where in_use > 0").contains("log_visit"));
    let mut engine = place.desk.start(place.args("run", "update.runbook", "4.0.1"));
    until("the index is waited for", || place.database.primary.sql("show processlist").contains("Waiting for table metadata lock"));
    engine.kill();
    let id = place.database.primary.sql("select id from information_schema.processlist where info like 'select sleep%'");
    place.database.primary.sql(&format!("kill {}", id.trim()));
    let done = place.desk.runbook(["resume", "last"]);
    reader.wait().expect("the reader");
    assert_eq!((done.status, place.version().as_str()), (0, "4.0.1"), "{done:?}");
    assert_eq!(place.desk.attempts("4.0.0-b1/visitor-seconds@matomo"), 0, "it is there");
    assert_eq!(place.desk.attempts("4.0.0-rc1/index-site-time@matomo"), 1, "and this ran once");
    assert!(place.schema().contains("varchar(400)"));
}

/// What a person does: pastes a text into a shell.
fn pasted(text: &str) {
    let mut shell = std::process::Command::new("bash");
    let mut shell = shell.arg("-s").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bash");
    shell.stdin.take().expect("its input").write_all(text.as_bytes()).expect("it reads");
    let ran = shell.wait_with_output().expect("it ends");
    assert!(ran.status.success() && ran.stderr.is_empty(), "{ran:?}\n{text}");
}

#[test]
fn a_plan_lists_the_bare_commands_and_a_person_applies_them_by_hand() {
    let place = Place::new();
    let list = |to: &str| {
        let listed = place.desk.runbook([place.args("plan", "update.runbook", to), ["--probe", "--format", "commands"].map(str::to_owned).to_vec()].concat());
        assert_eq!(listed.status, 0, "{listed:?}");
        listed.out
    };
    let text = list("4.0.0");
    let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
    let order = ["# 4.0.0-b1/visitor-seconds on matomo", "add column visitor_seconds", "add index index_idsite_at", "insert into matomo_option"].map(at);
    assert!(order.is_sorted(), "{text}");
    for engine in ["check", "verify", "undo", "drop column", "{{", "rb_"] {
        assert!(!text.contains(engine), "`{engine}` is no command to type: {text}");
    }
    // One of them alone, and then what is still missing.
    let first = text.lines().find(|line| line.contains("add column")).expect("it was there");
    pasted(first);
    let rest = list("4.0.0");
    assert!(
        !rest.contains("add column") && rest.contains("# 4.0.0-b1/visitor-seconds on matomo: Add the column visitor_seconds\n# It is as wanted already."),
        "{rest}"
    );
    // As it stands there, but for the records of the versions: the run that comes then finds the updates, and records them.
    pasted(&rest.split("\n\n").filter(|piece| !piece.contains("record")).collect::<Vec<_>>().join("\n\n"));
    place.goes("update.runbook", "4.0.0");
    for step in ["4.0.0-b1/visitor-seconds@matomo", "4.0.0-rc1/index-site-time@matomo", "4.0.0/option-assistant@matomo"] {
        assert_eq!(place.desk.attempts(step), 0, "{step} finds it as wanted");
    }
    assert_eq!(place.began(), 3, "three versions are recorded, and no update runs");

    // The whole of a list, a file of the configuration with it: nothing is left for a run.
    pasted(&list("4.15.1"));
    assert_eq!(place.version(), "4.15.1");
    let by_hand = place.schema();
    assert!(by_hand.contains("varchar(400)") && by_hand.contains("force_ssl = 1"), "{by_hand}");
    place.goes("update.runbook", "4.15.1");
    assert_eq!((place.began(), place.schema()), (0, by_hand), "the run finds everything done");
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn the_updates_with_a_fault_at_each_step_are_all_there_or_none_also_on_the_way_down() {
    let place = Place::new();
    let look = || place.schema();
    let (up, down) = (format!("{FOLDER}/update.runbook"), format!("{FOLDER}/downgrade.runbook"));
    let args = |file: &str, _: &Piece| place.args_of("run", file, "4.15.1");
    let mut trial = Trial::new(&AtTheDesk, &up, &args, &look);
    trial.others = &UPDATES;
    trial.run();

    place.goes("update.runbook", "4.15.1");
    let args = |file: &str, _: &Piece| place.args_of("run", file, "3.14.1");
    // On the way down an update does what takes it back.
    let breaks = |text: &str, piece: &Piece, fault| {
        if piece.kind == Kind::Gate || piece.id.starts_with("record") { broken(text, piece, fault) } else { broken_undo(text, piece, fault) }
    };
    // The version that is wanted is then recorded already.
    let ends = |piece: &Piece, fault| match (piece.kind, piece.id.as_str(), fault) {
        (Kind::Gate, _, _) => Some(End::Ends),
        (_, "record-last", Fault::After) => None,
        _ => Some(End::Back),
    };
    let mut trial = Trial::new(&AtTheDesk, &down, &args, &look);
    (trial.others, trial.breaks, trial.ends) = (&UPDATES, &breaks, &ends);
    trial.run();
}

#[test]
#[ignore = "takes minutes: see docs/developing.md"]
fn on_real_hosts_a_change_of_a_table_is_struck_each_way_up_and_down_and_ends() {
    let lab = Lab::of("farm");
    let sql = |text: &str| lab.ssh(DB, &format!("mysql -BN matomo -e \"{text}\""));
    let args = |runbook: &str, to: &str| {
        let words = ["run", &format!("{FOLDER}/{runbook}"), "--ssh-config", &lab.file("ssh/config"), "--target", "db=matomo-db"];
        let more = ["--target", &format!("web={}", WEB.join(",")), "-p", "root=/var/www/matomo", "-p", &format!("to={to}")];
        words.iter().chain(&more).map(|word| (*word).to_owned()).collect::<Vec<_>>()
    };
    let schema = || {
        let configs = WEB.map(|host| lab.ssh(host, "cat /var/www/matomo/config/config.ini.php")).concat();
        sql("show create table matomo_log_visit; select * from matomo_option; select * from matomo_log_visit") + &configs
    };
    // Somebody reads the table for a while.
    let reader = || lab.ssh(DB, "setsid mysql matomo -e 'lock tables matomo_log_visit read; select sleep(30)' >/dev/null 2>&1 </dev/null & sleep 1");
    let works = "mysql -BNe 'show processlist' | grep -q 'Waiting for table metadata lock'";
    let (mut ups, mut downs) = (Tally::new(&format!("{FOLDER}/update.runbook"), "strikes"), Tally::new(&format!("{FOLDER}/downgrade.runbook"), "strikes"));
    for way in ALL {
        lab.run(&["reset", "all"]);
        sql("alter table matomo_log_visit add column at datetime; update matomo_option set option_value = '3.14.1'");
        let was = schema();
        for (runbook, to, path, tally) in [
            ("update.runbook", "4.15.1", "4.0.0-b1/visitor-seconds@matomo-db", &mut ups),
            ("downgrade.runbook", "3.14.1", "4.0.1-b1/longer-urls@matomo-db", &mut downs),
        ] {
            let (desk, before) = (Desk::new(), schema());
            let mut begin = args(runbook, to);
            if to == "3.14.1" {
                assert_eq!(lab.runbook(&desk, &begin).status, 3);
                begin = past(&desk, "down");
            }
            reader();
            let ran = strike(&lab, &desk, &begin, &Long { path, host: DB, works, until: "nothing", answers: &[] }, way);
            if way.spares_the_job() {
                assert_eq!((desk.word().as_str(), desk.attempts(path)), ("done", 1), "{way:?}: {ran:?}");
            } else if desk.word() != "done" {
                // A server that shuts down breaks the change off, and the boundary takes all back. Once more, then.
                assert_eq!((desk.word().as_str(), schema()), ("rolled_back", before), "{way:?}: {ran:?}");
                assert_eq!(lab.walk(&Desk::new(), &args(runbook, to), "nothing").status, 0);
            }
            tally.ended(path, &desk.word());
            assert_eq!(sql("select option_value from matomo_option where option_name = 'version_core'"), to, "{way:?}");
            assert_eq!(to == "4.15.1", schema().contains("visitor_seconds") && schema().contains("varchar(400)"), "{way:?}");
        }
        assert_eq!(schema(), was, "{way:?}: up and down again");
    }
}
