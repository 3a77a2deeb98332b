//! The plan as a page: what is asked before anything changes, then every step in its order with what undoes it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::plan_short::{self as short, Short};
use super::touched;
use super::usual::Usual;
use super::words::took;
use crate::plan::expected::{Expected, expected};
use crate::plan::found::Found;
use crate::plan::model::{
    BlockId, BlockKind, Does, GateThen, HostName, HostPlan, LOCAL, Node, NodeId, NodeKind, OnFailure, OnUnreachable, Plan, Release, ToleranceId,
};
use crate::plan::shown::{self, Shown, Undo};
use crate::plan::{Later, Outline};
use crate::run::event::Millis;
use crate::value::Value;

#[must_use]
pub fn text(outline: &Outline, usual: &Usual) -> String {
    let plan = &outline.plan;
    let mut page = Page {
        plan,
        later: &outline.later,
        targets: &outline.targets,
        found: &outline.read,
        usual,
        now: &outline.now,
        short: Short::default(),
        out: String::new(),
        open: Vec::new(),
        number: 0,
        tolerances: BTreeSet::new(),
    };
    page.head();
    page.later(None);
    let mut nodes: Vec<(NodeId, &Node)> = plan.iter().filter(|(_, n)| !matches!(n.kind, NodeKind::Join)).collect();
    nodes.reverse();
    while let Some((id, node)) = nodes.pop() {
        let shown = shown::node(plan, id);
        let mut hosts: Vec<&str> = node.host.iter().map(String::as_str).collect();
        let (mut last, mut ids) = (node, vec![id]);
        // The same on many hosts is said once.
        while let Some((next, other)) = nodes.last() {
            if node.host.is_none() || other.step != node.step || other.block != node.block || other.title != node.title || shown::node(plan, *next) != shown {
                break;
            }
            hosts.extend(other.host.as_deref());
            ids.push(*next);
            last = other;
            nodes.pop();
        }
        page.node(&ids, &hosts, &shown);
        page.later(Some(&last.path));
    }
    page.in_short();
    page.expected();
    page.out
}

struct Page<'a> {
    plan: &'a Plan,
    later: &'a [Later],
    targets: &'a [String],
    /// What facts were found to be.
    found: &'a BTreeMap<String, BTreeMap<HostName, Value>>,
    usual: &'a Usual,
    /// What guards say now.
    now: &'a Found,
    short: Short,
    out: String,
    open: Vec<BlockId>,
    number: usize,
    /// Those that were said.
    tolerances: BTreeSet<ToleranceId>,
}

/// One value, or one a host.
fn read(hosts: &[HostName], values: &BTreeMap<HostName, Value>) -> String {
    let said = |host| values.get(host).map_or_else(|| "no answer".to_owned(), |value| on_one_line(&value.display()));
    match hosts {
        [only] => said(only),
        _ => hosts.iter().map(|host| format!("{host}: {}", said(host))).collect::<Vec<_>>().join(", "),
    }
}

/// A host, how it is reached, and as whom commands run there.
fn reached(host: &HostPlan) -> String {
    let way = host.way.as_ref().and_then(|way| way.shown(&host.name));
    let users = (!host.users.is_empty()).then(|| format!("as {}", host.users.join(", ")));
    let said: Vec<String> = way.into_iter().chain(users).collect();
    if said.is_empty() { host.name.clone() } else { format!("{} ({})", host.name, said.join("; ")) }
}

/// What came from a host neither breaks the page nor moves the cursor.
fn on_one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

fn facts(names: &[String]) -> String {
    format!("{} {}", names.join(", "), if names.len() == 1 { "is" } else { "are" })
}

/// As one says it: `8s`, `3m 20s`.
fn roughly(millis: Millis) -> String {
    if millis % 1000 == 0 && millis < 60_000 { format!("{}s", millis / 1000) } else { took(millis) }
}

fn duration(seconds: u64) -> String {
    Value::Duration(seconds).display()
}

