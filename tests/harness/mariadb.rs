//! A MariaDB primary and its replica (by GTID), real servers of this machine, as the user who runs the tests.
//!
//! Who runs the tests is let in through the sockets without a password; nobody else is.

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::scratch::{Scratch, comes_up, free_port, run, search_path, user, which};

static INSTALLING: Mutex<()> = Mutex::new(());

/// Both servers. Dropped, they are killed, and their data is gone.
#[derive(Debug)]
pub struct Mariadb {
    pub primary: Server,
    pub replica: Server,
    _scratch: Scratch,
}

#[derive(Debug)]
pub struct Server {
    id: u8,
    port: u16,
    folder: PathBuf,
    process: Option<Child>,
}

impl Mariadb {
    /// Starts both; the replica follows, and has caught up.
    pub fn start() -> Self {
        let scratch = Scratch::new("db");
        let mut primary = Server { id: 1, port: 0, folder: scratch.join("primary"), process: None };
        let mut replica = Server { id: 2, port: 0, folder: scratch.join("replica"), process: None };
        {
            // Several at once fail on a small machine: each maps its own logs and asks the kernel for the same rings.
            let _one = INSTALLING.lock().unwrap_or_else(PoisonError::into_inner);
            install(&primary.folder);
        }
        run("cp", [&"-a".into(), &primary.folder, &replica.folder]);
        primary.start();
        replica.start();
        primary.sql("create user repl@'127.0.0.1' identified by 'repl'; grant replication slave on *.* to repl@'127.0.0.1'");
        replica.sql(&format!(
            "change master to master_host='127.0.0.1', master_port={}, master_user='repl', master_password='repl', \
             master_use_gtid=slave_pos, master_connect_retry=1; start slave",
            primary.port
        ));
        let servers = Self { primary, replica, _scratch: scratch };
        assert!(servers.catches_up(Duration::from_secs(10)), "{}", servers.replica.status());
        servers
    }

    /// Whether the replica runs and has all that the primary has, waited for.
    pub fn catches_up(&self, within: Duration) -> bool {
        let started = Instant::now();
        while started.elapsed() < within {
            let position = self.primary.sql("select @@gtid_binlog_pos");
            let status = self.replica.status();
            let runs = status.contains("Slave_IO_Running: Yes") && status.contains("Slave_SQL_Running: Yes");
            if runs && self.replica.sql("select @@gtid_slave_pos") == position {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Server {
    /// For `mysql -S`.
    pub fn socket(&self) -> PathBuf {
        self.folder.join("socket")
    }

    /// Runs statements; the rows, tab-separated, or a panic.
    pub fn sql(&self, statements: &str) -> String {
        let socket = format!("--socket={}", self.socket().display());
        run("mariadb", ["--no-defaults", &socket, "-BN", "-e", statements])
    }

    /// `show slave status\G`.
    pub fn status(&self) -> String {
        let socket = format!("--socket={}", self.socket().display());
        run("mariadb", ["--no-defaults", &socket, "-e", "show slave status\\G"])
    }

    /// Ends it at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts it, on the same port as before.
    pub fn start(&mut self) {
        let chosen = self.port != 0;
        for _ in 0..5 {
            if !chosen {
                self.port = free_port();
            }
            let mut process = self.spawn();
            if comes_up(&mut process, Duration::from_secs(20), || self.answers()) {
                self.process = Some(process);
                return;
            }
            let _ = process.kill();
            let _ = process.wait();
        }
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        panic!("mariadbd {} does not start:\n{log}", self.id);
    }

    fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    fn spawn(&self) -> Child {
        let log = File::options().create(true).append(true).open(self.log()).expect("a log");
        let errors = log.try_clone().expect("a log");
        let mut command = Command::new(which("mariadbd"));
        command.arg("--no-defaults").args(SMALL);
        // Root must say that it means it.
        command.arg(format!("--user={}", user()));
        command.arg(format!("--datadir={}", self.folder.display()));
        command.arg(format!("--socket={}", self.socket().display()));
        command.args([format!("--port={}", self.port), format!("--server-id={}", self.id)]);
        command.args(["--bind-address=127.0.0.1", "--log-bin=bin", "--relay-log=relay", "--binlog-format=ROW"]);
        command.stdin(Stdio::null()).stdout(log).stderr(errors);
        command.spawn().expect("mariadbd starts")
    }

    fn answers(&self) -> bool {
        let mut command = Command::new("mariadb");
        command.env("PATH", search_path()).arg("--no-defaults").arg(format!("--socket={}", self.socket().display()));
        command.args(["-e", "select 1"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A test's data is small, and lost anyway when the machine fails.
const SMALL: [&str; 3] = ["--innodb-buffer-pool-size=16M", "--innodb-log-file-size=4M", "--innodb-flush-log-at-trx-commit=0"];

fn install(folder: &std::path::Path) {
    let user = user();
    let (datadir, account) = (format!("--datadir={}", folder.display()), format!("--auth-root-socket-user={user}"));
    let owner = format!("--user={user}");
    let mut args = vec!["--no-defaults", &datadir, "--auth-root-authentication-method=socket", &account, "--skip-test-db"];
    args.extend(SMALL);
    // Without root it must not be asked to give files away.
    if user == "root" {
        args.push(&owner);
    }
    run("mariadb-install-db", args);
}
