//! The plan as bare commands, for who applies it by hand: in their order, with the values that are known, to be read and to
//! be pasted. What nobody knows before the run is a variable of the shell, and a comment says where it comes from.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::outcome::Shell;
use crate::plan::Outline;
use crate::plan::by_hand::{ByHand, Typed};
use crate::plan::found::Now;
use crate::plan::model::{Command, Does, Node, NodeId, NodeKind, StepSpec, UndoSpec};
use crate::plan::shown;

#[must_use]
pub fn commands(outline: &Outline) -> String {
    let mut list = List { outline, hand: ByHand::new(outline), out: String::new(), explained: BTreeSet::new() };
    list.head();
    let mut nodes: Vec<(NodeId, &Node)> = outline.plan.iter().filter(|(_, n)| !matches!(n.kind, NodeKind::Join)).collect();
    nodes.reverse();
    list.later(None);
    while let Some((id, node)) = nodes.pop() {
        let (mut hosts, text) = (Vec::from_iter(&node.host), list.node(id));
        let mut last = node;
        // The same on many hosts is said once.
        while let Some((next, other)) = nodes.last() {
            if node.host.is_none() || other.step != node.step || other.block != node.block || list.node(*next) != text {
                break;
            }
            hosts.extend(&other.host);
            last = other;
            nodes.pop();
        }
        list.say(node, &hosts, &text);
        list.later(Some(&last.path));
    }
    list.out
}

/// What is written of a node: comments, and a command.
#[derive(PartialEq)]
struct Text {
    comments: Vec<String>,
    command: Option<String>,
    /// The variables in it.
    needs: BTreeSet<String>,
}

struct List<'a> {
    outline: &'a Outline,
    hand: ByHand<'a>,
    out: String,
    /// Variables that were explained.
    explained: BTreeSet<String>,
}

impl List<'_> {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.out, "{text}");
    }

    fn comment(&mut self, text: &str) {
        for line in text.lines() {
            self.line(format!("# {line}").trim_end());
        }
    }

    fn head(&mut self) {
        let plan = &self.outline.plan;
        self.comment(&format!("{}, plan {}", plan.runbook, plan.hash.get(..12).unwrap_or(&plan.hash)));
        self.comment("Bare commands for bash, in their order, each for the host that its comment names.");
        self.comment("Nothing here looks first whether it may run, sees what became of it, or takes it back.");
    }

    fn later(&mut self, after: Option<&str>) {
        let outline = self.outline;
        for later in outline.later.iter().filter(|later| later.after.as_deref() == after) {
            self.line("");
            self.comment(&format!("{}: not known before {} is read. --probe reads it.", later.piece, later.names(&outline.plan).join(", ")));
        }
    }

    fn say(&mut self, node: &Node, hosts: &[&String], text: &Text) {
        let place: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        let on = if place.is_empty() { String::new() } else { format!(" on {}", place.join(", ")) };
        // A gate's is its question.
        let title = node.title.as_ref().filter(|_| !matches!(node.kind, NodeKind::Gate(_)));
        let title = title.map_or_else(String::new, |title| format!(": {title}"));
        self.line("");
        self.comment(&format!("{}{on}{title}", node.label()));
        text.comments.iter().for_each(|comment| self.comment(comment));
        for name in &text.needs {
            if self.explained.insert(name.clone()) {
                match self.hand.source(name) {
                    Typed::Line(line) => self.line(&line),
                    Typed::Comment(comment) => self.comment(&comment),
                }
            }
        }
        if let Some(command) = &text.command {
            self.line(command);
        }
    }

    /// What a node is to a person who does it.
    fn node(&self, id: NodeId) -> Text {
        let plan = &self.outline.plan;
        let node = plan.node(id);
        let shown = shown::node(plan, id);
        let mut text = Text { comments: shown.when.iter().map(|when| format!("only when {when}")).collect(), command: None, needs: BTreeSet::new() };
        match self.outline.now.nodes.get(&id) {
            Some(Now::Satisfied) => {
                text.comments = vec!["It is as wanted already.".to_owned()];
                return text;
            }
            Some(Now::Skipped { why }) => {
                text.comments = vec![format!("It does not apply: {why}")];
                return text;
            }
            Some(Now::Refused { why }) => text.comments.push(format!("Something stands against it now: {why}")),
            Some(Now::Runs | Now::Unknown { .. }) | None => {}
        }
        match &node.kind {
            NodeKind::Step(step) | NodeKind::Enter { step, .. } => self.step(id, step, &mut text),
            NodeKind::Manual { .. } => text.comments.extend(shown.command.map(|what| format!("By hand: {what}"))),
            NodeKind::Gate(_) => text.comments.extend(shown.command.map(|what| format!("Decide first: {what}"))),
            NodeKind::Leave { enter } => match plan.node(*enter).spec().map(|step| &step.undo) {
                Some(UndoSpec::Command(command)) => self.command(id, plan.node(*enter).spec(), command, &mut text),
                _ => text.comments.push("Give back what was taken, unless it was so before.".to_owned()),
            },
            NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => text.comments.extend(shown.command.map(|what| format!("Look: {what}"))),
        }
        text
    }

    fn step(&self, id: NodeId, step: &StepSpec, text: &mut Text) {
        match &step.does {
            Some(Does::Run(command)) => {
                if step.reboots.is_some() {
                    text.comments.push("The host restarts: go on when it is back.".to_owned());
                }
                if step.irreversible.is_some() {
                    text.comments.push("A point of no return.".to_owned());
                }
                self.command(id, Some(step), command, text);
            }
            Some(Does::Sleep(seconds)) => text.command = Some(format!("sleep {seconds}")),
            Some(Does::Upload(_) | Does::Download(_)) => {
                text.comments.extend(shown::node(&self.outline.plan, id).command.map(|what| format!("By hand: {what}")))
            }
            None if step.verify.is_empty() => text.comments.push("Nothing to do now; it is there for the way back.".to_owned()),
            None => text.comments.push("It only looks.".to_owned()),
        }
    }

    fn command(&self, id: NodeId, step: Option<&StepSpec>, command: &Command, text: &mut Text) {
        let host = self.outline.plan.node(id).host.as_deref();
        let Some(mut typed) = self.hand.typed(command, host) else {
            text.comments.push(format!("It needs values that only a run works out: {}", command.script.source_text().text.trim()));
            return;
        };
        // What an action reads first, where its command uses it.
        let mut before = String::new();
        for fact in step.map_or(&[][..], |step| &step.facts) {
            let name = &self.outline.plan.slots[fact.slot.index()].name;
            if typed.needs.remove(name) {
                let Some(read) = self.hand.typed(&fact.command, host) else { continue };
                typed.needs.extend(read.needs.iter().cloned());
                before.push_str(&self.hand.assigned(fact.slot, &wrapped(&read)));
            }
        }
        text.needs = typed.needs.iter().cloned().collect();
        text.command = Some(before + &wrapped(&typed));
    }
}

