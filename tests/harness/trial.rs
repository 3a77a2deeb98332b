//! A runbook, run with a fault in each of its pieces in turn: it must end where its boundaries say, and after a rollback
//! the hosts must be what they were.

use std::path::Path;

use super::desk::{Desk, Ran};
use super::faults::{Fault, Kind, Piece, broken, pieces};
use super::fingerprint::same;
use super::tally::Tally;
use super::walk::{Answers, Typist, walk, walk_and_refuse};

/// Where a run with a fault ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// All is taken back.
    Back,
    /// It waits for a person, and nothing is taken back.
    Parks,
    /// It waits for a person, who takes it back.
    ParksAndBack,
    /// Something of it can only be taken back by hand: it waits for that, and then goes on.
    ByHand,
    /// At a gate before which nothing was done it just ends there.
    Ends,
}

pub struct Trial<'a> {
    pub typist: &'a dyn Typist,
    pub runbook: &'a str,
    /// Other files that the run goes through, by their paths beside it; their pieces come before the runbook's own.
    pub others: &'a [&'a str],
    /// The arguments of a run of this file, for a fault in this piece.
    pub args: &'a dyn Fn(&str, &Piece) -> Vec<String>,
    pub answers: Answers<'a>,
    /// How a fault gets into the text.
    pub breaks: &'a dyn Fn(&str, &Piece, Fault) -> String,
    /// `None`: this run passes the piece over.
    pub ends: &'a dyn Fn(&Piece, Fault) -> Option<End>,
    /// All that must be as it was.
    pub look: &'a dyn Fn() -> String,
    /// What else must hold of a run that waits, before anybody takes it back.
    pub parked: &'a dyn Fn(&str),
    /// What only a person can take back is taken back, and the run is told so.
    pub by_hand: &'a dyn Fn(&Desk) -> Ran,
}

impl<'a> Trial<'a> {
    /// Of a runbook whose boundary takes all back.
    pub fn new(typist: &'a dyn Typist, runbook: &'a str, args: &'a dyn Fn(&str, &Piece) -> Vec<String>, look: &'a dyn Fn() -> String) -> Self {
        Self {
            typist,
            runbook,
            others: &[],
            args,
            answers: &[],
            breaks: &broken,
            ends: &|_, _| Some(End::Back),
            look,
            parked: &|_| {},
            by_hand: &|_| panic!("nothing is undone by hand here"),
        }
    }

    /// All of it, or what `LONG_PIECES` names: kinds of pieces, or their ids.
    pub fn run(&self) {
        let chosen = std::env::var("LONG_PIECES").unwrap_or_default();
        let is_chosen =
            |piece: &Piece| chosen.is_empty() || chosen.split(',').any(|word| word == piece.id || word.eq_ignore_ascii_case(&format!("{:?}", piece.kind)));
        let mut tally = Tally::new(self.runbook, "faults");
        let mut was = (self.look)();
        for file in self.others.iter().copied().chain([""]) {
            for piece in pieces(&self.text(file)).iter().filter(|piece| is_chosen(piece)) {
                for fault in piece.faults() {
                    let Some(end) = (self.ends)(piece, *fault) else { continue };
                    let what = format!("{} {fault:?}", piece.id);
                    self.try_one(file, piece, *fault, end, &what);
                    if end == End::Parks {
                        self.typist.resets();
                        was = (self.look)();
                    } else {
                        same(&was, &(self.look)(), &what);
                    }
                    tally.ended(&format!("{:?} {} {file}", piece.kind, piece.id), words(end));
                }
            }
        }
    }

    /// The text of the runbook, or of a file beside it.
    fn text(&self, file: &str) -> String {
        let path = Path::new(self.runbook);
        let path = if file.is_empty() { path.to_owned() } else { path.with_file_name(file) };
        std::fs::read_to_string(path).expect("a runbook")
    }

    fn try_one(&self, file: &str, piece: &Piece, fault: Fault, end: End, what: &str) {
        let desk = Desk::new();
        desk.copy_beside(self.runbook);
        let main = desk.file("faulty.runbook", self.text("")).display().to_string();
        desk.file(if file.is_empty() { "faulty.runbook" } else { file }, (self.breaks)(&self.text(file), piece, fault));
        let args = (self.args)(&main, piece);
        let ran = if fault == Fault::No {
            walk_and_refuse(self.typist, &desk, &args, &piece.id, self.answers)
        } else {
            walk(self.typist, &desk, &args, "nothing", self.answers)
        };
        let (status, word) = match end {
            End::Back => (4, "rolled_back"),
            End::Parks | End::ParksAndBack => (3, "parked"),
            End::ByHand => (5, "stuck"),
            End::Ends => (1, "failed"),
        };
        assert_eq!((ran.status, desk.word().as_str()), (status, word), "{what}: {ran:?}");
        let back = match end {
            End::ParksAndBack => {
                (self.parked)(what);
                self.typist.types(&desk, &["rollback", "last"].map(str::to_owned))
            }
            End::ByHand => (self.by_hand)(&desk),
            _ => return,
        };
        assert_eq!((back.status, desk.word().as_str()), (4, "rolled_back"), "{what}: {back:?}");
    }
}

fn words(end: End) -> &'static str {
    match end {
        End::Back => "rolled back",
        End::Parks => "parked",
        End::ParksAndBack => "parked and rolled back",
        End::ByHand => "rolled back by hand",
        End::Ends => "ended",
    }
}

/// How a fault ends where the boundary takes all back in front of this step, and nothing from it on.
pub fn behind(runbook: &str, point: &str) -> impl Fn(&Piece, Fault) -> Option<End> {
    let all = pieces(&std::fs::read_to_string(runbook).expect("the runbook"));
    let at = all.iter().position(|piece| piece.id == point && piece.kind != Kind::Gate).expect("the point of no return");
    move |piece, fault| {
        let here = all.iter().position(|p| p == piece).expect("a piece of the runbook");
        let is_past = here > at || (here == at && fault != Fault::Before);
        Some(if is_past { End::Parks } else { End::Back })
    }
}
