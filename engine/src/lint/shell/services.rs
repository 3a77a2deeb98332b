//! What a command does to a service, by the word that it is told.

use super::facts::{At, Simple};
use super::written::{literal, operands};

/// The word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verb {
    pub(crate) word: String,
    pub(crate) at: At,
    /// `--now`: what is enabled is started, too.
    pub(crate) now: bool,
}

pub(crate) fn service_verb(simple: &Simple) -> Option<Verb> {
    let words = simple.arguments();
    let at_operand = |position: usize, takes: &str, long: &[&str]| {
        let found = operands(words, takes, long).get(position).map(|(at, _)| *at)?;
        Some((found, literal(words.get(found)?)?.into_owned()))
    };
    let script = simple.words.get(simple.program).is_some_and(|word| word.contains("/init.d/") || word.contains("/rc.d/"));
    let (argument, word) = match simple.name.as_str() {
        _ if script => at_operand(0, "", &[])?,
        "systemctl" => at_operand(0, "HMtpsno", &["host", "machine", "type", "property", "signal", "state", "job-mode", "root", "lines", "output"])?,
        "service" | "invoke-rc.d" | "rc-service" | "deb-systemd-invoke" => at_operand(usize::from(simple.name != "deb-systemd-invoke"), "", &[])?,
        "supervisorctl" | "apachectl" | "apache2ctl" | "monit" | "initctl" | "svcadm" => at_operand(0, "cs", &[])?,
        "docker" | "podman" => {
            at_operand(0, "Hcl", &["context", "host"]).filter(|(_, word)| matches!(word.as_str(), "start" | "stop" | "restart" | "kill" | "ps" | "inspect"))?
        }
        "pg_ctl" => at_operand(0, "Dlmopt", &[])?,
        "pg_ctlcluster" => at_operand(2, "", &[])?,
        "rabbitmqctl" => at_operand(0, "n", &[]).map(|(at, word)| (at, word.trim_end_matches("_app").to_owned()))?,
        "nginx" if words.first().is_some_and(|word| word == "-s") => (1, literal(words.get(1)?)?.into_owned()),
        _ => return None,
    };
    Some(Verb { word, at: simple.argument_at(argument), now: words.iter().any(|word| word == "--now") })
}

/// Words that a runbook uses for what it does to a service.
pub(crate) const SAID: [&str; 9] = ["stop", "start", "restart", "reload", "enable", "disable", "reboot", "mask", "unmask"];

/// Whether a service's word does what is said.
pub(crate) fn does(verb: &Verb, said: &str) -> bool {
    let word = verb.word.as_str();
    match said {
        "stop" => {
            matches!(word, "stop" | "kill" | "quit" | "shutdown" | "poweroff" | "halt" | "isolate" | "graceful-stop" | "unmonitor")
                || verb.now && matches!(word, "disable" | "mask")
        }
        "start" => {
            matches!(word, "start" | "restart" | "try-restart" | "reload-or-restart" | "isolate" | "graceful" | "monitor")
                || verb.now && matches!(word, "enable" | "unmask")
        }
        "restart" => matches!(
            word,
            "restart" | "try-restart" | "reload-or-restart" | "try-reload-or-restart" | "condrestart" | "force-restart" | "graceful" | "force-reload"
        ),
        "reload" => matches!(
            word,
            "reload" | "reload-or-restart" | "try-reload-or-restart" | "force-reload" | "daemon-reload" | "daemon-reexec" | "graceful" | "update" | "reread"
        ),
        "enable" => matches!(word, "enable" | "reenable" | "unmask" | "preset"),
        "disable" => matches!(word, "disable" | "mask"),
        "mask" | "unmask" => word == said,
        "reboot" => matches!(word, "reboot" | "kexec" | "soft-reboot"),
        _ => false,
    }
}

/// Words that only look.
pub(crate) fn only_looks(word: &str) -> bool {
    matches!(
        word,
        "status"
            | "show"
            | "cat"
            | "help"
            | "is-active"
            | "is-enabled"
            | "is-failed"
            | "is-system-running"
            | "get-default"
            | "ps"
            | "inspect"
            | "configtest"
            | "fullstatus"
            | "avail"
            | "summary"
            | "list"
    ) || word.starts_with("list-")
        || word.starts_with("show-")
}
