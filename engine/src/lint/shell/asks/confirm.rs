//! Programs that ask "go on?" and take a word for it beforehand.

use super::super::facts::Simple;
use super::super::written::{has_flag, literal, operands};
use super::Asks;

struct Confirms {
    programs: &'static [&'static str],
    /// The operand that makes it ask; none: it always does.
    verbs: &'static [&'static str],
    /// Short options that take a word.
    takes: &'static str,
    /// Options with which it does not ask.
    short: &'static str,
    long: &'static [&'static str],
    /// What answers beforehand.
    add: &'static str,
}

const CONFIRMS: &[Confirms] = &[
    Confirms {
        programs: &["apt", "apt-get", "aptitude"],
        verbs: &["install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade", "autoremove", "autopurge", "build-dep", "reinstall"],
        takes: "octa",
        short: "ys",
        long: &["yes", "assume-yes", "simulate", "dry-run", "just-print", "no-act", "recon", "force-yes", "trivial-only", "assume-no", "print-uris"],
        add: "-y",
    },
    Confirms {
        programs: &["yum", "dnf", "microdnf", "tdnf"],
        verbs: &[
            "install",
            "remove",
            "erase",
            "update",
            "upgrade",
            "autoremove",
            "downgrade",
            "reinstall",
            "groupinstall",
            "localinstall",
            "swap",
            "distro-sync",
            "upgrade-minimal",
            "update-minimal",
            "module",
        ],
        takes: "cdexR",
        short: "y",
        long: &["assumeyes", "assumeno", "downloadonly"],
        add: "-y",
    },
    Confirms {
        programs: &["zypper"],
        verbs: &["install", "in", "remove", "rm", "update", "up", "patch", "dist-upgrade", "dup"],
        takes: "cDR",
        short: "nyD",
        long: &["non-interactive", "no-confirm", "dry-run"],
        add: "--no-confirm",
    },
    Confirms {
        programs: &["flatpak"],
        verbs: &["install", "uninstall", "update", "remove"],
        takes: "",
        short: "y",
        long: &["assumeyes", "noninteractive"],
        add: "-y",
    },
    Confirms { programs: &["pip", "pip3"], verbs: &["uninstall"], takes: "r", short: "y", long: &["yes"], add: "-y" },
    Confirms {
        programs: &["conda", "mamba"],
        verbs: &["install", "remove", "update", "create", "uninstall"],
        takes: "ncp",
        short: "y",
        long: &["yes", "dry-run"],
        add: "-y",
    },
    Confirms {
        programs: &["lvremove", "vgremove", "pvremove", "lvreduce"],
        verbs: &[],
        takes: "LlAnS",
        short: "yft",
        long: &["yes", "force", "test"],
        add: "-y",
    },
    Confirms { programs: &["kubeadm"], verbs: &["reset"], takes: "v", short: "f", long: &["force", "dry-run"], add: "--force" },
    Confirms { programs: &["ufw"], verbs: &["enable", "reset"], takes: "", short: "", long: &["force", "dry-run"], add: "--force" },
    Confirms { programs: &["gcloud"], verbs: &["delete"], takes: "", short: "q", long: &["quiet"], add: "--quiet" },
    Confirms { programs: &["docker", "podman"], verbs: &["prune"], takes: "H", short: "f", long: &["force"], add: "--force" },
    Confirms { programs: &["docker-compose"], verbs: &["rm"], takes: "fp", short: "f", long: &["force"], add: "--force" },
    Confirms {
        programs: &["certbot"],
        verbs: &["certonly", "run", "delete"],
        takes: "dmwi",
        short: "n",
        long: &["non-interactive", "noninteractive"],
        add: "--non-interactive",
    },
    Confirms {
        programs: &["mysql_secure_installation", "mariadb-secure-installation"],
        verbs: &[],
        takes: "S",
        short: "",
        long: &["use-default"],
        add: "--use-default",
    },
    Confirms {
        programs: &["do-release-upgrade"],
        verbs: &[],
        takes: "m",
        short: "fcV",
        long: &["frontend", "check-dist-upgrade-only", "version"],
        add: "-f DistUpgradeViewNonInteractive",
    },
];