/// One plain line stays as it is. Anything else stands in a shell of its own, which ends at the first failure, as in a run.
fn wrapped(typed: &crate::plan::by_hand::Command) -> String {
    let plain =
        typed.user.is_none() && typed.stdin.is_none() && typed.first.is_empty() && !typed.script.contains(['\n', ';', '|']) && !typed.script.contains("exit");
    if plain {
        return typed.script.clone();
    }
    let body = typed.first.iter().map(String::as_str).chain([typed.script.as_str()]).collect::<Vec<_>>().join("\n");
    let options = if typed.shell == Shell::Bash { "set -euo pipefail" } else { "set -eu" };
    let run = match &typed.user {
        None => format!("(\n{options}\n{body}\n)"),
        Some(user) => {
            let needs: String = typed.needs.iter().map(|name| format!(" {name}=\"${name}\"")).collect();
            let env = if needs.is_empty() { String::new() } else { format!(" env{needs}") };
            let shell = if typed.shell == Shell::Bash { "bash" } else { "sh" };
            let kept = if typed.secrets.is_empty() { String::new() } else { format!(" --preserve-env={}", typed.secrets.join(",")) };
            format!("sudo -n -H{kept} -u {user}{env} {shell} -c {}", shell_words::quote(&format!("{options}\n{body}")))
        }
    };
    match &typed.stdin {
        Some(text) => format!("printf '%s' {text} | {run}"),
        None => run,
    }
}

#[cfg(test)]
mod tests {
    use super::commands;
    use crate::plan::tests::{given, planned};

    fn listed(text: &str, params: &[(&str, &str)]) -> String {
        let all = commands(&planned(text, &given(params, &[])).into());
        // Behind what says what it is.
        all.split_once("takes it back.\n").expect("the head").1.to_owned()
    }

    #[test]
    fn values_stand_in_the_commands_and_what_a_run_reads_is_a_variable_that_is_explained() {
        let text = r#"
action site.mode(name: string) "Set the mode" {
  fact before: string = `cat mode`
  run  `echo {{ name }} >mode; echo "was {{ before }}"`
  undo `echo {{ before }} >mode`
}
runbook a {
  param reason: string
  target h: host = "h1"
  target both = ["h2", "h3"]
  step stamp on h { run `date +%s`
    capture at: int
    undo none "it only looks" }
  step mark on both { run `mark {{ at }} {{ reason }} "{{ reason }}" for {{ run_id }}`
    undo `unmark` }
  gate sure "Is {{ reason }} a reason?" { timeout 1h then park }
  step mode on h { use site.mode(name: "it's on") }
  step look on h { verify `true` }
}"#;
        let expected = r#"
# stamp on h1
date +%s

# mark on h2, h3
# Set at first: what stamp has printed
run_id=by-hand   # stands in names of what is kept
mark "${at}" "a \$b" "a \$b" for "${run_id}"

# sure
# Decide first: Is a $b a reason?

# mode on h1: Set the mode
before=$(cat mode)
(
set -euo pipefail
echo "it's on" >mode; echo "was ${before}"
)

# look on h1
# It only looks.
"#;
        assert_eq!(listed(text, &[("reason", "a $b")]).replace("'a $b'", "\"a \\$b\""), expected);
    }

    #[test]
    fn its_folder_environment_input_and_user_come_along_and_no_secret() {
        let text = r#"
runbook a {
  param token: secret
  target h: host = "h1"
  step send on h {
    as    "www-data"
    cwd   "/srv/my site"
    env   { TOKEN = token; MODE = "live" }
    stdin "two words"
    run   `send --from {{ operator }}`
    undo  none "sent"
  }
}"#;
        let said = listed(text, &[("token", "hunter2!")]);
        let expected = r#"
# send on h1
operator=$(id -un)
printf '%s' "two words" | sudo -n -H --preserve-env=TOKEN -u www-data env operator="$operator" bash -c 'set -euo pipefail
: "${TOKEN:?is a secret, or not known here: export it first}"
export MODE=live
cd -- "/srv/my site"
send --from "${operator}"'
"#;
        assert_eq!(said, expected);
    }
}
