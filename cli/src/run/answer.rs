//! A person's word on a gate or a manual step, from any terminal. Every answer is judged against the journal as it is
//! at that moment, and written by compare-and-swap: two that come at once can't both win.

use std::path::Path;
use std::time::Duration;

use engine::exec::people::Ballot;
use engine::journal::JournalError;
use engine::plan::model::{EvidenceSpec, NodeId, NodeKind, Plan, SlotId};
use engine::report::next::quoted;
use engine::report::words::answer_word;
use engine::run::approver::Wanted;
use engine::run::behind::Behind;
use engine::run::event::{Actor, Answer, Event, EventKind, Millis, Voter};
use engine::run::gate;
use engine::run::state::{Declined, Failure, RunState, Stage};
use engine::run::statement::Statement;
use engine::value::{Type, Value};

use super::open::Opened;
use super::person::operator;
use super::signing;
use crate::complaint::{Complaint, FAILED};

/// How often a run that takes no answers yet is looked at again: for ten seconds.
const PATIENCE: u32 = 50;
const BETWEEN: Duration = Duration::from_millis(200);

/// What a person says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) answer: Answer,
    pub(crate) note: Option<String>,
    /// To how many hosts a yes is said.
    pub(crate) hosts: Option<usize>,
    /// By the names of what a manual step asks for.
    pub(crate) evidence: Vec<(String, String)>,
}

/// What becomes of it.
#[derive(Debug, PartialEq)]
pub(crate) enum Judged {
    Write(EventKind),
    /// What it rests on is too old: it is shown anew, and the person is told.
    ShowAnew(EventKind, Complaint),
    /// The same was said before: accepted once more, and nothing changes (P3).
    Already,
}

