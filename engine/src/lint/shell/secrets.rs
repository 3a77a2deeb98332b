//! Passwords, tokens and keys among the words of a command.

use super::facts::{At, Pipeline, Simple};
use super::said::Said;
use super::written::{has_flag, literal, operands};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    pub(crate) at: At,
    pub(crate) what: &'static str,
    /// It stands there word for word.
    pub(crate) written: bool,
}

pub(crate) fn secrets(said: &Said<'_>) -> Vec<Secret> {
    let facts = &said.facts;
    let mut found = Vec::new();
    for simple in &facts.simples {
        of_assignments(simple, &mut found);
        if !matches!(simple.name.as_str(), "echo" | "printf" | "grep" | "sed" | "awk" | "logger" | "[" | "test" | ":") {
            of_words(simple, &mut found);
            of_program(simple, &mut found);
        }
    }
    facts.pipelines.iter().for_each(|pipeline| of_pipe(said, pipeline, &mut found));
    of_script(said.script(), &mut found);
    found.sort_by_key(|secret| secret.at.start);
    found.dedup_by(|next, first| first.at.start <= next.at.start && next.at.end <= first.at.end);
    found
}

/// `PGPASSWORD`, `api_token`; not `PASSWORD_FILE`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let ends = ["PASSWORD", "PASSWD", "_PASS", "PASSPHRASE", "_TOKEN", "SECRET", "API_KEY", "APIKEY", "SECRET_KEY", "ACCESS_KEY", "PRIVATE_KEY"];
    matches!(name.as_str(), "MYSQL_PWD" | "SSHPASS" | "TOKEN" | "PGPASSWORD") || ends.iter().any(|end| name.ends_with(end))
}

/// Text that may be one: not a path, a switch or a number of little weight.
pub(crate) fn looks_secret(text: &str) -> bool {
    let text = text.trim();
    let switch = ["true", "false", "yes", "no", "none", "null", "never", "always", "ask", "prompt", "default", "required", "optional", "strict"]
        .contains(&text.to_ascii_lowercase().as_str());
    text.len() >= 3 && !switch && !text.starts_with(['/', '@', '~', '.']) && !text.starts_with("file:") && !text.starts_with("env:") && !text.starts_with("fd:")
}

fn push(found: &mut Vec<Secret>, at: At, what: &'static str, word: &str) {
    found.push(Secret { at, what, written: literal(word).is_some() });
}

/// A value that is given: something stands there.
fn is_given(word: &str) -> bool {
    literal(word).map_or(word.len() > 2, |text| looks_secret(&text))
}

fn of_assignments(simple: &Simple, found: &mut Vec<Secret>) {
    for (name, value) in &simple.before {
        if is_secret_name(name) && literal(value).is_some_and(|text| looks_secret(&text)) {
            let length = name.len() + 1 + value.len();
            // Those before the command begin where it begins, in their order.
            let before: usize = simple.before.iter().take_while(|(other, _)| other != name).map(|(other, value)| other.len() + value.len() + 2).sum();
            let start = simple.at.start + before;
            push(found, At { start, end: start + length }, "a secret", value);
        }
    }
    if matches!(simple.name.as_str(), "export" | "declare" | "local" | "readonly" | "typeset") || simple.program > 0 {
        for (word, at) in simple.words.iter().zip(&simple.places) {
            if let Some((name, value)) = word.split_once('=')
                && is_secret_name(name)
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && literal(value).is_some_and(|text| looks_secret(&text))
            {
                push(found, *at, "a secret", value);
            }
        }
    }
}

