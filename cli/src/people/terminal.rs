//! The person at the terminal, asked one question at a time on a thread of its own. The thread is never waited for:
//! a question that stands open must not hold up the end of the process.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use engine::exec::people::{Asking, Ballot, People, Question, Reply};
use engine::plan::entered;
use engine::run::event::{Answer, FailureAnswer, InterruptAnswer, Signed, StepAnswer};
use engine::signers::Signers;
use engine::value::Value;
use tokio::sync::oneshot;

use super::console::{Console, Typed};
use super::countdown::Countdown;
use super::menu::{self, Choice, Pick};
use super::{Asked, pager, reading, shell, wording};
use crate::out::Out;
use crate::run::signing;

#[derive(Debug)]
pub(crate) struct Terminal {
    name: String,
    key: Option<PathBuf>,
    asked: Sender<Asked>,
}

impl Terminal {
    pub(crate) fn new(out: Out, name: String, key: Option<PathBuf>) -> Self {
        let (asked, questions) = channel();
        let own = key.clone();
        std::thread::spawn(move || {
            Desk { console: Console::new(out.clone()), out, questions, waiting: VecDeque::new(), closed: 0, time: None, key, refused: false }.work();
        });
        Self { name, key: own, asked }
    }
}

impl People for Terminal {
    fn ask(&self, question: Question) -> Option<oneshot::Receiver<Reply>> {
        let (reply, answer) = oneshot::channel();
        self.asked.send(Asked { question, reply }).ok()?;
        Some(answer)
    }

    fn can_be_asked(&self) -> bool {
        true
    }

    fn can_sign(&self) -> bool {
        self.key.is_some()
    }

