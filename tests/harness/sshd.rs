//! Several hosts on this machine: an sshd each, on loopback, with a host key, a home and a port of its own.
//!
//! All of them are this machine and log in as this user, so they share machine id, boot id and accounts; what differs is
//! the name, the host key and `$HOME`, where the jobs of runbook land. Hosts that can be rebooted are in `tests/lab`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Read;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::scratch::{Scratch, children, comes_up, free_port, kill_by_environment, kill_children, run, user, which};

/// The hosts of one test. Dropped, they are gone with all that was started on them.
#[derive(Debug)]
pub struct Sshd {
    hosts: Vec<Host>,
    config: PathBuf,
    scratch: Scratch,
}

#[derive(Debug)]
struct Host {
    name: String,
    port: u16,
    folder: PathBuf,
    server: Option<Child>,
    /// Runs instead of whatever is asked for.
    forced: Option<String>,
    /// The search path of its sessions, where it is not sshd's own.
    path: Option<String>,
    /// What it says for its machine id, where it is not that of this machine.
    machine_id: Option<String>,
}

impl Sshd {
    /// Starts a host for each name. Names are those of ssh: what `on` and `--target` take.
    pub fn start(names: &[&str]) -> Self {
        Self::start_all(names, None)
    }

    /// The same, with another search path: `sh` and all other programs are what is found there.
    pub fn start_with_path(names: &[&str], path: &str) -> Self {
        Self::start_all(names, Some(path))
    }

    fn start_all(names: &[&str], path: Option<&str>) -> Self {
        let scratch = Scratch::new("ssh");
        let mut sshd = Self { hosts: Vec::new(), config: scratch.join("config"), scratch };
        new_key(&sshd.scratch.join("id"));
        // As root sshd separates privileges in this folder, and does not make it.
        let _ = fs::create_dir_all("/run/sshd");
        for name in names {
            let folder = sshd.scratch.join(name);
            fs::create_dir_all(folder.join("home")).expect("a home");
            new_key(&folder.join("host_key"));
            sshd.hosts.push(Host { name: (*name).to_owned(), port: 0, folder, server: None, forced: None, path: path.map(str::to_owned), machine_id: None });
        }
        for host in &mut sshd.hosts {
            host.start();
        }
        sshd.write_client_files();
        sshd
    }

    /// The file for `ssh -F` and `--ssh-config`.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// Where a host listens, on 127.0.0.1.
    pub fn port(&self, name: &str) -> u16 {
        self.host(name).port
    }

    /// The private key that every host lets in.
    pub fn key(&self) -> PathBuf {
        self.scratch.join("id")
    }

    /// The keys of all hosts, by name and by address.
    pub fn known_hosts(&self) -> PathBuf {
        self.scratch.join("known_hosts")
    }

    /// `$HOME` of the sessions of a host.
    pub fn home(&self, name: &str) -> PathBuf {
        self.host(name).home()
    }

    /// The process of its sshd, while it runs.
    pub fn server(&self, name: &str) -> Option<u32> {
        self.host(name).server.as_ref().map(Child::id)
    }

    /// Cuts the connections. What ran in them lives on, as it does when a line is cut; new connections are answered.
    pub fn drop_connections(&self, name: &str) {
        if let Some(server) = &self.host(name).server {
            kill_children(server.id());
        }
    }

    /// Nothing listens any more, and connections are cut.
    pub fn stop(&mut self, name: &str) {
        self.host_mut(name).stop();
    }

    /// Listens again, on the same port and with the same key.
    pub fn start_again(&mut self, name: &str) {
        self.host_mut(name).start();
    }

    /// Another machine answers at this address.
    pub fn change_host_key(&mut self, name: &str) {
        let host = self.host_mut(name);
        host.stop();
        let key = host.folder.join("host_key");
        fs::remove_file(&key).expect("the old key");
        new_key(&key);
        host.start();
    }

    /// The connections that it serves now.
    pub fn connections(&self, name: &str) -> usize {
        self.server(name).map_or(0, |server| children(server).len())
    }

    /// How often somebody has logged in since it was last started.
    pub fn logins(&self, name: &str) -> usize {
        let log = fs::read_to_string(self.host(name).folder.join("log")).unwrap_or_default();
        log.lines().filter(|line| line.starts_with("Accepted publickey")).count()
    }

    /// From now on another machine answers by this name, with the same key, or with None the first one again.
    pub fn be_machine(&mut self, name: &str, machine_id: Option<&str>) {
        let host = self.host_mut(name);
        host.stop();
        host.machine_id = machine_id.map(str::to_owned);
        host.start();
    }