pub(super) fn asks(simple: &Simple) -> Option<Asks> {
    let words = simple.arguments();
    let name = simple.name.as_str();
    if let Some(row) = CONFIRMS.iter().find(|row| row.programs.contains(&name)) {
        let all = operands(words, row.takes, &[]);
        // The verb is one of the first words; what comes later are names.
        let verb = all.iter().take(3).find(|(_, word)| row.verbs.contains(word)).map(|(at, _)| *at);
        let silent =
            row.short.chars().any(|letter| has_flag(words, letter, &row.takes.replace(letter, ""), row.long)) || has_flag(words, '\0', row.takes, row.long);
        let spelled = words.iter().any(|word| word.contains("Assume-Yes") || word == "-qq");
        // Options that only the run can tell.
        let hidden = verb.is_some_and(|at| words[..at].iter().any(|word| word.starts_with(['$', '`', '"'])));
        if silent || spelled || hidden || verb.is_none() && !row.verbs.is_empty() {
            return None;
        }
        let behind = verb.map_or_else(|| simple.name_at(), |at| simple.argument_at(at));
        return Some(Asks { waits: "asks whether to go on", write: format!("add `{}`", row.add), insert: Some((behind, format!(" {}", row.add))) });
    }
    let confirm = |write: &str| Some(Asks { waits: "asks whether to go on", write: write.to_owned(), insert: None });
    let given =
        |letters: &str, takes: &str, long: &[&str]| letters.chars().any(|letter| has_flag(words, letter, takes, long)) || has_flag(words, '\0', takes, long);
    match name {
        "pacman" => {
            let operation = words.iter().find(|word| word.starts_with('-') && word.contains(['S', 'R', 'U']) && !word.starts_with("--"))?;
            let only_asks = operation.contains(['s', 'i', 'l', 'g', 'p']) && !operation.contains("Rs") && !operation.contains("Rns")
                || operation == "-Sy" && operands(words, "", &[]).is_empty();
            let told = given("", "", &["noconfirm", "print"]);
            let asks =
                Asks { waits: "asks whether to go on", write: "add `--noconfirm`".to_owned(), insert: Some((simple.name_at(), " --noconfirm".to_owned())) };
            (!only_asks && !told).then_some(asks)
        }
        "terraform" | "tofu" => {
            let all = operands(words, "", &[]);
            let asks =
                matches!(all.as_slice(), [(_, "apply" | "destroy")]) && !words.iter().any(|word| word.trim_start_matches('-').starts_with("auto-approve"));
            if asks { confirm("apply a plan that was written to a file, or add `-auto-approve`") } else { None }
        }
        "fsck" | "e2fsck" | "fsck.ext4" | "fsck.ext3" | "fsck.vfat" if !given("ynpaNVM", "tCbBEjLl", &[]) => confirm("add `-y`, or `-n` to look only"),
        "unzip" if !given("onltpvZhz", "dxP", &[]) => confirm("add `-o` to overwrite what is there, or `-n` to keep it"),
        "mdadm" if words.iter().any(|word| word == "--create" || word == "-C") && !given("R", "", &["run"]) => confirm("add `--run`"),
        "cryptsetup" if words.iter().any(|word| word == "luksFormat") && !given("q", "dchsy", &["batch-mode"]) => {
            confirm("add `--batch-mode` and `--key-file`")
        }
        "az" if words.iter().any(|word| word == "delete") && !given("y", "gnso", &["yes", "no-wait"]) => confirm("add `--yes`"),
        "passwd" if !given("luedSxnwi", "", &["stdin", "status", "lock", "unlock", "delete", "expire", "all"]) => {
            confirm("write `chpasswd` and give it the line by the field `stdin`")
        }
        "adduser" => {
            let named = operands(words, "", &["home", "shell", "uid", "gid", "firstuid", "lastuid", "ingroup", "gecos", "comment"]).len() == 1;
            let told = given("SDHrM", "", &["system", "disabled-password", "disabled-login", "group", "gecos"]);
            if named && !told && words.first().is_some_and(|word| literal(word).is_none_or(|text| !text.starts_with('-'))) {
                confirm("write `useradd`, or add `--disabled-password --gecos ''`")
            } else {
                None
            }
        }
        _ => None,
    }
}
