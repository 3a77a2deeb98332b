//! Programs made for a person at a terminal: editors, pagers, prompts, clients.

use super::super::facts::{Layer, Simple};
use super::super::said::Said;
use super::super::written::{has_flag, operands};
use super::Asks;

const GONE: &str = "waits for keys that nobody presses";
const TYPED: &str = "waits for what a person would type";
const PASSWORD: &str = "asks for a password";

pub(super) fn asks(said: &Said<'_>, simple: &Simple, given: bool) -> Option<Asks> {
    let words = simple.arguments();
    let says = |waits: &'static str, write: &str| Some(Asks { waits, write: write.to_owned(), insert: None });
    let has = |letters: &str, takes: &str, long: &[&str]| {
        letters.chars().any(|letter| has_flag(words, letter, &takes.replace(letter, ""), long)) || has_flag(words, '\0', takes, long)
    };
    let word = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let first = words.first().map(String::as_str).unwrap_or_default();
    match simple.name.as_str() {
        "vi" | "vim" | "nvim" | "view" if !has("esEcSh", "", &["cmd", "headless", "version", "help"]) && !words.iter().any(|word| word.starts_with('+')) => {
            says(GONE, "write the change: `sed -i`, `crudini`, or the action `file.contains`")
        }
        "nano" | "pico" | "joe" | "mcedit" | "emacs" | "vipw" | "vigr" | "sudoedit" if !has("", "", &["batch", "version", "script"]) => {
            says(GONE, "write the change: `sed -i`, `crudini`, or the action `file.contains`")
        }
        "visudo" if !has("cV", "f", &["check", "version"]) => says(GONE, "write a file in /etc/sudoers.d and check it by `visudo -c`"),
        "crontab" if has("e", "u", &[]) => says(GONE, "write a file in /etc/cron.d, or `crontab FILE`"),
        "systemctl" if first == "edit" && !has("", "", &["stdin"]) => says(GONE, "write the drop-in to /etc/systemd/system/UNIT.d/NAME.conf"),
        "kubectl" | "oc" | "virsh" if first == "edit" => says(GONE, "write `kubectl patch` or `kubectl apply -f FILE`"),
        "less" | "more" | "most" if !has("VE", "", &["version", "help"]) => says(GONE, "write `cat`"),
        "htop" | "btop" | "nmtui" | "mc" | "cfdisk" | "dialog" | "whiptail" | "alsamixer" => says(GONE, "use a program that takes its orders as arguments"),
        "top" | "iotop" if !has("bv", "dnpuU", &["batch", "version"]) => says(GONE, "write `top -b -n 1`"),
        "screen" if !word(&["-ls", "-list", "-X", "-v"]) && !words.iter().any(|word| word.starts_with("-dm") || word == "-d" || word == "-D") => {
            says(GONE, "make it a unit: `systemd-run`")
        }
        "rm" if has("iI", "", &["interactive"]) && !has("f", "", &["force"]) => says("asks before each file", "leave `-i` out"),
        "cp" | "mv" | "ln" if has("i", "tS", &["interactive"]) => says("asks before it overwrites", "leave `-i` out; `-n` overwrites nothing"),
        "git" => git(words, has("i", "", &["interactive"]), has("p", "", &["patch"])),
        "su" if !has("c", "sgG", &["command"]) && !given => says(TYPED, "name the user by the field `as`"),
        "sudo" if !given && word(&["-i", "-s", "--login", "--shell"]) => says(TYPED, "name the user by the field `as`"),
        "bash" | "sh" | "dash" | "zsh" | "ksh" if !given && words.iter().all(|word| matches!(word.as_str(), "-l" | "-i" | "--login" | "-")) => {
            says(TYPED, "write its commands: `bash -c '…'`")
        }
        "read" if !given && !has("u", "", &[]) && simple.stands.layer != Layer::Code => says(TYPED, "give it by the field `stdin`, or make it a `param`"),
        "ssh" if !given && !has("NfWOGQVT", "BbcDEeFIiJLlmoOpQRSWw", &[]) && operands(words, "BbcDEeFIiJLlmOopQRSWw", &[]).len() == 1 => {
            says("opens a session for a person", "run the step on that host by `on`, or name the command")
        }
        "ssh-copy-id" => says(PASSWORD, "put the key into authorized_keys by other means"),
        "ssh-keygen"
            if !word(&["-R", "-l", "-y", "-F", "-H", "-A", "-s", "-k", "-Q", "-B", "-L", "-Y", "-i", "-e", "-r", "-G", "-M", "-lf"]) && !word(&["-N"]) =>
        {
            says("asks where the key goes and for its passphrase", "add `-N ''` and `-f FILE`")
        }
        "ftp" | "telnet" if !given && first != "-h" => says(TYPED, "use curl, or `sftp -b FILE`"),
        "sftp" if !given && !has("bh", "BbcDFiJloPRSs", &[]) => says(TYPED, "add `-b FILE`, or use scp"),
        "mysql" | "mariadb" | "mysqldump" | "mariadb-dump" | "mysqladmin" | "mariadb-admin" if word(&["-p", "--password"]) => {
            says(PASSWORD, "let it read a file: `--defaults-extra-file=FILE`, or log in through the socket")
        }
        "mysql" | "mariadb" if !given && !has("eV?", "hPSuDT", &["execute", "version", "help", "print-defaults"]) => {
            says(TYPED, "add `-e 'STATEMENT'`, or give the statements by `stdin`")
        }
        "psql" if has("W", "hpUdcfvoPFRT", &["password"]) => says(PASSWORD, "use ~/.pgpass or a `service`"),
        "psql" if !given && !has("cflVL", "hpUdvoPFRT", &["command", "file", "list", "version", "help"]) => {
            says(TYPED, "add `-c 'STATEMENT'`, or give the statements by `stdin`")
        }
        "sqlite3" if !given && operands(words, "", &["init", "cmd"]).len() == 1 && !word(&["-version", "--version", "-cmd", "-init"]) => {
            says(TYPED, "name the statement behind the file")
        }
        "redis-cli"
            if !given
                && operands(words, "hpsarnuidDtc", &["user", "pass", "tls-cacert", "cacert", "cert", "key", "sni"]).is_empty()
                && words.iter().all(|word| !word.starts_with("--") || word.starts_with("--no-auth")) =>
        {
            says(TYPED, "name the command: `redis-cli PING`")
        }
        "mongo" | "mongosh" if !given && !has("fh", "up", &["eval", "file", "version", "help"]) && !words.iter().any(|word| word.ends_with(".js")) => {
            says(TYPED, "add `--eval 'CODE'`")
        }
        "python" | "python3" | "node" | "irb" | "ghci" | "bc" if !given && words.is_empty() => says(TYPED, "name the file, or the code by `-c`"),
        "fdisk" | "gdisk" if !given && !has("lsvVh", "bCHStuo", &["list", "version", "help", "getsz"]) => says(TYPED, "write it for sfdisk, or `sgdisk`"),
        "parted" if !given && !has("slvmh", "a", &["script", "list", "version"]) => says(TYPED, "add `--script`"),
        "cryptsetup" if !given && word(&["luksOpen", "open", "luksAddKey"]) && !has("d", "chsy", &["key-file"]) => {
            says("asks for a passphrase", "add `--key-file`")
        }
        "gpg" | "gpg2" if !has("", "", &["batch"]) && words.iter().any(|word| is_talkative(word)) => {
            says("asks questions", "add `--batch`, with the answers in a file")
        }
        "docker" | "podman" | "nerdctl" | "docker-compose" => container(simple, words),
        "kubectl" if first == "exec" && wants_terminal(words) => says("wants a terminal, and there is none", "write `-i` in place of `-it`, or neither"),
        "kinit" if !given && !has("ktRVn", "cSlrs", &[]) => says(PASSWORD, "use a keytab: `kinit -k -t FILE`"),
        "openssl" if first == "req" && word(&["-new", "-newkey", "-x509"]) && !word(&["-subj", "-config", "-batch"]) => {
            says("asks for the parts of the name", "add `-subj '/CN=…'`")
        }
        "htpasswd" if !given && !has("biDvn", "C", &[]) => says(PASSWORD, "add `-i` and give the password by `stdin`"),
        "dpkg-reconfigure"
            if !has("fh", "p", &["frontend", "help"])
                && !said.sets("DEBIAN_FRONTEND")
                && !simple.before.iter().any(|(name, _)| name == "DEBIAN_FRONTEND")
                && !simple.words[..simple.program].iter().any(|word| word.starts_with("DEBIAN_FRONTEND=")) =>
        {
            says("asks the package's questions", "add `-f noninteractive`, and answer by debconf-set-selections")
        }
        "update-alternatives" if has("", "", &["config"]) => says("asks which one", "write `update-alternatives --set NAME PATH`"),
        "ansible-playbook" | "ansible" if has("Kk", "ielfMtuU", &["ask-pass", "ask-become-pass", "ask-vault-pass"]) => {
            says(PASSWORD, "use keys, `sudo` rules and `--vault-password-file`")
        }
        "chsh" if !has("s", "", &["shell"]) => says(TYPED, "add `-s SHELL`"),
        _ => None,
    }
}