/// Long options and addresses, whatever the program.
fn of_words(simple: &Simple, found: &mut Vec<Secret>) {
    let words = simple.arguments();
    let mysql = is_mysql(&simple.name);
    for (i, word) in words.iter().enumerate() {
        let bare = word.trim_start_matches(['"', '\'']);
        if has_user_info(bare) {
            push(found, simple.argument_at(i), "the password in this address", word);
        }
        let Some(option) = word.strip_prefix("--") else { continue };
        let (name, value) = option.split_once('=').map_or((option, None), |(name, value)| (name, Some(value)));
        let literal_of_a_key = name == "from-literal" && value.is_some_and(|value| value.split('=').next().is_some_and(is_secret_name));
        if !(is_secret_option(name) || literal_of_a_key) {
            continue;
        }
        match value {
            Some(value) if is_given(value) => push(found, simple.argument_at(i), "a secret", value),
            None if !mysql => {
                if let Some(next) = words.get(i + 1).filter(|next| !next.starts_with('-') && is_given(next)) {
                    push(found, simple.argument_at(i + 1), "a secret", next);
                }
            }
            Some(_) | None => {}
        }
    }
}

fn is_secret_option(name: &str) -> bool {
    let ends = ["password", "passwd", "passphrase", "token", "secret", "api-key", "apikey", "secret-key", "access-key", "auth-token"];
    !name.starts_with("no-") && (name == "pass" || ends.iter().any(|end| name.ends_with(end)))
}

fn is_mysql(name: &str) -> bool {
    name.starts_with("mysql") || name.starts_with("mariadb")
}

/// `scheme://user:password@host`.
fn has_user_info(word: &str) -> bool {
    let Some((scheme, rest)) = word.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let info = authority.rsplit_once('@').and_then(|(info, _)| info.split_once(':'));
    scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) && info.is_some_and(|(_, password)| !password.is_empty())
}

/// What the programs themselves take for a secret.
fn of_program(simple: &Simple, found: &mut Vec<Secret>) {
    let words = simple.arguments();
    let name = simple.name.as_str();
    let mut next = |letter: &str, what: &'static str, wanted: &dyn Fn(&str) -> bool| {
        for (i, word) in words.iter().enumerate() {
            if word == letter
                && let Some(value) = words.get(i + 1).filter(|value| is_given(value) && wanted(value))
            {
                push(found, simple.argument_at(i + 1), what, value);
            }
        }
    };
    let any = |_: &str| true;
    match name {
        "sshpass" => next("-p", "a password", &any),
        "redis-cli" => next("-a", "a password", &any),
        "ldapsearch" | "ldapmodify" | "ldapadd" | "ldapdelete" | "ldapwhoami" | "ldappasswd" => next("-w", "a password", &any),
        "ipmitool" | "zip" | "unzip" => next("-P", "a password", &any),
        "mongo" | "mongosh" | "mongodump" | "mongorestore" => next("-p", "a password", &any),
        "docker" | "podman" if words.iter().any(|word| word == "login") => next("-p", "a password", &any),
        "smbclient" | "rpcclient" | "net" => next("-U", "a password", &|value| value.contains('%')),
        "openssl" => {
            for option in ["-pass", "-passin", "-passout"] {
                next(option, "a password", &|value| value.contains("pass:"));
            }
        }
        "curl" | "http" | "https" => {
            for option in ["-u", "--user", "-U", "--proxy-user"] {
                next(option, "a password", &|value| value.trim_matches(['"', '\'']).split_once(':').is_some_and(|(_, password)| !password.is_empty()));
            }
            for option in ["-H", "--header"] {
                next(option, "the key in this header", &is_secret_header);
            }
        }
        "wget" => {
            for (i, word) in words.iter().enumerate() {
                if word.strip_prefix("--header=").is_some_and(is_secret_header) {
                    push(found, simple.argument_at(i), "the key in this header", word);
                }
            }
        }
        "htpasswd" if has_flag(words, 'b', "C", &[]) => {
            if let Some((i, word)) = operands(words, "C", &[]).get(2) {
                push(found, simple.argument_at(*i), "a password", word);
            }
        }
        "rabbitmqctl" => {
            let all = operands(words, "np", &[]);
            if let [(_, "add_user" | "change_password"), _, (i, word), ..] = all.as_slice() {
                push(found, simple.argument_at(*i), "a password", word);
            }
        }
        _ if is_mysql(name) => {
            for (i, word) in words.iter().enumerate() {
                let attached = word.strip_prefix("-p").is_some_and(|value| !value.is_empty() && !value.starts_with("$(") && !value.starts_with("\"$("));
                if attached {
                    push(found, simple.argument_at(i), "a password", word);
                }
                let lower = word.to_ascii_lowercase();
                if let Some(behind) = lower.split("identified by").nth(1)
                    && behind
                        .trim_start()
                        .trim_start_matches("password")
                        .trim_start()
                        .strip_prefix(['\'', '"', '\\'])
                        .is_some_and(|rest| !rest.starts_with(['$', '\'', '"']))
                {
                    push(found, simple.argument_at(i), "a password", word);
                }
            }
        }
        _ => {}
    }
}

