//! Commands that take something and commands that give it back. Only such are listed that take a host, a service or a
//! safeguard out of use for a while: who runs the first owes the second.

use grammar::source::Text;

#[derive(Debug)]
pub(crate) struct Pair {
    /// Words that follow each other in one command, with any others between.
    pub(crate) take: &'static [&'static str],
    pub(crate) give: &'static [&'static str],
    /// What fails on that host as long as it is taken.
    pub(crate) fails: &'static [&'static [&'static str]],
    /// The standard library's scope for it.
    pub(crate) scope: Option<&'static str>,
    /// It may well be meant to stay so.
    pub(crate) stays: bool,
}

const fn pair(take: &'static [&'static str], give: &'static [&'static str]) -> Pair {
    Pair { take, give, fails: &[], scope: None, stays: false }
}

const fn lasting(take: &'static [&'static str], give: &'static [&'static str]) -> Pair {
    Pair { take, give, fails: &[], scope: None, stays: true }
}

static PAIRS: [Pair; 13] = [
    Pair {
        take: &["puppet", "agent", "--disable"],
        give: &["puppet", "agent", "--enable"],
        fails: &[
            &["puppet", "agent", "--test"],
            &["puppet", "agent", "-t"],
            &["puppet", "agent", "-tv"],
            &["puppet", "agent", "--onetime"],
            &["run-puppet-agent"],
        ],
        scope: Some("puppet.disabled"),
        stays: false,
    },
    Pair { take: &["disable-puppet"], give: &["enable-puppet"], fails: &[&["run-puppet-agent"]], scope: Some("puppet.disabled"), stays: false },
    pair(&["ceph", "osd", "set", "noout"], &["ceph", "osd", "unset", "noout"]),
    pair(&["ceph", "osd", "set", "norebalance"], &["ceph", "osd", "unset", "norebalance"]),
    pair(&["kubectl", "cordon"], &["kubectl", "uncordon"]),
    pair(&["kubectl", "drain"], &["kubectl", "uncordon"]),
    pair(&["depool"], &["pool"]),
    pair(&["pcs", "node", "standby"], &["pcs", "node", "unstandby"]),
    pair(&["pcs", "property", "set", "maintenance-mode=true"], &["pcs", "property", "set", "maintenance-mode=false"]),
    pair(&["crm", "node", "standby"], &["crm", "node", "online"]),
    lasting(&["apt-mark", "hold"], &["apt-mark", "unhold"]),
    lasting(&["systemctl", "mask"], &["systemctl", "unmask"]),
    lasting(&["setenforce", "0"], &["setenforce", "1"]),
];

/// The pairs of which a command takes.
pub(crate) fn taken(command: &Text) -> impl Iterator<Item = &'static Pair> {
    PAIRS.iter().filter(|pair| says(&command.text, pair.take))
}

/// Whether the first command gives back what the second takes.
pub(crate) fn gives_back(command: &Text, take: &Text) -> bool {
    PAIRS.iter().any(|pair| pair.is_given_by(command) && says(&take.text, pair.take))
}

/// Whether the first command fails where the second has been run.
pub(crate) fn fails_after(command: &Text, take: &Text) -> bool {
    PAIRS.iter().any(|pair| pair.fails(command) && says(&take.text, pair.take))
}

impl Pair {
    pub(crate) fn is_given_by(&self, command: &Text) -> bool {
        says(&command.text, self.give)
    }

    fn fails(&self, command: &Text) -> bool {
        self.fails.iter().any(|wanted| says(&command.text, wanted))
    }
}

/// Whether a command of the script has these words, in their order.
fn says(script: &str, wanted: &[&str]) -> bool {
    // Nearly all scripts lack one of the words, and need not be taken apart.
    wanted.iter().all(|word| script.contains(word)) && commands(script).iter().any(|words| has(words, wanted))
}

/// The simple commands of a script, by words; text in quotes may be taken apart, and then begins no command.
fn commands(script: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for part in script.split(['\n', ';', '|', '&']) {
        let words = part.split_whitespace().map(|word| word.trim_matches(['(', ')', '{', '}', '"', '\'']).to_owned());
        let words: Vec<String> = words.skip_while(|word| is_before_a_command(word)).collect();
        if !words.is_empty() {
            found.push(words);
        }
    }
    found
}

fn is_before_a_command(word: &str) -> bool {
    let assigns = word.split_once('=').is_some_and(|(name, _)| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
    assigns
        || matches!(
            word,
            "" | "!" | "if" | "then" | "else" | "while" | "until" | "do" | "time" | "sudo" | "exec" | "command" | "nohup" | "-n" | "-i" | "-H" | "--"
        )
}

fn has(words: &[String], wanted: &[&str]) -> bool {
    let (Some(first), Some(program)) = (words.first(), wanted.first()) else { return false };
    let mut rest = words[1..].iter();
    first.rsplit('/').next() == Some(program) && wanted[1..].iter().all(|word| rest.any(|w| w == word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use grammar::source::Span;

    #[test]
    fn a_command_takes_what_it_says_in_its_own_words() {
        let takes = |script: &str| taken(&Text::verbatim(script, Span::default())).next().is_some();
        for script in [
            "puppet agent --disable \"why\"",
            "sudo -n /usr/bin/puppet agent -v --disable x",
            "set -x; if true; then kubectl cordon node1; fi",
            "LANG=C ceph osd set noout",
            "depool",
        ] {
            assert!(takes(script), "{script}");
        }
        for script in
            ["echo puppet agent --disable", "puppet agent --enable", "kubectl get nodes | grep cordon", "systemctl status depool", "logger 'depool'", "pool"]
        {
            assert!(!takes(script), "{script}");
        }
    }
}
