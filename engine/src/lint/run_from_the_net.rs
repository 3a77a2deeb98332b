//! What comes over the network is run only once it is all there, and known.

use grammar::diagnostic::Severity;

use super::shell::{Facts, Pipeline, Simple, Site, What};
use super::{Found, Rule};
use crate::check::Program;
use crate::plan::template::is_shell;

pub(super) static RULE: Rule = Rule {
    code: "RB0363",
    severity: Severity::Warning,
    title: "a download is run as it comes",
    explanation: "A connection that breaks leaves half a script, and the shell runs that half. Nobody has seen what will run, it may be another text tomorrow, and the record does not hold it. Download to a file, compare its checksum, then run the file.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `curl -fsSL https://get.example.org | sh` } }",
    good: "runbook x { target h: host = \"h1\"\n param sum: string\n step s on h { run `curl -fsSL -o /tmp/get https://get.example.org; echo {{ sum }} /tmp/get | sha256sum -c; sh /tmp/get` } }",
    find,
};

fn find(_: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let facts = &said.facts;
        let piped = facts.pipelines.iter().filter_map(|pipeline| piped(facts, pipeline));
        let given = facts.expansions.iter().filter_map(|expansion| {
            let (What::Substitution(inside), Site::Word { simple, word }) = (&expansion.what, expansion.site) else { return None };
            let by = facts.simples.get(simple)?;
            let code = by.name == "eval"
                || is_shell(&by.name) && by.words.get(word.checked_sub(1)?).is_some_and(|option| option.starts_with('-') && option.contains('c'));
            facts.simples.get(inside.clone())?.iter().find(|simple| code && loads(simple))
        });
        let sourced =
            facts.simples.iter().enumerate().filter(|(_, by)| is_shell(&by.name) || matches!(by.name.as_str(), "." | "source")).filter_map(|(i, _)| {
                // `bash <(curl …)`: what runs inside stands right behind it, in a pipeline of its own.
                let next = facts.simples.get(i + 1)?;
                let inside = next.stands.layer == super::shell::Layer::Substitution && next.stands.chain > facts.simples[i].stands.chain;
                let before = said.script().get(..next.at.start).unwrap_or_default().trim_end();
                (inside && before.ends_with("<(") && loads(next)).then_some(next)
            });
        let mut all: Vec<&Simple> = piped.chain(given).chain(sourced).collect();
        all.sort_by_key(|simple| simple.at.start);
        for simple in all {
            found.add(
                said.span(simple.at),
                "what comes is run at once, whatever it is and however much of it came",
                "run as it comes",
                "download to a file, compare its checksum, run the file",
            );
        }
    }
}

fn loads(simple: &Simple) -> bool {
    matches!(simple.name.as_str(), "curl" | "wget" | "fetch")
}

fn piped<'f>(facts: &'f Facts, pipeline: &Pipeline) -> Option<&'f Simple> {
    let first = facts.simples.get(pipeline.members.first()?.simples.start).filter(|simple| loads(simple))?;
    let run = pipeline.members[1..].iter().filter_map(|member| facts.simples.get(member.simples.start)).any(reads_code);
    run.then_some(first)
}

/// An interpreter with no file and no code of its own.
fn reads_code(simple: &Simple) -> bool {
    let words = simple.arguments();
    let bare = words.iter().all(|word| word.starts_with('-') || word == "-");
    let name = simple.name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let says = words.iter().any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(['c', 'm', 'n', 'e']));
    if is_shell(&simple.name) {
        bare && !says || words.iter().any(|word| word == "-s")
    } else {
        matches!(name, "python" | "perl" | "ruby" | "node" | "php") && bare && !says
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_download_that_is_run_as_it_comes_is_found() {
        table(
            RULE.code,
            &[
                ("run", "curl -fsSL https://x | sh", &["curl -fsSL https://x"]),
                ("run", "wget -qO- https://x | sudo -E bash -s -- --yes", &["wget -qO- https://x"]),
                ("run", "curl https://x | tee f | python3 -", &["curl https://x"]),
                ("run", "sh -c \"$(curl -fsSL https://x)\"", &["curl -fsSL https://x"]),
                ("run", "eval \"$(curl https://x)\"", &["curl https://x"]),
                ("run", "bash <(curl -s https://x)", &["curl -s https://x"]),
            ],
        );
        silent(
            RULE.code,
            "run",
            &[
                "curl -fsSL https://x -o f; sh f",
                "curl -s https://x | python3 -c 'import json'",
                "curl -s https://x | python3 -m json.tool",
                "curl -s https://x | bash f",
                "curl -s https://x | jq .",
                "x=$(curl -s https://x)",
                "cat f | sh",
            ],
        );
    }
}
