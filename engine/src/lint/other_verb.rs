//! What a step says and what it does are the same.

use grammar::ast::{Does, Step};
use grammar::diagnostic::{Edit, Severity};
use grammar::source::{Span, Text};

use super::shell::{At, Owner, Role, SAID, Said, Verb, does, only_looks, service_verb};
use super::{Found, Rule, walk};
use crate::check::Program;

pub(super) static RULE: Rule = Rule {
    code: "RB0367",
    severity: Severity::Warning,
    title: "a step says one thing and does another",
    explanation: "A procedure that was copied says \"stop\" and runs `systemctl status`: the step succeeds, nothing has stopped, and what comes next assumes that it has. This page on a wiki said just that: \"Stop mariadb with systemctl status mariadb\".",
    bad: "runbook x { target web: host = \"h1\"\n step stop-mariadb \"Stop mariadb\" on web { run `systemctl status mariadb` } }",
    good: "runbook x { target web: host = \"h1\"\n step stop-mariadb \"Stop mariadb\" on web { run `systemctl stop mariadb` } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands {
        let (meant, name) = match said.owner {
            Owner::Step(step) => (meant(step.id.value.as_str(), step.title.as_ref()), step.id.span),
            Owner::Action(action) => (meant(action.name.value.rsplit('.').next().unwrap_or_default(), action.title.as_ref()), action.name.span),
            Owner::Around => continue,
        };
        let only_verifies = said.role == Role::Verify && said.fields().is_some_and(|fields| fields.does.is_none() && fields.undo.is_none());
        if meant.is_empty() || !(said.role == Role::Run || only_verifies) {
            continue;
        }
        if let Some(verb) = another(said, &meant) {
            let edit = match meant.as_slice() {
                [one] if only_looks(&verb.word) => said.edit(program, verb.at, one),
                _ => None,
            };
            tell(found, &verb.word, said.span(verb.at), name, &meant, edit);
        }
    }
    for seen in walk::steps(program).into_iter().filter(|seen| seen.manual) {
        by_hand(seen.step, program, found);
    }
}

fn tell(found: &mut Found<'_>, word: &str, at: Span, name: Span, meant: &[&'static str], edit: Option<Edit>) {
    let said = meant.join("` or `");
    let note = found.add(
        at,
        format!("it says `{said}` and does `{word}`"),
        format!("not `{said}`"),
        "let the command do what the step says, or call the step what it is",
    );
    note.related.push((name, "said here".to_owned()));
    note.mend_unsafely(format!("do what it says: `{said}`"), edit);
}

/// What a step says that it does to a service: the first or the last word of its id, or the first of its title.
fn meant(id: &str, title: Option<&Text>) -> Vec<&'static str> {
    let tokens: Vec<&str> = id.split(['-', '_', '.']).collect();
    let about = [
        "wait", "check", "verify", "test", "after", "before", "until", "confirm", "is", "see", "look", "assert", "watch", "no", "not", "post", "pre", "ask",
        "show", "was", "prepare", "ensure", "on", "for",
    ];
    if tokens.iter().any(|token| about.contains(token)) {
        return Vec::new();
    }
    let find = |word: &str| SAID.into_iter().find(|said| said.eq_ignore_ascii_case(word));
    let mut meant: Vec<&'static str> = [tokens.first(), tokens.last()].into_iter().flatten().filter_map(|token| find(token)).collect();
    if meant.is_empty() {
        meant.extend(title.and_then(|title| find(title.text.split_whitespace().next().unwrap_or_default())));
    }
    // Any that stands between is a part of it as well: `stop-and-start`.
    meant.extend(tokens.iter().filter_map(|token| find(token)));
    meant.sort_unstable();
    meant.dedup();
    meant
}

/// The first thing done to a service, where none of them is what was said and nothing else could have done it.
fn another(said: &Said<'_>, meant: &[&'static str]) -> Option<Verb> {
    let verbs: Vec<Verb> = said.facts.simples.iter().filter_map(service_verb).collect();
    let done = |meant: &&&str| verbs.iter().any(|verb| does(verb, meant));
    let in_two = meant.contains(&"restart") && verbs.iter().any(|verb| does(verb, "stop")) && verbs.iter().any(|verb| does(verb, "start"));
    let others = said.facts.simples.iter().any(|simple| service_verb(simple).is_none() && may_do_it(&simple.name));
    let known = |verb: &&Verb| only_looks(&verb.word) || SAID.iter().any(|said| does(verb, said));
    if meant.iter().any(|meant| done(&meant)) || in_two || others { None } else { verbs.iter().find(known).cloned() }
}