    fn sign(&self, text: &str, head: &str, signers: &Signers) -> Result<Signed, String> {
        signing::start(text, head, signers, self.key.as_deref())
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

/// How often the end of the input is taken for a slip of the hand.
const SLIPS: u32 = 3;

struct Desk {
    out: Out,
    console: Console,
    questions: Receiver<Asked>,
    waiting: VecDeque<Asked>,
    closed: u32,
    /// What the present question has left.
    time: Option<Countdown>,
    /// What is signed with.
    key: Option<PathBuf>,
    /// An answer was understood and not taken, and it was said why.
    refused: bool,
}

impl Desk {
    fn work(mut self) {
        // Questions that nobody can type an answer to any more, but that may be answered elsewhere.
        let mut held = Vec::new();
        while let Some(asked) = self.next() {
            match self.converse(&asked) {
                Some(Some(reply)) => {
                    // Taken back in this moment: it was answered elsewhere, and that answer counts.
                    let _ = asked.reply.send(reply);
                }
                Some(None) => held.push(asked),
                // Taken back, or an interrupt comes first.
                None if !asked.reply.is_closed() => self.waiting.push_back(asked),
                None => {}
            }
        }
    }

    /// An interrupt first, then in their order. None when the run is over.
    fn next(&mut self) -> Option<Asked> {
        loop {
            self.waiting.extend(self.questions.try_iter());
            self.waiting.retain(|asked| !asked.reply.is_closed());
            let first = self.waiting.iter().position(|a| a.question == Question::Interrupt).unwrap_or(0);
            if let Some(asked) = self.waiting.remove(first) {
                return Some(asked);
            }
            self.waiting.push_back(self.questions.recv().ok()?);
        }
    }

    /// `None`: put it back or forget it. `Some(None)`: it can't be answered here any more.
    fn converse(&mut self, asked: &Asked) -> Option<Option<Reply>> {
        if self.closed >= SLIPS {
            return Some(without_a_person(&asked.question));
        }
        // The whole conversation, and not its prompt alone, has the end of the screen for itself.
        let _screen = self.out.hold();
        self.console.forget_early_keys();
        for line in wording::page(&asked.question, crate::clock::now(), self.out.width()) {
            self.out.line(&line);
        }
        if let Question::Shell { seat, .. } = &asked.question {
            return Some(Some(Reply::ShellLeft { why: shell::open(&self.out, seat) }));
        }
        self.time = patience(&asked.question).and_then(Countdown::new);
        let menu = menu::of(&asked.question);
        self.offer(&menu);
        loop {
            let line = match self.line(&wording::prompt(&asked.question), asked)? {
                Some(line) => line,
                None => return Some(self.unanswered(&asked.question)),
            };
            if let Some(pick) = menu::read(&menu, &line) {
                match self.pick(pick, asked)? {
                    Some(reply) => return Some(Some(reply)),
                    None => {
                        self.offer(&menu);
                        continue;
                    }
                }
            }
            if let Some(reply) = self.understand(&line, asked)? {
                return Some(Some(reply));
            }
            if !std::mem::take(&mut self.refused) {
                self.out.must(&wording::not_understood(&asked.question, &line));
            }
        }
    }

    /// Outer none: no longer wanted. Inner none: nothing can be typed any more.
    fn line(&mut self, prompt: &str, asked: &Asked) -> Option<Option<String>> {
        let (questions, waiting) = (&self.questions, &mut self.waiting);
        let is_interrupt = asked.question == Question::Interrupt;
        let mut is_wanted = || {
            waiting.extend(questions.try_iter());
            !asked.reply.is_closed() && (is_interrupt || !waiting.iter().any(|a| a.question == Question::Interrupt))
        };
        match self.console.line(prompt, self.time.as_ref(), &mut is_wanted) {
            Typed::Line(line) => {
                self.closed = 0;
                self.time.iter_mut().for_each(Countdown::restart);
                Some(Some(line))
            }
            Typed::Silence => Some(None),
            Typed::TakenBack => {
                if asked.reply.is_closed() {
                    self.out.must("  this question is settled; nothing is left to answer here");
                }
                None
            }
            Typed::Closed => {
                self.closed += 1;
                self.out.must("");
                Some((self.closed < SLIPS).then(String::new))
            }
        }
    }

    /// Outer none: no longer wanted. Inner none: not an answer.
    fn understand(&mut self, line: &str, asked: &Asked) -> Option<Option<Reply>> {
        Some(match &asked.question {
            Question::Gate { confirm, choices, hosts, not_theirs, ballot, .. } => {
                let read = reading::gate(line, confirm.as_deref(), choices, *hosts).filter(|(answer, _)| !not_theirs || *answer == Answer::Rejected);
                read.and_then(|(answer, note)| self.vote(ballot.as_ref(), answer, note))
            }
            Question::Manual { asks, .. } => match reading::manual(line) {
                None => None,
                Some((false, note)) => Some(Reply::Manual { done: false, note, entered: Vec::new() }),
                Some((true, note)) => {
                    let mut entered = Vec::with_capacity(asks.len());
                    for asking in asks {
                        match self.enter(asking, asked)? {
                            Some(value) => entered.push((asking.slot, value)),
                            // The terminal was closed: what was not entered can't be made up.
                            None => return Some(None),
                        }
                    }
                    Some(Reply::Manual { done: true, note, entered })
                }
            },
            // Only what stands in their menu.
            Question::Failure(_) | Question::Step(_) | Question::Shell { .. } => None,
            Question::Unproven { .. } => Some(Reply::Unproven(Some(line.to_owned()).filter(|reason| !reason.is_empty()))),
            Question::Facts { .. } => reading::yes(line).map(|go_on| Reply::Facts { go_on }),
            Question::Interrupt => reading::interrupt(line).map(Reply::Interrupt),
            Question::UndoManual { .. } => match reading::yes(line) {
                None => None,
                Some(true) => {
                    let how = self.reason("  how was it undone? it stands in the report: ", asked)?.unwrap_or_else(|| CLOSED.to_owned());
                    Some(Reply::UndoManual { done: Some(how), why: String::new() })
                }
                Some(false) => {
                    let why = self.reason("  why not? it stands in the report: ", asked)?.unwrap_or_else(|| CLOSED.to_owned());
                    Some(Reply::UndoManual { done: None, why })
                }
            },
            Question::Scope { .. } => reading::yes(line).map(|release| Reply::Scope { release }),
        })
    }

    /// Signed, where the run wants it. A no without a key counts as well.
    fn vote(&mut self, ballot: Option<&Ballot>, answer: Answer, note: Option<String>) -> Option<Reply> {
        let (Some(ballot), Some(key)) = (ballot, &self.key) else { return Some(Reply::Gate { answer, note, signed: None }) };
        match signing::sign(ballot, &answer, key, crate::clock::now()) {
            Ok(signed) => Some(Reply::Gate { answer, note, signed: Some(signed) }),
            Err(complaint) => {
                complaint.tell(&self.out);
                self.refused = true;
                None
            }
        }
    }

    fn offer(&self, menu: &[Choice]) {
        wording::menu(menu, self.out.width()).iter().for_each(|line| self.out.line(line));
    }

    /// Outer none: no longer wanted. Inner none: nothing was decided.
    fn pick(&mut self, pick: Pick, asked: &Asked) -> Option<Option<Reply>> {
        const WHY: &str = "  why? it stands in the report: ";
        Some(Some(match pick {
            Pick::Failure(answer) => {
                let note = match answer {
                    FailureAnswer::Skip => match self.reason(WHY, asked)? {
                        None if self.is_silent() => return Some(Some(Reply::Silence)),
                        note => Some(note.unwrap_or_else(|| CLOSED.to_owned())),
                    },
                    _ => None,
                };
                Reply::Failure { answer, note }
            }
            Pick::Step(answer) => {
                let note = match answer {
                    StepAnswer::Skip => Some(self.reason(WHY, asked)?.unwrap_or_else(|| CLOSED.to_owned())),
                    _ => None,
                };
                Reply::Step { answer, note }
            }
            Pick::Edit => Reply::Edit,
            Pick::Shell => Reply::OpenShell,
            Pick::Output(printed) => {
                pager::show(&self.out, &printed);
                self.time.iter_mut().for_each(Countdown::restart);
                return Some(None);
            }
        }))
    }

    /// A value of a declared type: it is asked for until it can be read. Inner none: nothing can be typed any more.
    fn enter(&mut self, asking: &Asking, asked: &Asked) -> Option<Option<Value>> {
        loop {
            let Some(line) = self.line(&wording::asking(asking), asked)? else { return Some(None) };
            match entered(&line, &asking.kind) {
                Ok(_) if self.closed > 0 => {}
                Ok(value) => return Some(Some(value)),
                Err(error) => self.out.must(&wording::unreadable(&error)),
            }
        }
    }

    /// A reason is a sentence: it is asked for until there is one. Inner none: nobody gave any.
    fn reason(&mut self, prompt: &str, asked: &Asked) -> Option<Option<String>> {
        loop {
            match self.line(prompt, asked)? {
                Some(line) if !line.is_empty() => return Some(Some(line)),
                Some(_) => self.out.must("  a reason is needed"),
                None => return Some(None),
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.time.is_some_and(|time| time.is_over())
    }

    /// The time is over, or the terminal is closed.
    fn unanswered(&self, question: &Question) -> Option<Reply> {
        match question {
            Question::Failure(_) if self.is_silent() => Some(Reply::Silence),
            other => without_a_person(other),
        }
    }
}

const CLOSED: &str = "(the terminal was closed)";

/// For how long a question waits; none where it waits without end, or its end is somebody else's matter.
fn patience(question: &Question) -> Option<Duration> {
    match question {
        Question::Failure(failure) => Some(failure.ask_for),
        Question::Unproven { ask_for, .. } => *ask_for,
        _ => None,
    }
}

/// What is left where nobody can type: the policy, or the question stays open for an answer from elsewhere.
fn without_a_person(question: &Question) -> Option<Reply> {
    match question {
        Question::Gate { .. } | Question::Manual { .. } => None,
        // A closed terminal parks: whoever sat there decided nothing.
        Question::Failure(_) => Some(Reply::Failure { answer: FailureAnswer::Park, note: Some("the terminal was closed".to_owned()) }),
        Question::Step(_) => Some(Reply::Step { answer: StepAnswer::Park, note: Some("the terminal was closed".to_owned()) }),
        Question::Unproven { .. } => Some(Reply::Unproven(None)),
        Question::Shell { .. } => Some(Reply::ShellLeft { why: Some("the terminal was closed".to_owned()) }),
        Question::Facts { .. } => Some(Reply::Facts { go_on: false }),
        Question::Interrupt => Some(Reply::Interrupt(InterruptAnswer::Park)),
        Question::UndoManual { .. } => Some(Reply::UndoManual { done: None, why: "the terminal was closed".to_owned() }),
        Question::Scope { .. } => Some(Reply::Scope { release: false }),
    }
}
