//! A question that is asked when it is answered already.

use std::collections::BTreeSet;

use grammar::ast::{Does, Gate, Piece, Step};
use grammar::diagnostic::Severity;

use super::flow::paths::{Order, Spot};
use super::{Found, Rule};
use crate::check::Program;
use crate::check::merged::Merged;

pub(super) static RULE: Rule = Rule {
    code: "RB0325",
    severity: Severity::Warning,
    title: "a gate comes after what it asks about",
    explanation: "\"Reboot the host?\" behind the step that reboots it is a question that nobody can say no to. It is told by the words: the gate begins with the verb of a step that has run already, and no step behind the gate has it. Questions about how it went (\"Is it back?\", \"Does the page look right?\") are left alone.",
    bad: "runbook x { target h: host = \"h1\"\n step restart-nginx on h { run `systemctl restart nginx` }\n gate sure \"Restart nginx now?\" { timeout 10m then park } }",
    good: "runbook x { target h: host = \"h1\"\n gate sure \"Restart nginx now?\" { timeout 10m then park }\n step restart-nginx on h { run `systemctl restart nginx` } }",
    find,
};

fn find(program: &Program, found: &mut Found) {
    if let Some(paths) = found.paths {
        let steps: Vec<(Spot<'_>, &Step)> = paths.spots.iter().filter_map(|spot| Some((*spot, acting(*spot, program)?))).collect();
        for spot in paths.own() {
            let Piece::Gate(gate) = spot.piece else { continue };
            let Some(question) = Question::of(gate) else { continue };
            // What stands before it in a loop comes again behind it, with the next item.
            let comes_again = |step: Spot<'_>| paths.loops(spot).any(|each| paths.loops(step).any(|other| std::ptr::eq(each, other)));
            let is_over = |step: &&(Spot<'_>, &Step)| paths.order(step.0, spot) == Order::Before && !comes_again(step.0);
            if steps.iter().filter(|step| !is_over(step)).any(|(_, step)| question.may_mean(step, program)) {
                continue;
            }
            if let Some((_, step)) = steps.iter().filter(is_over).rfind(|(_, step)| question.means(step)) {
                let note = found.add(
                    gate.id.span,
                    format!("`{}` has run already when this asks whether to {}", step.id.value, question.verb),
                    "asked too late",
                    format!("move the gate to before `{}`, or ask how it went", step.id.value),
                );
                note.related.push((step.id.span, "what it asks about".to_owned()));
            }
        }
    }
}

/// A step that changes something.
fn acting<'a>(spot: Spot<'a>, program: &Program) -> Option<&'a Step> {
    match spot.piece {
        Piece::Step(step) => matches!(Merged::of_step(&step.fields, program.actions()).does(), Some((_, Does::Run(_) | Does::Upload { .. }))).then_some(step),
        Piece::Manual(step) => Some(step),
        _ => None,
    }
}

/// What a gate asks leave for.
struct Question {
    verb: String,
    /// What it is to be done to.
    objects: BTreeSet<String>,
}

/// Words that begin a question about how things are.
const ASKS_ABOUT: [&str; 34] = [
    "is",
    "are",
    "was",
    "were",
    "do",
    "does",
    "did",
    "has",
    "have",
    "had",
    "can",
    "could",
    "may",
    "might",
    "should",
    "shall",
    "will",
    "would",
    "what",
    "which",
    "who",
    "when",
    "where",
    "why",
    "how",
    "any",
    "all",
    "everything",
    "everyone",
    "really",
    "still",
    "ready",
    "ok",
    "okay",
];
/// Words that name nothing.
const EMPTY: [&str; 22] =
    ["the", "a", "an", "now", "this", "that", "it", "on", "of", "for", "to", "and", "from", "in", "with", "new", "old", "all", "then", "again", "really", "by"];