fn git(words: &[String], interactive: bool, patch: bool) -> Option<Asks> {
    let all = operands(words, "Cc", &[]);
    let verb = all.first().map(|(_, verb)| *verb)?;
    let rest = words.iter().skip_while(|word| *word != verb).skip(1).cloned().collect::<Vec<_>>();
    let says = |write: &str| Some(Asks { waits: GONE, write: write.to_owned(), insert: None });
    match verb {
        "commit"
            if !["m", "F", "C"].iter().any(|letter| {
                letter.chars().any(|letter| has_flag(&rest, letter, "", &["message", "file", "no-edit", "reuse-message", "fixup", "dry-run"]))
            }) =>
        {
            says("add `-m 'MESSAGE'`, or `--no-edit`")
        }
        "rebase" | "add" | "clean" if interactive => says("leave `-i` out"),
        "add" | "checkout" | "reset" | "stash" if patch => says("leave `-p` out"),
        _ => None,
    }
}

fn container(simple: &Simple, words: &[String]) -> Option<Asks> {
    let says = |waits: &'static str, write: &str| Some(Asks { waits, write: write.to_owned(), insert: None });
    let all = operands(words, "Hcf", &[]);
    let verb = all.iter().take(2).map(|(_, word)| *word).find(|word| matches!(*word, "run" | "exec" | "attach" | "login"))?;
    let own: Vec<String> = words.iter().skip_while(|word| *word != verb).skip(1).take_while(|word| word.starts_with('-')).cloned().collect();
    match verb {
        "run" | "exec" if wants_terminal(&own) && simple.name != "docker-compose" => {
            says("wants a terminal, and there is none", "leave `-t` out: `-i` in place of `-it`, or neither")
        }
        "attach" => says(TYPED, "write `docker exec`, or `docker logs`"),
        "login" if !has_flag(words, 'p', "u", &["password", "password-stdin"]) => says(PASSWORD, "add `--password-stdin` and give it by `stdin`"),
        _ => None,
    }
}

/// `-it`, `-ti`, `-i -t`, `--interactive --tty`.
fn wants_terminal(words: &[String]) -> bool {
    let until: Vec<String> = words.iter().take_while(|word| *word != "--").cloned().collect();
    has_flag(&until, 'i', "eupvwlhn", &["interactive", "stdin"]) && has_flag(&until, 't', "eupvwlhn", &["tty"])
}

fn is_talkative(word: &str) -> bool {
    matches!(
        word,
        "--gen-key"
            | "--full-gen-key"
            | "--full-generate-key"
            | "--generate-key"
            | "--edit-key"
            | "--delete-key"
            | "--delete-keys"
            | "--delete-secret-key"
            | "--delete-secret-keys"
            | "--sign-key"
            | "--lsign-key"
    )
}