/// Judges and writes; true when it was written, false when it was said before.
///
/// # Errors
/// The answer is refused, or the journal can't be written.
pub(crate) fn give(opened: &mut Opened, node: NodeId, word: &Word, key: Option<&Path>) -> Result<bool, Complaint> {
    opened.trusted(0)?;
    let mut signed: Option<(u32, Voter)> = None;
    let mut looks = 0;
    loop {
        let now = crate::clock::now();
        let was_signed = signed.is_some();
        let mut voter = |opening| match &signed {
            Some((number, by)) if *number == opening => Ok(by.clone()),
            _ => voter(opened, node, opening, word, key, now).inspect(|by| signed = Some((opening, by.clone()))),
        };
        let judged = judge(&opened.plan, &opened.state, node, word, &operator(), &mut voter, now)?;
        // A touch of a key takes its time: what counts is when it was done.
        if opened.plan.signers.is_some() && !was_signed && signed.is_some() {
            continue;
        }
        let (kind, complaint) = match judged {
            Judged::Already => return Ok(false),
            Judged::Write(kind) => (kind, None),
            Judged::ShowAnew(kind, complaint) => (kind, Some(complaint)),
        };
        // The fold has the last word: what it does not take must never get into the journal.
        let event = Event { seq: opened.state.seq + 1, at: now, kind: kind.clone() };
        let mut after = opened.state.clone();
        if after.apply(&opened.plan, &event).is_err() {
            // A process that has just taken the run up asks its hosts first: it hears the answer in a moment.
            if looks < PATIENCE && opened.is_driven() {
                looks += 1;
                std::thread::sleep(BETWEEN);
                catch_up(opened)?;
                continue;
            }
            return Err(Complaint::new(FAILED, format!("run {} takes no answers now: {}", opened.run, engine::run::verdict::word(&opened.state)))
                .help("try again in a moment"));
        }
        match opened.journal.append(vec![(now, kind)]) {
            Ok(_) => {
                opened.state = after;
                opened.events.push(event);
                let next = |c: Complaint| {
                    if opened.is_driven() {
                        c.help("its process shows it anew now: look at it, and answer again")
                    } else {
                        c.help(format!("runbook resume {}   shows it anew and asks again", opened.run))
                    }
                };
                return complaint.map_or(Ok(true), |c| Err(next(c)));
            }
            Err(JournalError::Behind) => catch_up(opened)?,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Who says it, with their signature where the run wants one. A no without a key counts as well.
fn voter(opened: &Opened, node: NodeId, opening: u32, word: &Word, key: Option<&Path>, now: Millis) -> Result<Voter, Complaint> {
    let person = || Voter::Person(operator());
    let (Some(signers), NodeKind::Gate(gate)) = (&opened.plan.signers, &opened.plan.node(node).kind) else { return Ok(person()) };
    let path = &opened.plan.node(node).path;
    let Some(key) = key else {
        return match word.answer {
            Answer::Rejected => Ok(person()),
            Answer::Approved { .. } => Err(signing::not_theirs(path, "a yes is signed in this run, and there is no key to sign with").help(signing::HOW)),
        };
    };
    let statement = Statement::of(&opened.run, &opened.plan, &opened.today(), node, opening, opened.journal.head())
        .ok_or_else(|| Complaint::new(FAILED, format!("the journal does not say what `{path}` shows")))?;
    let ballot = Ballot { statement, signers: signers.clone(), wanted: Wanted::of(gate, &opened.state) };
    signing::sign(&ballot, &word.answer, key, now).map(|signed| Voter::Signed(Box::new(signed)))
}

fn catch_up(opened: &mut Opened) -> Result<(), Complaint> {
    let known = opened.state.seq;
    for event in opened.journal.catch_up()?.into_iter().skip(opened.events.len()) {
        if matches!(event.kind, EventKind::RunbookEdited { .. }) {
            let what = format!("the runbook of run {} was edited at this moment; nothing was answered", opened.run);
            return Err(Complaint::new(FAILED, what).help(format!("runbook show {}   what it asks now", opened.run)));
        }
        opened.state.apply(&opened.plan, &event).map_err(|e| Complaint::new(FAILED, format!("the journal does not fold: {e}")))?;
        opened.events.push(event);
    }
    opened.trusted(known)
}

/// The gate or manual step that a person names by its path or its id; of several with one id, the one that is open.
///
/// # Errors
/// There is none, or it is not clear which one.
pub(crate) fn find(plan: &Plan, state: &RunState, name: &str) -> Result<NodeId, Complaint> {
    let asks = |id: &NodeId| matches!(plan.node(*id).kind, NodeKind::Gate(_) | NodeKind::Manual { .. });
    let named = plan.find(name);
    let asking: Vec<NodeId> = named.iter().copied().filter(asks).collect();
    let open: Vec<NodeId> = asking.iter().copied().filter(|id| is_open(state, *id)).collect();
    match (asking.as_slice(), open.as_slice()) {
        ([one], _) | (_, [one]) => Ok(*one),
        ([], _) if !named.is_empty() => Err(Complaint::usage(format!("`{name}` is no gate and no manual step: nothing is asked there"))),
        ([], _) => {
            let questions: Vec<&str> = plan.iter().filter(|(id, _)| asks(id)).map(|(_, node)| node.path.as_str()).collect();
            let complaint = Complaint::usage(format!("this run has no gate `{name}`"));
            Err(if questions.is_empty() {
                complaint.help("it asks nothing of anybody")
            } else {
                complaint.help(format!("it asks at {}", questions.join(", ")))
            })
        }
        (several, _) => Err(Complaint::usage(format!("`{name}` names {} questions; give a path", several.len()))
            .help(several.iter().map(|id| quoted(&plan.node(*id).path)).collect::<Vec<_>>().join("  "))),
    }
}

fn is_open(state: &RunState, id: NodeId) -> bool {
    matches!(state.stage(id), Stage::Open { .. } | Stage::AwaitingPerson)
}

/// What an answer means where the run stands.
///
/// # Errors
/// It comes too late, too early, contradicts an earlier one, or is not an answer to this question.
pub(crate) fn judge(
    plan: &Plan,
    state: &RunState,
    node: NodeId,
    word: &Word,
    who: &str,
    voter: &mut dyn FnMut(u32) -> Result<Voter, Complaint>,
    now: Millis,
) -> Result<Judged, Complaint> {
    let path = &plan.node(node).path;
    let same = |earlier: Answer| {
        if earlier == word.answer {
            Ok(Judged::Already)
        } else {
            Err(Complaint::new(FAILED, format!("`{path}` is {} already: a different answer can't follow", answer_word(&earlier))))
        }
    };
    fits(plan, node, &word.answer)?;
    let entered = entered(plan, node, word)?;
    let approved = || Answer::Approved { choice: None };
    match state.stage(node) {
        Stage::Open { deadline, .. } if now > *deadline => Err(late(path, *deadline)),
        Stage::Open { opening, .. } => {
            let by = voter(*opening)?;
            if let Some(judged) = not_taken(plan, state, node, *opening, word, &by, now)? {
                return Ok(judged);
            }
            Ok(Judged::Write(EventKind::GateAnswered { node, opening: *opening, answer: word.answer.clone(), by, note: word.note.clone() }))
        }
        Stage::AwaitingPerson => {
            let by = Actor::Person(who.to_owned());
            Ok(Judged::Write(EventKind::ManualAnswered { node, done: word.answer != Answer::Rejected, by, note: word.note.clone(), entered }))
        }
        Stage::Approved { choice } => same(Answer::Approved { choice: choice.clone() }),
        Stage::Declined { why: Declined::Rejected, .. } | Stage::Failed { why: Failure::Manual { .. }, .. } => same(Answer::Rejected),
        Stage::Declined { why: Declined::Expired { .. }, .. } => {
            Err(Complaint::new(FAILED, format!("`{path}` has expired: an answer after its deadline is refused")).help("`runbook resume RUN` asks again"))
        }
        Stage::Succeeded | Stage::Ran { .. } if matches!(plan.node(node).kind, NodeKind::Manual { .. }) => {
            match entered.iter().find(|(slot, value)| known(plan, state, node, *slot) != Some(value)) {
                Some((slot, _)) if word.answer != Answer::Rejected => Err(other_evidence(plan, state, node, *slot)),
                _ => same(approved()),
            }
        }
        Stage::Pending | Stage::Guarding { .. } => Err(Complaint::new(FAILED, format!("`{path}` is not open yet: the run has not come to it"))),
        other => Err(Complaint::new(FAILED, format!("`{path}` is {}: it asks nothing now", engine::report::words::stage_word(other).replace('_', " ")))),
    }
}

/// P3: a yes counts of those who are asked, about what is not too old.
fn not_taken(plan: &Plan, state: &RunState, node: NodeId, opening: u32, word: &Word, by: &Voter, now: Millis) -> Result<Option<Judged>, Complaint> {
    let NodeKind::Gate(gate) = &plan.node(node).kind else { return Ok(None) };
    let path = &plan.node(node).path;
    let wanted = Wanted::of(gate, state);
    let behind = Behind::of(plan, state, node);
    if word.answer != Answer::Rejected && !behind.is_met_by(word.hosts) {
        let what = format!("your yes to `{path}` is not taken: it leads to {}", behind.said());
        return Err(Complaint::usage(what).help("say to how many you say yes: `--hosts N`"));
    }
    if let Err(why) = wanted.takes(&word.answer, by) {
        let why = wanted.not_theirs(&why, by.name());
        return Err(signing::not_theirs(path, &why).help("they type the same as you did; a no is taken from anybody"));
    }
    let Some(shown) = state.gates.get(&node).filter(|shown| word.answer != Answer::Rejected && gate::is_stale(gate, shown, now)) else { return Ok(None) };
    let valid = Value::Duration(gate.valid_for.unwrap_or_default()).display();
    let complaint =
        Complaint::new(FAILED, format!("your yes to `{path}` is not taken: what it shows is of {} and counts for {valid}", crate::clock::date(shown.at)));
    Ok(Some(Judged::ShowAnew(EventKind::GateLapsed { node, opening, why: gate::TOO_OLD.to_owned() }, complaint)))
}

/// What was entered there before.
fn known<'a>(plan: &Plan, state: &'a RunState, node: NodeId, slot: SlotId) -> Option<&'a Value> {
    state.slots.get(&slot)?.get(plan.node(node).host.as_deref().unwrap_or_default())
}

fn other_evidence(plan: &Plan, state: &RunState, node: NodeId, slot: SlotId) -> Complaint {
    let (path, name) = (&plan.node(node).path, &plan.slots[slot.index()].name);
    let before = known(plan, state, node, slot).map(Value::display).unwrap_or_default();
    Complaint::new(FAILED, format!("`{path}` is done already, with {name} = {before}: a different answer can't follow"))
}

fn late(path: &str, deadline: Millis) -> Complaint {
    Complaint::new(FAILED, format!("`{path}` stood open until {}: an answer after its deadline is refused", crate::clock::date(deadline)))
        .help("`runbook resume RUN` asks again")
}

/// Whether an answer is one that the question knows.
fn fits(plan: &Plan, node: NodeId, answer: &Answer) -> Result<(), Complaint> {
    let NodeKind::Gate(gate) = &plan.node(node).kind else {
        return match answer {
            Answer::Approved { choice: Some(_) } => Err(Complaint::usage("a manual step has no choices: it is done or it is not")),
            _ => Ok(()),
        };
    };
    let among = || {
        format!(
            "choose one of {}: `--choice {}`",
            gate.choices.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(", "),
            gate.choices.first().map_or("", String::as_str)
        )
    };
    match answer {
        Answer::Approved { choice: None } if !gate.choices.is_empty() => Err(Complaint::usage("this gate asks for a choice").help(among())),
        Answer::Approved { choice: Some(_) } if gate.choices.is_empty() => Err(Complaint::usage("this gate has no choices: leave `--choice` out")),
        Answer::Approved { choice: Some(choice) } if !gate.choices.contains(choice) => {
            Err(Complaint::usage(format!("`{choice}` is no choice of this gate")).help(among()))
        }
        _ => Ok(()),
    }
}

/// What a person enters at a manual step, read by its types: all that is asked for, and nothing else. Everything that is
/// wrong is said at once.
fn entered(plan: &Plan, node: NodeId, word: &Word) -> Result<Vec<(SlotId, Value)>, Complaint> {
    let at = plan.node(node);
    let named = |spec: &EvidenceSpec| plan.slots[spec.slot.index()].name.as_str();
    let known: Vec<&str> = at.evidence().iter().map(named).collect();
    let mut wrong = Vec::new();
    for (position, (name, _)) in word.evidence.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            let asked = if known.is_empty() { "it asks for nothing".to_owned() } else { format!("it asks for {}", known.join(", ")) };
            wrong.push(format!("`{}` asks for no `{name}`: {asked}", at.path));
        } else if word.evidence[..position].iter().any(|(other, _)| other == name) {
            wrong.push(format!("`{name}` is given twice"));
        }
    }
    let mut read = Vec::new();
    for spec in at.evidence().iter().filter(|_| word.answer != Answer::Rejected) {
        let name = named(spec);
        match word.evidence.iter().find(|(given, _)| given == name) {
            None if matches!(spec.kind, Type::Optional(_)) => read.push((spec.slot, Value::None)),
            None => wrong.push(format!("`{name}` is missing, {}: `--evidence {name}=…`", spec.kind)),
            Some((_, text)) => match engine::plan::entered(text, &spec.kind) {
                Ok(value) => read.push((spec.slot, value)),
                Err(error) => wrong.push(format!("`{name}`: {error}{}", error.help.as_ref().map(|h| format!("; {h}")).unwrap_or_default())),
            },
        }
    }
    if wrong.is_empty() { Ok(read) } else { Err(Complaint::usage(wrong.join("\n"))) }
}

