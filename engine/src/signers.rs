//! A file of allowed signers, as `ssh-keygen -Y verify` reads it: whose key is whose. ssh-keygen checks signatures against
//! it; here it is looked at first, because more than one reading of it would let one person be two.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a signature of ours is for. A key that may sign commits or mails is not thereby one that opens gates.
pub const NAMESPACE: &str = "runbook";

/// Larger is no list of people.
const LIMIT: usize = 256 * 1024;

/// The file as it was when the plan was drawn: a run needs it for as long as anybody asks who signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signers {
    /// As the runbook names it.
    pub path: String,
    pub text: String,
}

/// A line that can't be used, or 0 for the file as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub line: usize,
    pub why: String,
}

/// Everything in it that we do not take, though ssh-keygen might.
#[must_use]
pub fn mistakes(text: &str) -> Vec<Mistake> {
    if text.len() > LIMIT {
        return vec![Mistake { line: 0, why: format!("it is larger than {} KiB", LIMIT / 1024) }];
    }
    let mut found = Vec::new();
    let mut owners: BTreeMap<String, String> = BTreeMap::new();
    let mut signers = 0;
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        signers += 1;
        match read(line) {
            Err(why) => found.push(Mistake { line: number, why }),
            Ok((name, key)) => {
                let owner = owners.entry(key).or_insert_with(|| name.clone());
                if *owner != name {
                    found.push(Mistake { line: number, why: format!("the key of {name} is also that of {owner}: whoever has it would be two people") });
                }
            }
        }
    }
    if signers == 0 {
        found.push(Mistake { line: 0, why: "nobody stands in it, so nobody could sign".to_owned() });
    }
    found
}

/// The principal and the key of a line.
fn read(line: &str) -> Result<(String, String), String> {
    let (name, rest) = field(line);
    let name = name.trim_matches('"');
    if name.is_empty() || name.contains(|c: char| matches!(c, '*' | '?' | '!' | ',') || c.is_control()) {
        return Err(format!("`{name}` is no name: each line is of one person, without patterns"));
    }
    let (mut next, mut rest) = field(rest);
    let mut options = "";
    if !is_key_type(next) {
        options = next;
        (next, rest) = field(rest);
    }
    let key = field(rest).0;
    if !is_key_type(next) || key.is_empty() {
        return Err("it is not `NAME namespaces=\"runbook\" KEY-TYPE KEY`".to_owned());
    }
    let mut namespaces = None;
    for option in parts(options) {
        let (word, value) = option.split_once('=').unwrap_or((option, ""));
        match word.to_ascii_lowercase().as_str() {
            "namespaces" => namespaces = Some(value.trim_matches('"')),
            "valid-after" | "valid-before" => {}
            "cert-authority" => return Err("a `cert-authority` signs for people whom this file does not name: write each key".to_owned()),
            other => return Err(format!("`{other}` is not understood: write `namespaces`, `valid-after` or `valid-before`")),
        }
    }
    match namespaces {
        None => Err(format!("the key of {name} may sign anything: write `namespaces=\"{NAMESPACE}\"` before it")),
        Some(names) if !names.split(',').any(|n| n.trim() == NAMESPACE) => {
            Err(format!("the key of {name} is for `{names}`: write `namespaces=\"{NAMESPACE}\"` before it"))
        }
        Some(_) => Ok((name.to_owned(), format!("{next} {key}"))),
    }
}

fn is_key_type(word: &str) -> bool {
    ["ssh-", "ecdsa-", "sk-ssh-", "sk-ecdsa-"].iter().any(|prefix| word.starts_with(prefix)) && !word.contains(['=', '"'])
}

/// Up to a space that is in no quotes, and the rest.
fn field(text: &str) -> (&str, &str) {
    let text = text.trim_start();
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        !quoted && c.is_whitespace()
    });
    end.map_or((text, ""), |end| text.split_at(end))
}

fn parts(options: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    options
        .split(move |c: char| {
            quoted ^= c == '"';
            !quoted && c == ','
        })
        .filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> String {
        mistakes(text).iter().map(|m| format!("{}: {}", m.line, m.why)).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_line_names_one_person_and_what_their_key_is_for() {
        let text = "# the team\n\nada namespaces=\"runbook\" ssh-ed25519 AAAA ada@desk\n\"bo b\" valid-before=\"20300101\",namespaces=\"git,runbook\" ssh-rsa BBBB\nada namespaces=\"runbook\" sk-ssh-ed25519@openssh.com CCCC\n";
        assert_eq!(why(text), "");
    }

    #[test]
    fn what_would_let_a_key_open_too_much_is_refused_with_its_line() {
        for (text, says) in [
            ("ada ssh-ed25519 AAAA", "1: the key of ada may sign anything"),
            ("# x\nada namespaces=\"git\" ssh-ed25519 AAAA", "2: the key of ada is for `git`"),
            ("ada namespaces=\"*\" ssh-ed25519 AAAA", "is for `*`"),
            ("*@x namespaces=\"runbook\" ssh-ed25519 AAAA", "is no name"),
            ("ada,bo namespaces=\"runbook\" ssh-ed25519 AAAA", "is no name"),
            ("ada cert-authority,namespaces=\"runbook\" ssh-ed25519 AAAA", "cert-authority"),
            ("ada namespaces=\"runbook\"", "it is not"),
            ("ada namespaces=\"runbook\" ssh-ed25519 AAAA\nbo namespaces=\"runbook\" ssh-ed25519 AAAA", "2: the key of bo is also that of ada"),
            ("# nobody\n", "0: nobody"),
        ] {
            assert!(why(text).contains(says), "{text}: {}", why(text));
        }
    }
}
