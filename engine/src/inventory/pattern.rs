//! What `--target NAME=…` picks: hosts and groups, and Ansible's patterns of them. What matches nothing is an error, in an
//! exclusion, too: it may be a slip, and then a host that was to be spared is not.

use std::collections::{BTreeSet, HashSet};

use thiserror::Error;

use super::Inventory;
use crate::check::similar;
use crate::plan::model::{HostName, LOCAL};

/// How many names a message lists.
const SHOWN: usize = 12;
const ALL: &str = "all";

/// Why a pattern picks no host.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NoMatch {
    #[error("`{pattern}` matches no host and no group of {path}")]
    Nothing { pattern: String, path: String, help: String },
    #[error("the group `{group}` of {path} has no hosts")]
    EmptyGroup { group: String, path: String },
    #[error("`{pattern}` picks none of the {count} hosts that `{of}` has")]
    NotInRange { pattern: String, of: String, count: usize },
    #[error("`{pattern}` leaves no host")]
    NoneLeft { pattern: String },
    #[error("`{pattern}` is a regular expression, and those are not read")]
    Regex { pattern: String },
}

impl NoMatch {
    /// What to write instead.
    #[must_use]
    pub fn help(&self) -> String {
        match self {
            Self::Nothing { help, .. } => help.clone(),
            Self::EmptyGroup { .. } => "give it hosts, or pick others".to_owned(),
            Self::NotInRange { .. } => "the first is `[0]`, the last `[-1]`; `[0:2]` are three".to_owned(),
            Self::NoneLeft { .. } => "`a:&b` takes what is in both, `a:!b` what is in `a` alone".to_owned(),
            Self::Regex { .. } => "write it with `*` and `?`, or name the hosts".to_owned(),
        }
    }
}

impl Inventory {
    /// The hosts of a pattern, each once: `web`, `web,db1`, `web:&eu`, `web:!web3`, `web[0:2]`, `web*`. As in Ansible, what
    /// is taken comes first, then what it must be in too, then what it must not be. A host that is named twice by hand is
    /// a slip, and stands there twice, for the plan to tell.
    ///
    /// # Errors
    /// A part of it matches nothing, or nothing is left.
    pub fn hosts_of(&self, pattern: &str) -> Result<Vec<HostName>, NoMatch> {
        let parts: Vec<&str> = pattern.split(',').flat_map(|part| self.parts(part.trim())).filter(|part| !part.is_empty()).collect();
        let (taken, others): (Vec<&str>, Vec<&str>) = parts.iter().copied().partition(|part| !part.starts_with(['&', '!']));
        let mut hosts: Vec<HostName> = Vec::new();
        let mut seen = HashSet::new();
        for part in if taken.is_empty() && !others.is_empty() { vec![ALL] } else { taken.clone() } {
            let twice = taken.iter().filter(|other| **other == part).count() > 1;
            hosts.extend(self.matches(part)?.into_iter().filter(|host| seen.insert(host.clone()) || (twice && host == part)));
        }
        for part in others.iter().filter(|part| part.starts_with('&')).chain(others.iter().filter(|part| part.starts_with('!'))) {
            let named: HashSet<HostName> = self.matches(&part[1..])?.into_iter().collect();
            hosts.retain(|host| named.contains(host) == part.starts_with('&'));
        }
        if hosts.is_empty() {
            return Err(NoMatch::NoneLeft { pattern: pattern.to_owned() });
        }
        Ok(hosts)
    }

