//! Programs that change a system: services, packages, users, the network, containers.

use super::super::facts::Simple;
use super::super::services::{only_looks, service_verb};
use super::super::written::{has_flag, literal, operands};
use super::statements;

pub(super) fn change(simple: &Simple) -> Option<&'static str> {
    if let Some(verb) = service_verb(simple) {
        let looks = only_looks(&verb.word) || verb.word.contains(['$', '{']) || verb.word.is_empty();
        return (!looks && is_known(simple, &verb.word)).then_some("changes a service");
    }
    packages(simple).or_else(|| system(simple)).or_else(|| clusters(simple)).or_else(|| web(simple)).or_else(|| statements::change(simple))
}

fn is_known(simple: &Simple, word: &str) -> bool {
    let common = ["start", "stop", "restart", "reload", "enable", "disable", "kill", "reboot", "graceful", "force-reload", "force-restart", "condrestart"];
    common.contains(&word)
        || simple.name == "systemctl"
            && matches!(
                word,
                "mask"
                    | "unmask"
                    | "isolate"
                    | "reset-failed"
                    | "set-property"
                    | "set-default"
                    | "daemon-reload"
                    | "daemon-reexec"
                    | "edit"
                    | "poweroff"
                    | "halt"
                    | "reload-or-restart"
                    | "try-restart"
                    | "kexec"
            )
}

fn packages(simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    let first = operands(words, "octadexRr", &[]).first().map(|(_, word)| *word).unwrap_or_default();
    let has = |letters: &str| letters.chars().any(|letter| has_flag(words, letter, "", &[]));
    let dry =
        has_flag(words, 's', "octa", &["simulate", "dry-run", "just-print", "assumeno", "downloadonly", "no-act", "recon"]) || has_flag(words, 'D', "", &[]);
    let changes = match simple.name.as_str() {
        "apt" | "apt-get" | "aptitude" => {
            matches!(first, "install" | "remove" | "purge" | "upgrade" | "dist-upgrade" | "full-upgrade" | "autoremove" | "reinstall" | "clean")
        }
        "yum" | "dnf" | "microdnf" | "zypper" => {
            matches!(first, "install" | "in" | "remove" | "rm" | "erase" | "update" | "up" | "upgrade" | "autoremove" | "downgrade" | "reinstall")
        }
        "snap" | "pip" | "pip3" | "gem" | "npm" | "brew" | "apk" => {
            matches!(first, "install" | "remove" | "uninstall" | "refresh" | "update" | "add" | "del" | "upgrade")
        }
        "dpkg" => has("irP") && !has("l"),
        "rpm" => has("iUe") && !has("q"),
        _ => false,
    };
    (changes && !dry).then_some("changes packages")
}

fn system(simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    let first = words.first().map(String::as_str).unwrap_or_default();
    let any = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let (changes, does) = match simple.name.as_str() {
        "kill" | "pkill" | "killall" => {
            (!any(&["-0", "-l", "--list", "-L"]) && !words.windows(2).any(|pair| pair[0] == "-s" && pair[1] == "0"), "ends a process")
        }
        "reboot" | "halt" | "poweroff" => (!any(&["--help", "-w"]), "takes the host down"),
        "shutdown" => (!any(&["--show", "-k", "-c"]), "takes the host down"),
        "init" | "telinit" => (!words.is_empty(), "takes the host down"),
        "useradd" | "usermod" | "userdel" | "groupadd" | "groupmod" | "groupdel" | "adduser" | "deluser" | "chpasswd" | "gpasswd" => (true, "changes users"),
        "passwd" => (!any(&["-S", "--status"]), "changes users"),
        "mount" => (!operands(words, "toL", &[]).is_empty() && !any(&["-l", "--fake", "-f"]), "mounts something"),
        "umount" => (true, "unmounts something"),
        "swapoff" => (true, "changes the host's memory"),
        "sysctl" => (
            any(&["-w", "-p", "--system", "--write"]) || words.iter().any(|word| word.contains('=') && !word.starts_with('-')),
            "changes the kernel's settings",
        ),
        "modprobe" => (!any(&["-n", "--dry-run", "-c", "--showconfig", "--show-depends", "-D"]), "changes the kernel"),
        "rmmod" | "insmod" => (true, "changes the kernel"),
        "iptables" | "ip6tables" => (any(&["-A", "-D", "-I", "-F", "-P", "-X", "-N", "-R", "-Z"]), "changes the firewall"),
        "nft" => (matches!(first, "add" | "delete" | "flush" | "insert" | "replace" | "-f"), "changes the firewall"),
        "ufw" => (matches!(first, "allow" | "deny" | "enable" | "disable" | "delete" | "reset" | "reload" | "reject" | "limit"), "changes the firewall"),
        "firewall-cmd" => (words.iter().any(|word| word.starts_with("--add-") || word.starts_with("--remove-") || word == "--reload"), "changes the firewall"),
        "ip" => (
            any(&["add", "del", "delete", "replace", "flush", "change"]) || words.iter().any(|word| word == "set") && any(&["link", "l"]),
            "changes the network",
        ),
        "hostnamectl" | "timedatectl" | "localectl" => (first.starts_with("set-"), "changes the host"),
        "crontab" => (!any(&["-l"]) && !words.is_empty(), "changes the cron table"),
        "puppet" => (puppet(words), "changes the host"),
        "ansible-playbook" => {
            (!has_flag(words, 'C', "ielfMtuU", &["check", "syntax-check", "list-hosts", "list-tasks", "list-tags", "version"]), "changes hosts")
        }
        "systemd-run" => (true, "starts something"),
        _ => return None,
    };
    changes.then_some(does)
}

