//! Shells, folders and an sshd of the tests' own.

use std::{
    fs,
    net::{TcpListener, TcpStream},
    os::unix::fs::symlink,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use super::super::{AttemptName, Keeper, RunFolder, When, call::*};
use crate::exec::transport::{Connector, LocalShell, Target};

#[derive(Default)]
pub(super) struct Printed {
    pub(super) out: Vec<u8>,
    pub(super) err: Vec<u8>,
}

impl Sink for Printed {
    fn write(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Out => self.out.extend_from_slice(bytes),
            Stream::Err => self.err.extend_from_slice(bytes),
        }
    }
}

impl Printed {
    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

pub(super) const SHELLS: [&str; 3] = ["dash", "bash", "busybox"];

/// A folder with `sh` in it, and a home for the run.
pub(super) struct Bench {
    pub(super) dir: std::rc::Rc<tempfile::TempDir>,
    pub(super) connector: Connector,
    pub(super) target: Target,
    pub(super) folder: RunFolder,
    _sshd: Option<Sshd>,
}

impl Bench {
    /// `sh` is this shell; for busybox all its other tools stand before the system's too.
    pub(super) fn local(shell: &str) -> Self {
        let dir = std::rc::Rc::new(tempfile::tempdir().expect("a folder"));
        // Other users must be able to find `sh` there.
        fs::set_permissions(dir.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("chmod");
        let bin = dir.path().join("bin");
        fs::create_dir(&bin).expect("bin");
        if shell == "busybox" {
            for tool in ["ln", "readlink", "setsid", "tee", "wc", "head", "tail", "sleep", "mkdir", "rm", "cat", "od", "id", "dd", "ls", "chmod"] {
                symlink("/usr/bin/busybox", bin.join(tool)).expect("link");
            }
        }
        symlink(format!("/usr/bin/{shell}"), bin.join("sh")).expect("link");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").expect("PATH"));
        let connector = Connector { local: LocalShell { env: vec![("PATH".into(), path)], ..LocalShell::default() }, ..Connector::default() };
        let base = dir.path().join("state").display().to_string();
        let locks = dir.path().join("locks").display().to_string();
        let folder = RunFolder { run_id: "r1".into(), base: Some(base), locks: Some(locks) };
        Self { dir, connector, target: Target::Local, folder, _sshd: None }
    }

    /// The same host, for another run.
    pub(super) fn with_folder(&self, folder: RunFolder) -> Self {
        Self { dir: std::rc::Rc::clone(&self.dir), connector: self.connector.clone(), target: self.target.clone(), folder, _sshd: None }
    }

    pub(super) fn ssh() -> Self {
        Self::ssh_with("")
    }

    /// With more lines for its sshd_config.
    pub(super) fn ssh_with(extra: &str) -> Self {
        let mut bench = Self::local("dash");
        let sshd = Sshd::start(&bench.dir.path().join("ssh"), extra);
        bench.connector.ssh_config = Some(sshd.config.clone());
        bench.target = Target::named("box");
        bench._sshd = Some(sshd);
        bench
    }

    pub(super) fn run(&self) -> PathBuf {
        self.dir.path().join("state/r1")
    }

    pub(super) async fn connect(&self) -> Keeper {
        Keeper::connect(&self.connector, &self.target, &self.folder).await.expect("a keeper")
    }

    /// Connected, and said hello as the first driver.
    pub(super) async fn keeper(&self) -> Keeper {
        let keeper = self.connect().await;
        keeper.hello(None, 1, "me").await.expect("hello");
        keeper
    }

    /// A second process of the same driver.
    pub(super) async fn again(&self) -> Keeper {
        let keeper = self.connect().await;
        keeper.hello(Some(&self.life()), 1, "me").await.expect("hello");
        keeper
    }

    /// The life mark of the run's folder.
    pub(super) fn life(&self) -> String {
        let mark = fs::read_dir(self.run()).expect("run").find_map(|entry| entry.ok()?.file_name().to_str()?.strip_prefix("life=").map(str::to_owned));
        mark.expect("a life mark")
    }
}

pub(super) fn sh(script: &str) -> Call {
    Call {
        script: script.into(),
        values: vec![],
        env: vec![],
        cwd: None,
        user: None,
        shell: Shell::Sh,
        pipefail: false,
        stdin: None,
        staged: false,
        masks: vec![],
        hush: false,
        timeout: Duration::from_secs(60),
        output_limit: 64 << 20,
    }
}

pub(super) fn name(text: &str) -> AttemptName {
    AttemptName::new(text).expect("a name")
}

pub(super) fn soon() -> When {
    When { grace: Duration::from_secs(1), ..When::within(Duration::from_secs(20)) }
}

pub(super) async fn until(what: impl Fn() -> bool) {
    let began = Instant::now();
    while !what() {
        assert!(began.elapsed() < Duration::from_secs(20), "waited in vain");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(super) fn lines(file: &Path) -> usize {
    fs::read_to_string(file).unwrap_or_default().lines().count()
}

/// Runs a command to its end, for the test itself.
pub(super) fn tool(program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error} (apt-get install openssh-server sudo busybox)"));
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// An sshd with keys, port and configuration of its own.
pub(super) struct Sshd {
    child: Child,
    pub(super) config: PathBuf,
}

impl Sshd {
    fn start(dir: &Path, extra: &str) -> Self {
        assert!(Path::new("/usr/sbin/sshd").exists(), "no sshd: apt-get install openssh-server");
        fs::create_dir(dir).expect("dir");
        fs::create_dir_all("/run/sshd").expect("/run/sshd");
        let at = |name: &str| dir.join(name).display().to_string();
        for key in ["host", "user"] {
            tool("ssh-keygen", &["-q", "-t", "ed25519", "-N", "", "-f", &at(key)]);
        }
        fs::copy(at("user.pub"), at("authorized")).expect("copy");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a port").port();
        let sshd = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nPidFile {}\nAuthorizedKeysFile {}\nStrictModes no\nPermitRootLogin yes\nUsePAM no\nPasswordAuthentication no\n{extra}\n",
            at("host"),
            at("pid"),
            at("authorized")
        );
        fs::write(at("sshd_config"), sshd).expect("write");
        fs::write(at("known"), format!("[127.0.0.1]:{port} {}", fs::read_to_string(at("host.pub")).expect("key"))).expect("write");
        let client = format!(
            "Host box\n HostName 127.0.0.1\n Port {port}\n User root\n IdentityFile {}\n IdentitiesOnly yes\n UserKnownHostsFile {}\n GlobalKnownHostsFile /dev/null\n StrictHostKeyChecking yes\n",
            at("user"),
            at("known")
        );
        fs::write(at("config"), client).expect("write");
        let child = Command::new("/usr/sbin/sshd")
            .args(["-D", "-e", "-f", &at("sshd_config")])
            .stdin(Stdio::null())
            .stderr(fs::File::create(at("sshd.log")).expect("log"))
            .spawn()
            .expect("sshd");
        let sshd = Self { child, config: dir.join("config") };
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        sshd
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