    /// A colon joins patterns, too, but not inside brackets and not in a name that has one itself.
    fn parts<'p>(&self, part: &'p str) -> Vec<&'p str> {
        if self.knows(part) || self.groups.contains_key(part) {
            return vec![part];
        }
        let mut depth = 0_i32;
        part.split(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            c == ':' && depth == 0
        })
        .map(str::trim)
        .collect()
    }

    fn matches(&self, part: &str) -> Result<Vec<HostName>, NoMatch> {
        if self.knows(part) || part == LOCAL {
            return Ok(vec![part.to_owned()]);
        }
        if part.starts_with('~') {
            return Err(NoMatch::Regex { pattern: part.to_owned() });
        }
        if let Some(group) = self.group(part) {
            return if group.is_empty() { Err(NoMatch::EmptyGroup { group: part.to_owned(), path: self.path.clone() }) } else { Ok(group.to_vec()) };
        }
        if let Some((of, subscript)) = subscript(part) {
            let hosts = self.matches(of)?;
            let picked = subscript.of(&hosts);
            return if picked.is_empty() { Err(NoMatch::NotInRange { pattern: part.to_owned(), of: of.to_owned(), count: hosts.len() }) } else { Ok(picked) };
        }
        let found = if part == ALL { self.hosts.clone() } else { self.globbed(part) };
        if found.is_empty() { Err(self.nothing(part)) } else { Ok(found) }
    }

    /// Groups of which the name matches give all their hosts; then the hosts that match themselves.
    fn globbed(&self, pattern: &str) -> Vec<HostName> {
        if !pattern.contains(['*', '?', '[']) {
            return Vec::new();
        }
        let pattern: Vec<char> = pattern.chars().collect();
        let groups = self.groups.iter().filter(|(name, _)| is_match(&pattern, name)).flat_map(|(_, hosts)| hosts);
        let hosts = self.hosts.iter().filter(|host| is_match(&pattern, host));
        let mut seen = BTreeSet::new();
        groups.chain(hosts).filter(|host| seen.insert(*host)).cloned().collect()
    }

    fn nothing(&self, pattern: &str) -> NoMatch {
        let names = || self.groups.keys().chain(&self.hosts).map(String::as_str);
        let help = match similar(pattern, names()) {
            Some(name) => format!("did you mean `{name}`?"),
            None => {
                let listed: Vec<String> = names().take(SHOWN).map(|name| format!("`{name}`")).collect();
                let more = names().count().saturating_sub(SHOWN);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                if listed.is_empty() { "it has neither groups nor hosts".to_owned() } else { format!("it has {}{more}", listed.join(", ")) }
            }
        };
        NoMatch::Nothing { pattern: pattern.to_owned(), path: self.path.clone(), help }
    }
}

/// Positions in a list of hosts, both ends included.
enum Subscript {
    One(i64),
    Range(usize, Option<usize>),
}

impl Subscript {
    fn of(&self, hosts: &[HostName]) -> Vec<HostName> {
        match *self {
            Self::One(at) => {
                let from_end = |back: i64| usize::try_from(back).ok().and_then(|back| hosts.len().checked_sub(back));
                let at = if at < 0 { from_end(-at) } else { usize::try_from(at).ok() };
                at.and_then(|at| hosts.get(at)).cloned().into_iter().collect()
            }
            Self::Range(first, last) => hosts.iter().take(last.map_or(usize::MAX, |last| last.saturating_add(1))).skip(first).cloned().collect(),
        }
    }
}

/// `web[0]`, `web[-1]`, `web[0:2]`, `web[1:]`.
fn subscript(part: &str) -> Option<(&str, Subscript)> {
    let (of, inside) = part.strip_suffix(']')?.rsplit_once('[').filter(|(of, _)| !of.is_empty())?;
    if let Ok(one) = inside.parse() {
        return Some((of, Subscript::One(one)));
    }
    // Ansible's older spelling has a dash.
    let subscript = match inside.split_once([':', '-'])? {
        (first, "") => Subscript::Range(first.parse().ok()?, None),
        (first, last) => Subscript::Range(first.parse().ok()?, Some(last.parse().ok()?)),
    };
    Some((of, subscript))
}

/// As a shell matches the name of a file: `*`, `?`, `[a-c]`, `[!a]`.
fn is_match(pattern: &[char], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on when a `*` has to take one more.
    let mut retry: Option<(usize, usize)> = None;
    while n < name.len() {
        let step = match pattern.get(p) {
            Some('*') => {
                retry = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some('?') => Some(1),
            Some('[') => class(&pattern[p..], name[n]),
            Some(c) if *c == name[n] => Some(1),
            _ => None,
        };
        match (step, retry) {
            (Some(length), _) => {
                p += length;
                n += 1;
            }
            (None, Some((after, taken))) => {
                (p, n) = (after, taken + 1);
                retry = Some((after, taken + 1));
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

/// How long a class is that a character is in; `None`: it is not, or it is no class.
fn class(pattern: &[char], c: char) -> Option<usize> {
    let negated = matches!(pattern.get(1), Some('!'));
    let from = 1 + usize::from(negated);
    let end = from + 1 + pattern.get(from + 1..)?.iter().position(|c| *c == ']')?;
    let inside = &pattern[from..end];
    let mut found = false;
    let mut at = 0;
    while at < inside.len() {
        if inside.get(at + 1) == Some(&'-') && at + 2 < inside.len() {
            found |= (inside[at]..=inside[at + 2]).contains(&c);
            at += 3;
        } else {
            found |= inside[at] == c;
            at += 1;
        }
    }
    (found != negated).then_some(end + 1)
}
