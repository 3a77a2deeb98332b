//! To curl an error page is a page.

use grammar::diagnostic::{Edit, Severity};

use super::shell::{At, Facts, Role, Said, Simple, Way, has_flag, literal};
use super::{Found, Rule};
use crate::check::Program;
use crate::value::Type;

pub(super) static RULE: Rule = Rule {
    code: "RB0364",
    severity: Severity::Warning,
    title: "curl takes an error page for an answer",
    explanation: "Without `-f` curl ends with 0 whenever a server answers, also with 404 or 503: a `verify` holds while the service is down, and a file that was meant to be an archive holds an error page. With `-f` an error of the server is a failure; with `-sS` the output is quiet and errors are still told.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { verify `curl -sS http://localhost:8080/health` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { verify `curl -sS -f http://localhost:8080/health` } }",
    find,
};

/// The letters of curl's options that take a word.
const TAKES: &str = "ACDEFHKPQTUXYbcdehmortuwxyz";

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands.iter().filter(|said| said.role != Role::Show) {
        for simple in said.facts.simples.iter().filter(|simple| is_trusting(said, simple)) {
            let note = found.add(said.span(simple.at), "curl ends with 0 here when the server answers with an error", "an error page is success", "add `-f`");
            let name = simple.name_at();
            let edit: Option<Edit> = said.edit(program, At { start: name.end, end: name.end }, " -f");
            note.mend_unsafely("let an error of the server be a failure", edit);
        }
    }
}

fn is_trusting(said: &Said<'_>, simple: &Simple) -> bool {
    if simple.name != "curl" {
        return false;
    }
    let words = simple.arguments();
    let asks = has_flag(words, 'f', TAKES, &["fail", "fail-with-body", "fail-early"]) || has_flag(words, 'w', TAKES.replace('w', "").as_str(), &["write-out"]);
    let elsewhere = has_flag(words, 'K', TAKES.replace('K', "").as_str(), &["config"])
        || has_flag(words, 'I', TAKES, &["head"])
        || has_flag(words, 'V', TAKES, &["version", "help"]);
    !asks
        && !elsewhere
        && !words.iter().any(|word| word.contains("$@") || word.contains("[@]"))
        && words.iter().any(|word| is_web(said, word))
        && counts(&said.facts, simple)
}

fn is_web(said: &Said<'_>, word: &str) -> bool {
    let bare = word.trim_matches(['"', '\'']);
    let value = bare.strip_prefix("${rb_").and_then(|rest| rest.split('}').next()).and_then(|number| number.parse().ok());
    ["http://", "https://", "localhost", "127.0.0.1"].iter().any(|begin| bare.starts_with(begin))
        || value.is_some_and(|number: usize| matches!(said.value_type(number), Some(Type::Url)))
}

/// Whether only its exit status tells: what it prints is read by nobody who would notice.
fn counts(facts: &Facts, simple: &Simple) -> bool {
    if simple.stands.layer == super::shell::Layer::Substitution {
        return false;
    }
    let pipeline = &facts.pipelines[simple.stands.pipeline];
    let next = pipeline.members.get(simple.stands.member + 1).and_then(|member| facts.simples.get(member.simples.start));
    match next {
        None => true,
        Some(next) => {
            matches!(next.name.as_str(), "tee" | "dd" | "gpg" | "apt-key" | "kubectl" | "mysql" | "mariadb" | "psql" | "cat" | "sort")
                && (next.name != "cat"
                    || next
                        .redirects
                        .iter()
                        .any(|redirect| matches!(redirect.way, Way::Out | Way::Append) && literal(&redirect.word).is_none_or(|file| file != "/dev/null")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;

    #[test]
    fn a_curl_whose_status_alone_counts_is_found() {
        table(
            RULE.code,
            &[
                ("verify", "curl -s http://localhost/health", &["curl -s http://localhost/health"]),
                ("run", "curl -o /srv/a.tgz https://x/a.tgz; tar xf /srv/a.tgz", &["curl -o /srv/a.tgz https://x/a.tgz"]),
                ("run", "curl -X POST -d '{}' https://x/reload", &["curl -X POST -d '{}' https://x/reload"]),
                ("run", "curl https://x/key | sudo tee /etc/k", &["curl https://x/key"]),
                ("check", "if curl -s localhost:9200; then exit 0; fi", &["curl -s localhost:9200"]),
            ],
        );
    }

    #[test]
    fn an_answer_that_is_looked_at_is_let_alone() {
        silent(
            RULE.code,
            "run",
            &[
                "curl -fsS http://x",
                "curl -sSf http://x",
                "curl --fail http://x",
                "curl -s -o /dev/null -w '%{http_code}' http://x",
                "curl -s http://x | grep -q ok",
                "curl -s http://x | jq -e .ok",
                "x=$(curl -s http://x); [ \"$x\" = ok ]",
                "curl -I http://x",
                "curl -sS -K f http://x \"${@:3}\"",
                "curl --version",
                "curl ftp://x/y",
            ],
        );
    }
}