#[cfg(test)]
mod tests {
    use engine::check::{NoFiles, ParsedFile, check};
    use engine::plan::Inputs;
    use grammar::source::{Source, SourceId};

    use super::*;

    const TEXT: &str = r#"
runbook sample {
  target web: host = "web1"
  gate how "How?" { choices ["now", "later"]; timeout 30m then park }
  gate go "Really?" { confirm "yes"; timeout 30m then park }
  manual look "Look at it" on web { instructions "look"; undo none "looking" }
  step act on web { run `true`
    undo none "nothing" }
}
"#;

    fn sample() -> (Plan, RunState) {
        let source = Source { id: SourceId(0), path: "sample.runbook".to_owned(), text: TEXT.to_owned() };
        let parsed = grammar::parse(&source);
        assert_eq!(parsed.diagnostics, []);
        let program = check(ParsedFile { source, file: parsed.file }, &mut NoFiles).expect("it checks");
        let plan = engine::plan::plan(&program, &Inputs::default()).expect("it is planned");
        let mut state = RunState::new(&plan);
        let set = |state: &mut RunState, name: &str, stage| state.nodes[plan.find(name)[0].index()].stage = stage;
        set(&mut state, "how", Stage::Open { opening: 2, deadline: 1000 });
        set(&mut state, "go", Stage::Approved { choice: None });
        set(&mut state, "look", Stage::AwaitingPerson);
        (plan, state)
    }

