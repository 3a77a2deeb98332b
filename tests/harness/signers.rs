//! People with ssh keys, an agent that holds some, and somebody who may write to the journal.

use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use engine::journal::chain::{genesis, link};

use super::desk::Desk;
use super::scratch::{comes_up, run, search_path};

/// Makes a key in the desk's home; its public half, without a comment.
pub fn key(desk: &Desk, name: &str) -> String {
    let path = desk.home().join(name).display().to_string();
    if !desk.home().join(name).exists() {
        run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", &path]);
    }
    let public = std::fs::read_to_string(format!("{path}.pub")).expect("a public key");
    public.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// Their line in a file of allowed signers.
pub fn allowed(desk: &Desk, name: &str, options: &str) -> String {
    format!("{name} namespaces=\"runbook\"{options} {}\n", key(desk, name))
}

/// Dropped, it is ended.
#[derive(Debug)]
pub struct Agent {
    child: Child,
    pub socket: String,
}

impl Agent {
    pub fn start(desk: &Desk) -> Self {
        let socket = desk.home().join("agent").display().to_string();
        let mut command = Command::new("ssh-agent");
        command.args(["-D", "-a", &socket]).env("PATH", search_path()).stdin(Stdio::null()).stdout(Stdio::null());
        let mut child = command.spawn().expect("an agent");
        assert!(comes_up(&mut child, Duration::from_secs(30), || std::path::Path::new(&socket).exists()), "the agent listens");
        Self { child, socket }
    }

    pub fn holds(&self, key: &str) {
        let added = Command::new("ssh-add").args(["-q", key]).env("PATH", search_path()).env("SSH_AUTH_SOCK", &self.socket).output().expect("ssh-add");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What somebody can do who may write to the state folder: other events of the newest run, in a chain that holds.
pub fn rewritten(desk: &Desk, change: impl FnOnce(&mut Vec<(u64, String)>)) {
    let file = desk.state().join("journal.db").display().to_string();
    let run_id = run("sqlite3", [&file, "select run from runs order by created desc limit 1"]).trim().to_owned();
    let rows = run("sqlite3", ["-json", &file, &format!("select seq, body from events where run = '{run_id}' order by seq")]);
    let rows: Vec<serde_json::Value> = serde_json::from_str(&rows).expect("rows");
    let mut events = rows.iter().map(|row| (row["seq"].as_u64().expect("a number"), row["body"].as_str().expect("a text").to_owned())).collect();
    change(&mut events);
    let mut script = format!("begin; delete from events where run = '{run_id}';\n");
    let mut head = genesis(&run_id);
    for (seq, body) in &events {
        head = link(&head, *seq, body);
        script += &format!("insert into events values ('{run_id}', {seq}, '{}', '{head}');\n", body.replace('\'', "''"));
    }
    script += "commit;\n";
    let mut child = Command::new("sqlite3").arg(&file).env("PATH", search_path()).stdin(Stdio::piped()).spawn().expect("sqlite3");
    child.stdin.take().expect("its input").write_all(script.as_bytes()).expect("it reads");
    assert!(child.wait().expect("it ends").success(), "{script}");
}