/// Whether a command might do to a service what its name does not tell.
fn may_do_it(name: &str) -> bool {
    !matches!(
        name,
        "echo"
            | "printf"
            | ":"
            | "true"
            | "false"
            | "["
            | "test"
            | "sleep"
            | "exit"
            | "return"
            | "cd"
            | "set"
            | "logger"
            | "grep"
            | "journalctl"
            | "date"
            | "cat"
            | "tail"
            | "head"
            | "case"
            | "sync"
    )
}

/// The same in the text of a manual step.
fn by_hand(step: &Step, program: &Program, found: &mut Found<'_>) {
    let Some(text) = &step.fields.instructions else { return };
    let meant = meant(&step.id.value, step.title.as_ref());
    if meant.is_empty() || matches!(step.fields.does, Some(Does::Run(_))) {
        return;
    }
    let mut told: Vec<Verb> = Vec::new();
    for (at, program) in text.text.match_indices("systemctl ") {
        let start = at + program.len();
        let word: String = text.text[start..].chars().take_while(|c| c.is_ascii_alphabetic() || *c == '-').collect();
        told.push(Verb { at: At { start, end: start + word.len() }, word, now: text.text[start..].lines().next().is_some_and(|line| line.contains("--now")) });
    }
    if told.iter().any(|verb| meant.iter().any(|meant| does(verb, meant))) {
        return;
    }
    if let Some(verb) = told.iter().find(|verb| only_looks(&verb.word)) {
        let edit = match meant.as_slice() {
            [one] => program.source(text.span.source).and_then(|source| grammar::splice(source, text, verb.at.start..verb.at.end, one)),
            _ => None,
        };
        tell(found, &verb.word, text.span_of(verb.at.start, verb.at.end), step.id.span, &meant, edit);
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::lint::tests::linted;

    fn found(head: &str, fields: &str) -> Vec<String> {
        let text = format!("runbook x {{ owner \"o\"\n source \"s\"\n target h: host = \"h1\"\n {head} on h {{ {fields}; undo none \"x\" }} }}");
        linted(&text).into_iter().filter(|d| d.code == RULE.code).map(|d| text[d.span.start..d.span.end].to_owned()).collect()
    }

    fn run(id: &str, command: &str) -> Vec<String> {
        found(&format!("step {id}"), &format!("run `{command}`"))
    }

    #[test]
    fn the_wikitech_page_is_found_as_a_command_and_as_a_text_for_people() {
        assert_eq!(found("step stop-mariadb \"Stop mariadb\"", "run `systemctl status mariadb`"), ["status"]);
        assert_eq!(found("step mariadb \"Stop mariadb\"", "run `sudo systemctl status mariadb`"), ["status"]);
        assert_eq!(found("manual stop-mariadb", "instructions \"Stop mariadb with systemctl status mariadb\""), ["status"]);
        assert_eq!(found("manual stop-mariadb", "instructions \"systemctl stop mariadb, then systemctl status mariadb\""), Vec::<String>::new());
    }

    #[test]
    fn another_word_is_found_whoever_is_told_it() {
        for (id, command, word) in [
            ("start-x", "systemctl stop x", "stop"),
            ("x-restart", "systemctl --no-pager status x", "status"),
            ("enable-x", "systemctl start x", "start"),
            ("stop-x", "service x status", "status"),
            ("reload-x", "/etc/init.d/x restart", "restart"),
            ("stop-x", "systemctl is-active x; echo done", "is-active"),
            ("stop-x", "docker ps", "ps"),
        ] {
            assert_eq!(run(id, command), [word], "{id}: {command}");
        }
    }

    #[test]
    fn what_does_what_it_says_or_might_is_let_alone() {
        for (id, command) in [
            ("stop-x", "systemctl stop x; systemctl status x"),
            ("stop-x", "systemctl disable --now x"),
            ("stop-x", "x-ctl shutdown; systemctl status x"),
            ("restart-x", "systemctl stop x; sleep 5; systemctl start x"),
            ("start-x", "systemctl restart x"),
            ("wait-for-restart", "systemctl is-active x"),
            ("check-stop", "systemctl status x"),
            ("stop-and-disable", "systemctl disable x"),
            ("stop-replication", "mysql -e 'stop slave'"),
            ("status", "systemctl status x"),
            ("reload-units", "systemctl daemon-reload"),
            ("start", "systemctl {{ host }} x"),
        ] {
            assert_eq!(run(id, command), Vec::<String>::new(), "{id}: {command}");
        }
        assert_eq!(found("step after-the-restart \"Start with a look\"", "run `systemctl status x`"), Vec::<String>::new());
    }
}