    fn said(name: &str, answer: Answer, now: Millis) -> Result<Judged, Complaint> {
        let (plan, state) = sample();
        let voter = &mut |_| Ok(Voter::Person("mara".to_owned()));
        judge(&plan, &state, find(&plan, &state, name)?, &Word { answer, note: None, hosts: None, evidence: Vec::new() }, "mara", voter, now)
    }

    fn yes() -> Answer {
        Answer::Approved { choice: None }
    }

    fn choice(choice: &str) -> Answer {
        Answer::Approved { choice: Some(choice.to_owned()) }
    }

    #[test]
    fn p2_an_answer_counts_until_the_deadline_and_not_after_it() {
        assert!(matches!(said("how", choice("now"), 1000), Ok(Judged::Write(EventKind::GateAnswered { opening: 2, .. }))));
        assert_eq!(said("how", choice("now"), 1001).map_err(|c| c.status), Err(FAILED));
    }

    #[test]
    fn p3_the_same_answer_is_accepted_once_more_and_a_different_one_is_a_conflict() {
        assert_eq!(said("go", yes(), 5), Ok(Judged::Already));
        assert_eq!(said("go", Answer::Rejected, 5).map_err(|c| c.status), Err(FAILED));
    }

    #[test]
    fn a_choice_must_be_one_of_the_gate_s() {
        for wrong in [yes(), choice("never")] {
            assert_eq!(said("how", wrong, 5).map_err(|c| c.status), Err(crate::complaint::USAGE));
        }
        assert_eq!(said("go", choice("now"), 5).map_err(|c| c.status), Err(crate::complaint::USAGE));
        assert!(said("how", Answer::Rejected, 5).is_ok());
    }

    #[test]
    fn a_manual_step_is_done_or_not() {
        assert!(matches!(said("look", yes(), 5), Ok(Judged::Write(EventKind::ManualAnswered { done: true, .. }))));
        assert!(matches!(said("look", Answer::Rejected, 5), Ok(Judged::Write(EventKind::ManualAnswered { done: false, .. }))));
        assert!(said("look", choice("now"), 5).is_err());
    }

    #[test]
    fn what_asks_nothing_takes_no_answer_and_the_message_names_what_does() {
        assert_eq!(said("act", yes(), 5).map_err(|c| c.status), Err(crate::complaint::USAGE));
        let unknown = said("nope", yes(), 5).expect_err("no such gate");
        assert!(unknown.help[0].contains("how, go, look@web1"), "{unknown:?}");
    }
}
