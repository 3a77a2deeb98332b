//! A second person is somebody.

use grammar::ast::Piece;
use grammar::diagnostic::Severity;

use super::flow::names::constant;
use super::{Found, Rule, walk};
use crate::check::Program;
use crate::value::{Type, Value};

pub(super) static RULE: Rule = Rule {
    code: "RB0326",
    severity: Severity::Warning,
    title: "a second person without approvers",
    explanation: "`second_person true` refuses the yes of who started the run, and takes that of any other account of the machine, a service's or a guest's too. `approvers` says whose yes counts. With a single approver nobody is left when that one starts the run.",
    bad: "runbook x { target h: host = \"h1\"\n gate sure \"Drop it?\" { second_person true\n timeout 1h then park }\n step drop on h { run `dropdb old` } }",
    good: "runbook x { target h: host = \"h1\"\n gate sure \"Drop it?\" { approvers [\"ada\", \"bo\"]\n second_person true\n timeout 1h then park }\n step drop on h { run `dropdb old` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    for runbook in walk::runbooks(program) {
        walk::blocks(&runbook.body, &mut |piece| {
            let Piece::Gate(gate) = piece else { return };
            let Some(second) = gate.second_person.as_ref().filter(|second| second.value) else { return };
            match &gate.approvers {
                // The file of signers says who they are.
                None if runbook.signers.is_some() => {}
                None => {
                    found.add(
                        second.span,
                        format!("any second account may say yes to `{}`", gate.id.value),
                        "who is that?",
                        "name them: `approvers [\"ada\", \"bo\"]`",
                    );
                }
                Some(approvers) => {
                    if let Some(Value::List(names)) = constant(approvers, &Type::List(Box::new(Type::String)))
                        && let [only] = names.as_slice()
                    {
                        found.add(
                            approvers.span(),
                            format!("when `{}` starts the run, nobody can say yes to `{}`", only.display(), gate.id.value),
                            "one approver, and a second person is asked for",
                            "name two at least",
                        );
                    }
                }
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    #[test]
    fn one_approver_is_too_few_and_a_list_of_the_run_may_be_enough() {
        let found = |approvers: &str| {
            places("RB0326", &format!("runbook x {{\n param who: list(string)\n gate g \"?\" {{ {approvers}\n timeout 5m then park }} }}")).len()
        };
        assert_eq!(found("approvers [\"ada\"]\n second_person true"), 1);
        assert_eq!(found("approvers who\n second_person true"), 0);
        assert_eq!(found("approvers [\"ada\"]"), 0);
        assert_eq!(found("second_person false"), 0);
    }
}