impl Question {
    fn of(gate: &Gate) -> Option<Self> {
        let text = &gate.question.as_ref()?.text;
        let mut words = words(text).into_iter();
        let verb = words.next()?;
        // Only a question asks leave, and no verb is so short.
        let asks = text.trim_end().ends_with('?') && verb.len() > 2 && !ASKS_ABOUT.contains(&verb.as_str());
        asks.then(|| Self { verb, objects: words.filter(|word| !EMPTY.contains(&word.as_str())).collect() })
    }

    /// The step's own name begins with the verb, and speaks of one of the things if the question names any.
    fn means(&self, step: &Step) -> bool {
        let (id, title) = (words(&step.id.value), step.title.as_ref().map(|title| words(&title.text)).unwrap_or_default());
        let begins = [&id, &title].iter().any(|words| words.first() == Some(&self.verb));
        begins
            && (self.objects.is_empty()
                || id.iter().chain(&title).any(|word| self.objects.contains(word))
                || step.settings.on.iter().any(|on| self.objects.contains(&on.value)))
    }

    /// Anything in the step may be what is asked about.
    fn may_mean(&self, step: &Step, program: &Program) -> bool {
        let merged = Merged::of_step(&step.fields, program.actions());
        let command = if let Some((_, Does::Run(command))) = merged.does() { command.text.as_str() } else { "" };
        let title = step.title.as_ref().map_or("", |title| &title.text);
        let does = merged.layers.iter().filter_map(|layer| layer.call).map(|call| call.name.value.as_str());
        does.chain([command, title, &step.id.value]).any(|text| text.to_lowercase().contains(&self.verb))
    }
}

/// Lower case; `{{ web }}` is `web`.
fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::places;

    fn found(body: &str) -> usize {
        places("RB0325", &format!("runbook x {{\n target h: host = \"h1\"\n target web: host = \"h2\"\n {body}\n}}")).len()
    }

    fn asked(question: &str) -> String {
        format!("gate ask \"{question}\" {{ timeout 5m then park }}")
    }

    #[test]
    fn a_question_about_what_has_run_is_found() {
        let reboot = "step reboot-it \"Reboot the web host\" on web { run `systemctl reboot` }";
        for question in ["Reboot {{ web }} now?", "Reboot?", "Reboot the host?"] {
            assert_eq!(found(&format!("{reboot}\n {}", asked(question))), 1, "{question}");
        }
    }

    #[test]
    fn what_a_called_runbook_has_done_is_done() {
        let low = "runbook low { target web: host\n step restart-nginx on web { run `systemctl restart nginx` } }";
        let found = |body: &str| places("RB0325", &format!("runbook x {{ target web: host = \"h2\"\n {body} }}\n{low}")).len();
        assert_eq!(found(&format!("call low low(web: web)\n {}", asked("Restart nginx?"))), 1);
        assert_eq!(found(&format!("{}\n call low low(web: web)", asked("Restart nginx?"))), 0);
    }

    #[test]
    fn questions_about_how_it_went_and_about_what_is_to_come_are_left_alone() {
        let reboot = "step reboot on web { run `systemctl reboot` }";
        for question in ["Is {{ web }} back?", "Does the reboot look right?", "All fine after the reboot?", "Reboot the database too?", "Go on?"] {
            assert_eq!(found(&format!("{reboot}\n {}", asked(question))), 0, "{question}");
        }
        assert_eq!(found(&format!("{reboot}\n {}\n step last on h {{ run `systemctl reboot` }}", asked("Reboot {{ h }} as well?"))), 0);
        assert_eq!(
            found(&format!("for x in [\"a\"] {{ step restart-it on web {{ run `restart {{{{ x }}}}` }}\n {} }}", asked("Restart the next one?"))),
            0,
            "the next one"
        );
        assert_eq!(found(&format!("step drop on web {{ verify `x` }}\n {}", asked("Drop it?"))), 0, "it only looked");
        assert_eq!(found(&format!("for x in [\"a\"] {{ {}\n step restart on web {{ run `restart {{{{ x }}}}` }} }}", asked("Restart?"))), 0);
    }
}