/// `puppet agent --disable`, `--enable`, and a run that is not `--noop`.
fn puppet(words: &[String]) -> bool {
    let any = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    match words.first().map(String::as_str) {
        Some("agent") => any(&["--enable", "--disable"]) || any(&["-t", "--test", "--onetime"]) && !any(&["--noop"]),
        Some("apply") => !any(&["--noop"]),
        _ => false,
    }
}

fn clusters(simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    let all: Vec<&str> =
        operands(words, "nHfcCl", &["namespace", "context", "kubeconfig", "host", "region", "profile"]).into_iter().map(|(_, word)| word).collect();
    let (first, second) = (all.first().copied().unwrap_or_default(), all.get(1).copied().unwrap_or_default());
    let dry = words.iter().any(|word| word.starts_with("--dry-run") && word != "--dry-run=none");
    let (changes, does) = match simple.name.as_str() {
        "docker" | "podman" | "docker-compose" => {
            let verb = if matches!(first, "compose" | "container" | "image" | "volume" | "network" | "service" | "stack" | "system") { second } else { first };
            (
                matches!(
                    verb,
                    "start"
                        | "stop"
                        | "restart"
                        | "kill"
                        | "rm"
                        | "rmi"
                        | "prune"
                        | "push"
                        | "up"
                        | "down"
                        | "create"
                        | "update"
                        | "scale"
                        | "deploy"
                        | "pause"
                        | "unpause"
                ),
                "changes containers",
            )
        }
        "kubectl" | "oc" => {
            let plain = matches!(
                first,
                "apply"
                    | "create"
                    | "delete"
                    | "scale"
                    | "patch"
                    | "edit"
                    | "drain"
                    | "cordon"
                    | "uncordon"
                    | "taint"
                    | "label"
                    | "annotate"
                    | "replace"
                    | "set"
            );
            ((plain || first == "rollout" && matches!(second, "restart" | "undo" | "pause" | "resume")) && !dry, "changes a cluster")
        }
        "helm" => (matches!(first, "install" | "upgrade" | "uninstall" | "rollback" | "delete") && !dry, "changes a cluster"),
        "terraform" | "tofu" => (matches!(first, "apply" | "destroy" | "import" | "taint"), "changes what terraform keeps"),
        "git" => (
            matches!(first, "checkout" | "switch" | "reset" | "clean" | "pull" | "push" | "commit" | "merge" | "rebase" | "add" | "rm" | "mv"),
            "changes a repository",
        ),
        "redis-cli" => {
            let verb = all.iter().map(|word| word.to_ascii_lowercase()).find(|word| word.chars().all(|c| c.is_ascii_alphabetic())).unwrap_or_default();
            (
                matches!(
                    verb.as_str(),
                    "set" | "del" | "flushall" | "flushdb" | "shutdown" | "failover" | "slaveof" | "replicaof" | "expire" | "rename" | "bgrewriteaof"
                ),
                "changes a database",
            )
        }
        "aws" => {
            let write = [
                "create-",
                "delete-",
                "put-",
                "update-",
                "modify-",
                "start-",
                "stop-",
                "terminate-",
                "reboot-",
                "run-",
                "attach-",
                "detach-",
                "register-",
                "deregister-",
            ];
            (
                write.iter().any(|verb| second.starts_with(verb)) || first == "s3" && matches!(second, "rm" | "mv" | "cp" | "sync" | "rb" | "mb"),
                "changes the cloud",
            )
        }
        "etcdctl" | "consul" | "vault" => {
            (matches!(first, "put" | "del" | "delete" | "write") || first == "kv" && matches!(second, "put" | "delete"), "changes what is kept there")
        }
        "zfs" | "zpool" => (
            matches!(first, "create" | "destroy" | "set" | "snapshot" | "rollback" | "rename" | "clone" | "promote" | "add" | "attach" | "detach" | "replace"),
            "changes a disk",
        ),
        _ => return None,
    };
    changes.then_some(does)
}

/// The letters of curl's options that take a word, without those that are looked for.
const TAKES: &str = "ACDEHKPQUYbcehmortuwxyz";

/// A request that asks for a change. A search may be sent by POST as well.
fn web(simple: &Simple) -> Option<&'static str> {
    let words = simple.arguments();
    if simple.name != "curl" || words.iter().any(|word| word.contains("$@") || word.contains("[@]") || word.contains("${@")) {
        return None;
    }
    let method = words.iter().enumerate().find_map(|(i, word)| match word.as_str() {
        "-X" | "--request" => words.get(i + 1).and_then(|word| literal(word)),
        _ => word
            .strip_prefix("-X")
            .or_else(|| word.strip_prefix("--request="))
            .and_then(literal)
            .or_else(|| word.strip_prefix("-sX").and_then(|_| literal(words.get(i + 1)?))),
    });
    let sends = has_flag(words, 'd', TAKES, &["data", "data-raw", "data-binary", "data-urlencode", "json", "form", "upload-file"])
        || has_flag(words, 'F', TAKES, &[])
        || has_flag(words, 'T', TAKES, &[]);
    let as_query = has_flag(words, 'G', TAKES, &["get"]);
    let searches = words.iter().any(|word| {
        let lower = word.to_ascii_lowercase();
        ["_search", "_count", "/query", "/search", "graphql", "override: get", "/oauth", "/token", "jsonrpc", "json-rpc", "/rpc", "/login"]
            .iter()
            .any(|sign| lower.contains(sign))
    });
    let changes = match method.as_deref() {
        Some("POST" | "post") => !searches,
        Some("PUT" | "DELETE" | "PATCH" | "put" | "delete" | "patch") => true,
        Some(_) => false,
        None => sends && !as_query && !searches,
    };
    changes.then_some("asks a server for a change")
}
