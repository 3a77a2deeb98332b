//! After a reboot a host is another one for a while: gone, then there, then ready.

use grammar::diagnostic::Severity;

use super::shell::{Layer, Owner, Role, Said, Simple, literal, operands};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0369",
    severity: Severity::Warning,
    title: "a reboot that is not waited for",
    explanation: "`reboot` returns at once, so the next step meets a host that is going down, or one that has not gone down yet. `reboots within D` waits for another boot id: the step is done when the host has really come back, and a resume asks for the same. The action `host.rebooted` has it.",
    bad: "runbook x { target h: host = \"h1\"\n step s on h { run `systemctl reboot` } }",
    good: "runbook x { target h: host = \"h1\"\n step s on h { run `systemctl reboot`\n reboots within 10m } }",
    find,
};

fn find(program: &Program, found: &mut Found<'_>) {
    for said in found.commands.iter().filter(|said| said.role == Role::Run) {
        for simple in said.facts.simples.iter().filter(|simple| simple.stands.layer != Layer::Substitution) {
            if reboots_another(simple) {
                found.add(
                    said.span(simple.at),
                    "`ssh` returns when that host goes down: the next step meets it on its way",
                    "not waited for",
                    "let a step on that host reboot it, with `reboots within 10m`, or use the action `host.rebooted`",
                );
            }
            if !reboots(simple) || is_awaited(program, said) {
                continue;
            }
            found.add(
                said.span(simple.at),
                "the next step meets a host on its way down",
                "not waited for",
                "add `reboots within 10m`, or use the action `host.rebooted`",
            );
        }
    }
}

fn is_awaited(program: &Program, said: &Said<'_>) -> bool {
    match said.owner {
        Owner::Step(step) => Merged::of_step(&step.fields, program.actions()).first(|fields| fields.reboots.as_ref()).is_some(),
        Owner::Action(action) => action.fields.reboots.is_some(),
        Owner::Around => false,
    }
}

fn reboots(simple: &Simple) -> bool {
    does_reboot(&simple.name, simple.arguments())
}

/// `ssh web1 sudo reboot`: `reboots within` in this step would ask this host for its boot id, and not that one.
fn reboots_another(simple: &Simple) -> bool {
    if simple.name != "ssh" {
        return false;
    }
    let given = operands(simple.arguments(), "bcDEeFIiJLlmOopQRSWw", &[]);
    let Some((host, _)) = given.first() else { return false };
    let said: Vec<_> = simple.arguments()[host + 1..].iter().filter_map(|word| literal(word)).collect();
    said.join(" ").split([';', '&', '|', '\n']).any(|command| {
        let words: Vec<String> = command.split_whitespace().skip_while(|word| matches!(*word, "sudo" | "-n" | "nohup" | "exec")).map(str::to_owned).collect();
        words.split_first().is_some_and(|(program, arguments)| does_reboot(program.rsplit('/').next().unwrap_or_default(), arguments))
    })
}

fn does_reboot(program: &str, words: &[String]) -> bool {
    let is = |word: &str| words.iter().any(|given| given == word);
    match program {
        "reboot" => !is("--help") && !is("-w") && !is("--wtmp-only"),
        "shutdown" => (is("-r") || is("--reboot")) && !is("-k") && !is("-c"),
        "systemctl" => words.iter().find(|word| !word.starts_with('-')).is_some_and(|verb| matches!(verb.as_str(), "reboot" | "kexec" | "soft-reboot")),
        "init" | "telinit" => words.first().is_some_and(|level| level == "6"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::shell::tests::{silent, table};
    use super::RULE;
    use crate::lint::tests::linted;

    #[test]
    fn every_way_to_reboot_is_found() {
        table(
            RULE.code,
            &[
                ("run", "reboot", &["reboot"]),
                ("run", "sync; sudo /sbin/shutdown -r now", &["sudo /sbin/shutdown -r now"]),
                ("run", "systemctl --force reboot", &["systemctl --force reboot"]),
                ("run", "init 6", &["init 6"]),
                ("run", "ssh other reboot", &["ssh other reboot"]),
                (
                    "run",
                    "ssh -o BatchMode=yes -i key root@other 'sync; sudo /sbin/shutdown -r now' || true",
                    &["ssh -o BatchMode=yes -i key root@other 'sync; sudo /sbin/shutdown -r now'"],
                ),
                ("verified", "if [ -e /run/reboot-required ]; then reboot; fi", &["reboot"]),
            ],
        );
        silent(
            RULE.code,
            "run",
            &[
                "shutdown -h now",
                "shutdown -c",
                "systemctl status reboot",
                "echo reboot",
                "ssh other uptime",
                "ssh reboot",
                "ssh other 'echo reboot'",
                "ssh other last reboot",
                "last reboot",
                "init 5",
                "x=$(systemctl list-units reboot)",
            ],
        );
    }

    #[test]
    fn the_boot_id_may_be_waited_for_in_the_action() {
        let text = "action a.b() { run `reboot`\n reboots within 5m\n undo none \"x\" }\nrunbook x { owner \"o\"\n source \"s\"\n target h: host = \"h1\"\n step s on h { use a.b()\n run `shutdown -r now` } }";
        let text = text.replace(" use a.b()\n run `shutdown -r now`", " use a.b()");
        assert!(linted(&text).iter().all(|d| d.code != RULE.code));
    }
}