fn is_secret_header(header: &str) -> bool {
    let text = header.trim_matches(['"', '\'']);
    let Some((name, value)) = text.split_once(':') else { return false };
    let name = name.trim().to_ascii_lowercase();
    let known = [
        "authorization",
        "proxy-authorization",
        "x-api-key",
        "api-key",
        "apikey",
        "private-token",
        "x-auth-token",
        "x-vault-token",
        "x-consul-token",
        "x-auth-key",
    ];
    known.contains(&name.as_str())
        && value
            .split_whitespace()
            .last()
            .is_some_and(|value| (value.len() > 2 || value.contains('$')) && !matches!(value.to_ascii_lowercase().as_str(), "bearer" | "basic" | "token"))
}

/// Text that is printed for a program that reads a secret.
fn of_pipe(said: &Said<'_>, pipeline: &Pipeline, found: &mut Vec<Secret>) {
    for pair in pipeline.members.windows(2) {
        let [left, right] = pair else { continue };
        let (Some(prints), Some(reads)) = (said.facts.simples.get(left.simples.start), said.facts.simples.get(right.simples.start)) else { continue };
        let wants = match reads.name.as_str() {
            "chpasswd" => true,
            "passwd" | "smbpasswd" | "docker" | "podman" | "helm" | "cryptsetup" | "htpasswd" => {
                reads.arguments().iter().any(|word| word.ends_with("-stdin") || word == "--stdin" || word == "-s" || word == "-i" || word == "-")
            }
            _ => reads.is_run_by("sudo") && reads.words.iter().any(|word| word == "-S"),
        };
        if wants && matches!(prints.name.as_str(), "echo" | "printf") {
            let values = prints
                .arguments()
                .iter()
                .enumerate()
                .filter(|(_, word)| !word.starts_with('-') && literal(word).is_some_and(|text| !text.contains('%') && looks_secret(&text)));
            found.extend(values.map(|(i, _)| Secret { at: prints.argument_at(i), what: "a secret", written: true }));
        }
    }
}

/// Keys that are known by their form.
fn of_script(script: &str, found: &mut Vec<Secret>) {
    const FORMS: [(&str, usize); 9] =
        [("ghp_", 36), ("gho_", 36), ("github_pat_", 40), ("glpat-", 20), ("AKIA", 16), ("xoxb-", 20), ("xoxp-", 20), ("sk_live_", 20), ("AIza", 35)];
    // Nearly no command has a word that is long enough, and to look for each form takes its time.
    let is_long = script.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).any(|word| word.len() >= 20);
    for (begin, length) in FORMS.into_iter().filter(|_| is_long) {
        for (start, _) in script.match_indices(begin) {
            let rest = &script[start + begin.len()..];
            let size = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '-')).unwrap_or(rest.len());
            let alone = !script[..start].ends_with(|c: char| c.is_ascii_alphanumeric());
            if size >= length && alone {
                found.push(Secret { at: At { start, end: start + begin.len() + size }, what: "a key", written: true });
            }
        }
    }
    for (start, mark) in script.match_indices("-----BEGIN ") {
        if script[start + mark.len()..].lines().next().is_some_and(|line| line.contains("PRIVATE KEY-----")) {
            found.push(Secret { at: At { start, end: start + mark.len() }, what: "a private key", written: true });
        }
    }
}