    /// From now on only this command runs there, whatever is asked for.
    pub fn force_command(&mut self, name: &str, command: &str) {
        let host = self.host_mut(name);
        host.stop();
        host.forced = Some(command.to_owned());
        host.start();
    }

    fn host(&self, name: &str) -> &Host {
        self.hosts.iter().find(|host| host.name == name).expect("a host that was started")
    }

    fn host_mut(&mut self, name: &str) -> &mut Host {
        self.hosts.iter_mut().find(|host| host.name == name).expect("a host that was started")
    }

    fn write_client_files(&self) {
        let folder = self.scratch.path().display();
        let user = user();
        let mut known = String::new();
        let mut config = String::new();
        for Host { name, port, folder, .. } in &self.hosts {
            let key = fs::read_to_string(folder.join("host_key.pub")).expect("a public key");
            let _ = writeln!(known, "{name},[127.0.0.1]:{port} {}", key.trim());
            let _ = writeln!(config, "Host {name}\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias {name}");
        }
        let _ = write!(
            config,
            "Host *\n  User {user}\n  IdentityFile {folder}/id\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
             UserKnownHostsFile {folder}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  \
             BatchMode yes\n  ConnectTimeout 30\n  LogLevel ERROR\n"
        );
        fs::write(self.scratch.join("known_hosts"), known).expect("known_hosts");
        fs::write(&self.config, config).expect("an ssh configuration");
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        for host in &mut self.hosts {
            host.stop();
            kill_by_environment(&format!("HOME={}", host.home().display()));
        }
    }
}

impl Host {
    fn home(&self) -> PathBuf {
        self.folder.join("home")
    }

    fn start(&mut self) {
        // Somebody else may take a free port before sshd does; a port that is in `config` already must be had again.
        let chosen = self.port != 0;
        for _ in 0..5 {
            if !chosen {
                self.port = free_port();
            }
            let mut server = self.spawn();
            let port = self.port;
            if comes_up(&mut server, Duration::from_secs(10), || self.listens() && greets(port)) {
                self.server = Some(server);
                return;
            }
            let _ = server.kill();
            let _ = server.wait();
        }
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("sshd of {} does not start:\n{log}", self.name);
    }

    /// It is this sshd that has the port, and not that of somebody who took it in the same moment.
    fn listens(&self) -> bool {
        fs::read_to_string(self.folder.join("log")).is_ok_and(|log| log.contains("Server listening on "))
    }

    fn spawn(&self) -> Child {
        let Self { port, folder, .. } = self;
        let keys = folder.parent().expect("the scratch folder").join("id.pub");
        let config = folder.join("sshd_config");
        let text = format!(
            "ListenAddress 127.0.0.1:{port}\nHostKey {folder}/host_key\nAuthorizedKeysFile {keys}\nPidFile none\n\
             SetEnv HOME={home}{path}\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n\
             KbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\nMaxStartups 100\nPrintMotd no\n\
             PrintLastLog no\nX11Forwarding no\nSubsystem sftp internal-sftp\n",
            folder = folder.display(),
            keys = keys.display(),
            home = self.home().display(),
            path = self.path.as_ref().map_or_else(String::new, |path| format!(" PATH={path}")),
        );
        let forced = self.forced.as_ref().map_or_else(String::new, |command| format!("ForceCommand {command}\n"));
        fs::write(&config, text + &forced).expect("a server configuration");
        let log = File::create(folder.join("log")).expect("a log");
        let mut command = self.command();
        // In the foreground, so that its process id is the one that was started.
        command.args(["-D", "-e", "-f"]).arg(&config);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        command.spawn().expect("sshd starts")
    }

    /// Its sshd, in a world of its own where the machine has another id.
    fn command(&self) -> Command {
        let Some(id) = &self.machine_id else { return Command::new(which("sshd")) };
        let file = self.folder.join("machine-id");
        fs::write(&file, format!("{id}\n")).expect("another machine id");
        let mut command = Command::new(which("unshare"));
        let is_root = user() == "root";
        command.args(if is_root { &["--mount"][..] } else { &["--map-current-user", "--keep-caps", "--mount"][..] });
        let bound = "mount --bind \"$0\" /etc/machine-id && exec \"$@\"";
        command.args(["sh", "-c", bound]).arg(file).arg(which("sshd"));
        command
    }

    fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            kill_children(server.id());
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn new_key(path: &Path) {
    let path = path.to_str().expect("a path in UTF-8");
    run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "runbook test", "-f", path]);
}

/// Whether somebody who speaks SSH listens there.
fn greets(port: u16) -> bool {
    let address = SocketAddr::from(([127, 0, 0, 1], port));
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let mut greeting = [0; 4];
    stream.read_exact(&mut greeting).is_ok() && greeting == *b"SSH-"
}
