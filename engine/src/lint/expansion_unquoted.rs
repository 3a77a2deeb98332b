//! What a variable holds is one word only inside quotes.

use grammar::diagnostic::Severity;

use super::shell::{At, Expansion, Origin, Said, Simple, Site, What, origin};
use super::{Found, Rule};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0350",
    severity: Severity::Warning,
    title: "a shell variable is expanded without quotes",
    explanation: "Without quotes the shell splits what a variable holds at its spaces and takes `*` and `?` in it for file names. One name becomes several words, an empty one becomes none: `[ $x = a ]` is an error, `rm $file` removes something else. Values between braces need no quotes: they are bound, never split.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `log=$(readlink /var/log/app); truncate -s 0 $log` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `log=$(readlink /var/log/app); truncate -s 0 \"$log\"` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        for expansion in said.facts.expansions.iter().filter(|expansion| !expansion.quoted) {
            let Some(what) = may_split(said, expansion) else { continue };
            let note = found.add(
                said.span(expansion.at),
                format!("{what} is split into words here, and `*` in it becomes file names"),
                "no quotes",
                "put it in double quotes; a list of words is an array in bash, or `set --`",
            );
            note.mend_unsafely("put it in double quotes", quoted(said, program, expansion));
        }
    }
}

/// What is split, for the message.
fn may_split(said: &Said<'_>, expansion: &Expansion) -> Option<String> {
    let one_word = match expansion.site {
        Site::Word { simple, word } => {
            let simple = said.facts.simples.get(simple)?;
            if word <= simple.program || takes_splitting(simple) {
                return None;
            }
            matches!(simple.name.as_str(), "[" | "test" | "cd")
        }
        Site::Redirect => true,
        Site::Items => return (expansion.what == What::All).then(|| "what `$@` holds".to_owned()),
        Site::Assignment | Site::Case | Site::HereDoc | Site::HereString | Site::Test | Site::Arithmetic => return None,
    };
    match &expansion.what {
        What::Variable(name) => is_from_outside(said, name).then(|| format!("what `{name}` holds")),
        What::All => Some("what `$@` holds".to_owned()),
        What::Substitution(simples) => {
            let number = super::shell::is_number(&said.facts, simples);
            (one_word && !number).then(|| "what this command prints".to_owned())
        }
        What::Value(_) | What::Status | What::Number | What::Minded(_) => None,
    }
}

/// Commands whose words are numbers, or are meant to be split.
fn takes_splitting(simple: &Simple) -> bool {
    matches!(
        simple.name.as_str(),
        "echo" | "exit" | "return" | "shift" | "sleep" | "kill" | "wait" | "set" | "let" | "eval" | "export" | "local" | "declare" | "typeset" | "readonly"
    )
}

/// Names that say that they hold several words, and those that hold one by their nature.
fn is_from_outside(said: &Said<'_>, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let several = ["opts", "opt", "options", "flags", "args", "params"].iter().any(|end| lower.ends_with(end));
    let one = ["HOME", "USER", "LOGNAME", "HOSTNAME", "UID", "EUID", "PPID", "RANDOM", "SECONDS", "LINENO", "BASHPID", "OPTIND", "SHLVL"].contains(&name);
    !several && !one && matches!(origin(&said.facts, name), Origin::Unset | Origin::Outside)
}

fn quoted(said: &Said<'_>, program: &Program, expansion: &Expansion) -> Option<grammar::diagnostic::Edit> {
    let At { start, end } = expansion.at;
    let written = said.script().get(start..end)?;
    (written == &expansion.word[expansion.within.clone()]).then(|| said.edit(program, expansion.at, &format!("\"{written}\"")))?
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_variable_from_outside_is_found_wherever_it_would_be_split() {
        table(
            RULE.code,
            &[
                ("run", "cp $FROM /srv", &["$FROM"]),
                ("run", "x=$(cat list); rm -- $x/old", &["$x"]),
                ("run", "read -r f <list; rm \"a\" ${f}", &["${f}"]),
                ("run", "for f in *.log; do gzip $f; done", &["$f"]),
                ("check", "[ $(cat mode) = on ]", &["$(cat mode)"]),
                ("check", "x=$(cat mode); test -n $x", &["$x"]),
                ("run", "f() { rm $1; }; f a", &["$1"]),
                ("run", "set -- a b; make $@", &["$@"]),
                ("run", "f=$(date); echo x > $f", &["$f"]),
                ("run", "sudo -u bot rm $f", &["$f"]),
                ("run", "x=\"$(cat y; rm $z)\"", &["$z"]),
            ],
        );
    }

    #[test]
    fn what_is_one_word_or_is_meant_to_be_several_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "cp \"$FROM\" /srv",
                "rm {{ name }} {{ names }}",
                "x=$FROM; y=$(cat z); case $x in a) ;; esac",
                "[[ $FROM = a ]]",
                "n=$(wc -l <f); head -n $n f",
                "for i in 1 2 3; do mkdir $i; done",
                "for u in $(cat units); do systemctl stop $u; done",
                "opts='-a -b'; ls $opts",
                "rsync $RSYNC_OPTS a b",
                "kill $(cat /run/x.pid); docker stop $(docker ps -q)",
                "exit $rc",
                "n=$((1 + 1)); head -n $n f; head -n $((n + 1)) f; head -n $# f",
                "$SUDO systemctl restart x",
                "cat <<E\n$HOME $x\nE",
                "grep a <<<$x",
                "cp ${FROM:+-a \"$FROM\"} b",
                "awk '{ print $1 }' f; find . -name '$x'",
            ],
        );
    }
}