impl Page<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let _ = writeln!(self.out, "{}{text}", "  ".repeat(depth));
    }

    fn head(&mut self) {
        let plan = self.plan;
        let title = plan.title.as_ref().map_or_else(String::new, |t| format!(" - {t}"));
        self.line(0, &format!("{}{title}", plan.runbook));
        self.line(0, &format!("plan {}", plan.hash.get(..12).unwrap_or(&plan.hash)));
        if let Some(touched) = touched(plan, self.targets) {
            self.line(0, &format!("touches {touched}"));
        }
        if let Some(signers) = &plan.signers {
            self.line(0, &format!("a yes at its gates is signed, by one of {}", signers.path));
        }
        for window in &plan.windows {
            self.line(0, &format!("starts only within {window}"));
        }
        self.line(0, "");
        self.line(0, "Before anything changes");
        let hosts: Vec<String> = plan.hosts.iter().map(reached).collect();
        self.line(1, &format!("reach {}", hosts.join(", ")));
        let locked: Vec<&str> = plan.locked_hosts().map(String::as_str).collect();
        for lock in &plan.locks {
            self.line(1, &format!("lock {lock} on {}", locked.join(", ")));
        }
        for fact in &plan.facts {
            let name = &plan.slots[fact.slot.index()].name;
            let known = self.found.get(name).or(Some(&fact.drawn).filter(|drawn| !drawn.is_empty()));
            let known = known.map_or_else(String::new, |values| format!(" = {}", read(&fact.hosts, values)));
            self.line(1, &format!("read {name} on {}{known}", fact.hosts.join(", ")));
            let host = if let [host] = fact.hosts.as_slice() { Some(host.as_str()) } else { None };
            self.command(2, "", &shown::command(plan, &fact.command, host));
        }
        for (at, require) in (0u32..).zip(&plan.requires) {
            let (why, what) = shown::require(plan, require);
            let place = if require.hosts.is_empty() { String::new() } else { format!(" on {}", require.hosts.join(", ")) };
            self.line(1, &format!("require that {why}{place}"));
            self.command(2, "", &what);
            for said in short::now_of_require(at, self.now) {
                self.line(2, &format!("now      {said}"));
            }
        }
        for hook in &plan.hooks {
            let on: Vec<&str> = hook.on.iter().map(|event| event.word()).collect();
            self.line(1, &format!("tell of {}, by {}", on.join(", "), hook.action));
            self.command(2, "", &shown::command(plan, &hook.command, Some(LOCAL)));
        }
        self.line(0, "");
        self.line(0, "Then");
    }

    /// What one wants to know before one says yes.
    fn in_short(&mut self) {
        let lines = self.short.lines(self.plan, self.now);
        if lines.is_empty() {
            return;
        }
        self.line(0, "");
        self.line(0, "In short");
        lines.iter().for_each(|line| self.line(1, line));
    }

    /// The critical path, where it is known how long its steps take.
    fn expected(&mut self) {
        let (plan, usual) = (self.plan, self.usual);
        let own = |id| usual.or_expected(plan, id);
        let Some(Expected { long, path, unsaid, gates }) = expected(plan, |id| own(id).map(i64::unsigned_abs)) else { return };
        self.line(0, "");
        let by = if path.iter().any(|id| usual.took(plan, *id).is_some()) { ", by what its last runs took" } else { "" };
        self.line(0, &format!("Expected to take {} at least, along the critical path{by}", roughly(long.cast_signed())));
        let said: Vec<String> = path.iter().filter_map(|id| Some(format!("{} {}", plan.node(*id).path, roughly(own(*id)?)))).collect();
        self.line(1, &said.join(", "));
        if !unsaid.is_empty() {
            let named: Vec<&str> = unsaid.iter().map(|id| plan.node(*id).path.as_str()).collect();
            self.line(1, &format!("not in it, since they have no `expect`: {}", named.join(", ")));
        }
        if !gates.is_empty() {
            let named: Vec<&str> = gates.iter().map(|id| plan.node(*id).path.as_str()).collect();
            self.line(1, &format!("and the time until somebody answers: {}", named.join(", ")));
        }
    }

    /// What can't be drawn yet, at its place.
    fn later(&mut self, after: Option<&str>) {
        for later in self.later.iter().filter(|later| later.after.as_deref() == after) {
            self.number += 1;
            let depth = self.open.len() + 1;
            self.line(depth, &format!("{}. {}", self.number, later.piece));
            self.line(depth + 2, &format!("not known before {} read: `--probe` reads it", facts(&later.names(self.plan))));
        }
    }

    /// Says which blocks begin and end between the last node and this one.
    fn blocks(&mut self, node: &Node) {
        let plan = self.plan;
        let said = |b: &BlockId| !matches!(plan.blocks[b.index()].kind, BlockKind::Sequence | BlockKind::Held { .. } | BlockKind::Iteration { .. });
        let mut around: Vec<BlockId> = plan.enclosing(node.block).filter(said).collect();
        around.reverse();
        let common = self.open.iter().zip(&around).take_while(|(a, b)| a == b).count();
        self.open.truncate(common);
        for block in &around[common..] {
            let depth = self.open.len() + 1;
            let head = match &plan.blocks[block.index()].kind {
                BlockKind::Boundary { id, title, on_failure, ask, budget } => {
                    let title = title.as_ref().map_or_else(String::new, |t| format!(" - {t}"));
                    let budget = budget.map_or_else(String::new, |b| format!(", within {}", duration(b)));
                    let failure = match on_failure {
                        OnFailure::Rollback => "a failure in it is rolled back",
                        OnFailure::Park if self.is_tolerated(*block) => "a tolerated failure in it undoes nothing, any other parks the run",
                        OnFailure::Park => "a failure in it parks the run",
                    };
                    let ask = ask.map_or_else(String::new, |ask| {
                        let then = match ask.then {
                            then if then == *on_failure => "",
                            OnFailure::Rollback => ", and silence rolls it back",
                            OnFailure::Park => ", and silence parks the run",
                        };
                        format!("; a person at a terminal is asked for {} first{then}", duration(ask.seconds))
                    });
                    format!("boundary {id}{title} ({failure}{budget}{ask})")
                }
                BlockKind::Call { id, runbook, title } => {
                    let title = title.as_ref().map_or_else(String::new, |t| format!(" - {t}"));
                    format!("call {id}: {runbook}{title}")
                }
                BlockKind::Parallel => "side by side:".to_owned(),
                BlockKind::Batch => match self.first_of_a_loop(*block) {
                    Some(said) => format!("a batch ({said}):"),
                    None => "a batch:".to_owned(),
                },
                BlockKind::Sequence | BlockKind::Held { .. } | BlockKind::Iteration { .. } => continue,
            };
            self.line(depth, &head);
            self.open.push(*block);
        }
    }

    /// What a loop tolerates is said once, where it begins.
    fn first_of_a_loop(&mut self, batch: BlockId) -> Option<String> {
        let tolerance = self.plan.blocks.iter().find_map(|b| match b.kind {
            BlockKind::Iteration { tolerance, .. } if b.parent == Some(batch) => tolerance,
            _ => None,
        })?;
        self.tolerances.insert(tolerance).then(|| self.plan.tolerances[tolerance.index()].said())
    }

    fn is_tolerated(&self, block: BlockId) -> bool {
        self.plan.enclosing(block).any(|b| matches!(self.plan.blocks[b.index()].kind, BlockKind::Iteration { tolerance: Some(_), .. }))
    }

    fn node(&mut self, ids: &[NodeId], hosts: &[&str], shown: &Shown) {
        let [id, ..] = *ids else { return };
        let plan = self.plan;
        let node = plan.node(id);
        self.blocks(node);
        self.number += 1;
        let depth = self.open.len() + 1;
        let place = if hosts.is_empty() { String::new() } else { format!(" on {}", hosts.join(", ")) };
        let user = shown.user.as_ref().map_or_else(String::new, |u| format!(" as {u}"));
        let title = node.title.as_ref().map_or_else(String::new, |t| format!(" - {t}"));
        let kind = match node.kind {
            NodeKind::Step(_) | NodeKind::Leave { .. } | NodeKind::Fact(_) | NodeKind::Require(_) | NodeKind::Join => "",
            NodeKind::Manual { .. } => "by hand: ",
            NodeKind::Gate(_) => "gate: ",
            NodeKind::Enter { .. } => "hold ",
        };
        let number = self.number;
        self.line(depth, &format!("{number}. {kind}{}{place}{user}{title}", node.label()));
        let depth = depth + 2;
        for when in &shown.when {
            self.line(depth, &format!("when     {when}"));
        }
        for (name, command) in &shown.facts {
            self.command(depth, "read", &format!("{name} = {command}"));
        }
        for (why, what) in shown.requires.iter().filter(|(_, what)| !what.is_empty()) {
            self.command(depth, "require", &format!("{why}: {what}"));
        }
        if let Some(check) = &shown.check {
            self.command(depth, "check", check);
        }
        if let NodeKind::Gate(gate) = &node.kind {
            for (host, command) in &shown.show {
                self.command(depth, "show", &format!("{command}   (on {host})"));
            }
            if let Some(word) = &gate.confirm {
                self.line(depth, &format!("confirm  by typing \"{}\"", word.source_text().text));
            }
            if !gate.choices.is_empty() {
                self.line(depth, &format!("choices  {}", gate.choices.join(", ")));
            }
            if !gate.approvers.is_empty() {
                self.line(depth, &format!("asks     {}", gate.approvers.join(", ")));
            }
            if gate.signed {
                self.line(depth, "signed   a yes is signed, by one of the runbook's signers");
            }
            if gate.second_person {
                self.line(depth, "asks     a second person: nobody who started, resumed or rolled back the run");
            }
            if let Some(valid) = gate.valid_for {
                self.line(depth, &format!("valid    for {} after it was shown, until something begins", duration(valid)));
            }
            let then = match gate.then {
                GateThen::Rollback => "rolls back",
                GateThen::Park => "parks the run",
                GateThen::End => "ends the run",
            };
            self.line(depth, &format!("waits    {}; silence or a refusal {then}", duration(gate.timeout)));
            if gate.guards_irreversible {
                self.line(depth, "beyond   lies a point of no return");
            }
        } else if matches!(node.kind, NodeKind::Leave { .. }) {
            // How it is released stands where it was taken.
        } else if let Some(command) = &shown.command {
            let crosses = matches!(node.spec().and_then(|s| s.does.as_ref()), Some(Does::Upload(_) | Does::Download(_)));
            if crosses && shown.check.is_none() {
                self.line(depth, "check    whether the same file is there already");
            }
            let word = match node.kind {
                NodeKind::Manual { .. } => "do",
                _ if crosses => "",
                _ => "run",
            };
            self.command(depth, word, command);
        }
        for (name, kind, question) in &shown.asks {
            self.line(depth, &format!("enter    {name}, {kind}: {question}"));
        }
        if let Some(said) = &shown.tolerate {
            self.line(depth, &format!("tolerate {said}"));
        }
        match shown.unreachable {
            OnUnreachable::Skip => self.line(depth, "no host  skipped, and the run goes on without it"),
            OnUnreachable::Park => self.line(depth, "no host  the run parks until it is back"),
            OnUnreachable::Fail => {}
        }
        self.ending(depth, node, shown);
        self.short.take(plan, id, hosts, self.number);
        for said in short::now(plan, ids, self.now) {
            self.line(depth, &format!("now      {said}"));
        }
        if let Some(millis) = self.usual.took(plan, id) {
            self.line(depth, &format!("usually  {}", took(millis)));
        }
    }

    fn ending(&mut self, depth: usize, node: &Node, shown: &Shown) {
        if let Some(within) = node.spec().and_then(|s| s.reboots) {
            self.line(depth, &format!("reboots  done when the host answers again, within {}", duration(within)));
        }
        for (command, every, within) in &shown.verify {
            let polled = if *within > 0 { format!("   (every {}, within {})", duration(*every), duration(*within)) } else { String::new() };
            self.command(depth, "verify", &format!("{command}{polled}"));
        }
        if let NodeKind::Enter { release, .. } = node.kind {
            let release = match release {
                Release::Always => "released whatever happens",
                Release::OnSuccess => "released if what it covers is done, or all undone; otherwise kept",
                Release::Ask => "a person is asked before it is released",
            };
            self.line(depth, &format!("release  {release}"));
        }
        match &shown.undo {
            Undo::Unsaid => {}
            Undo::Command(command) => self.command(depth, if matches!(node.kind, NodeKind::Enter { .. }) { "by" } else { "undo" }, command),
            Undo::None(why) => self.line(depth, &format!("undo     none: {why}")),
            Undo::Manual(text) => self.command(depth, "undo", &format!("by hand: {text}")),
        }
        if let Some(why) = &shown.irreversible {
            self.line(depth, &format!("POINT OF NO RETURN: {why}"));
        }
    }

    /// A command of several lines keeps them, each under the first.
    fn command(&mut self, depth: usize, word: &str, command: &str) {
        let word = if word.is_empty() { String::new() } else { format!("{word:<9}") };
        for (position, text) in command.lines().enumerate() {
            let lead = if position == 0 { word.clone() } else { " ".repeat(word.len()) };
            self.line(depth, format!("{lead}{text}").trim_end());
        }
    }
}
