//! Random runbooks, as a tree that the oracle knows by heart: what comes before what, what is undone, what fails.

use super::dice::Dice;

/// One command and the one that undoes it.
#[derive(Debug, Clone)]
pub struct Step {
    pub id: String,
    pub hosts: Vec<String>,
    /// Milliseconds between its first line in the effect log and its last.
    pub lasts: usize,
    pub fails: Fails,
    /// New attempts by its own `retry`.
    pub retries: usize,
    /// Its `check` and `verify` look into the effect log, so they can tell.
    pub tells: bool,
    /// Otherwise `undo none`.
    pub undone: bool,
    /// The first undo fails: the run is stuck, and a resume tries it again.
    pub undo_fails: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fails {
    Never,
    Once,
    Always,
}

#[derive(Debug, Clone)]
pub enum Piece {
    Step(Step),
    Gate(String),
    Boundary(String, Vec<Piece>),
    Parallel(Vec<Vec<Piece>>),
    /// A loop over hosts: what stands in it runs on the item.
    For {
        batch: usize,
        hosts: Vec<String>,
        body: Vec<Piece>,
    },
    /// A scope that is always released.
    During(Step, Vec<Piece>),
}

#[derive(Debug, Clone)]
pub struct Book {
    pub pieces: Vec<Piece>,
}

/// One step on one host: what has effects.
#[derive(Debug, Clone)]
pub struct Instance {
    pub step: Step,
    pub host: String,
    pub is_scope: bool,
    /// Where it stands: the choices on the way from the root.
    place: Vec<Turn>,
}

/// One choice on the way from the root to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Turn {
    /// The nth of a sequence: what has a smaller number comes before.
    Nth(usize),
    /// The nth of what runs side by side.
    Beside(usize),
}

impl Instance {
    /// Whether this one is over before the other begins. A scope is entered before its body.
    pub fn is_before(&self, other: &Self) -> bool {
        for (mine, theirs) in self.place.iter().zip(&other.place) {
            match (mine, theirs) {
                (Turn::Nth(a), Turn::Nth(b)) if a != b => return a < b,
                (Turn::Beside(a), Turn::Beside(b)) if a != b => return false,
                _ => {}
            }
        }
        false
    }

    pub fn name(&self) -> String {
        format!("{}@{}", self.step.id, self.host)
    }
}

/// What is under construction.
struct Maker<'a> {
    dice: &'a mut Dice,
    hosts: &'a [String],
    steps: usize,
    names: usize,
    /// At most one step of a book fails for good.
    always: bool,
}

impl Book {
    /// A few short steps over these hosts.
    pub fn random(dice: &mut Dice, hosts: &[String]) -> Self {
        let steps = dice.between(4, 9);
        let always = dice.one_in(3);
        let mut maker = Maker { dice, hosts, steps, names: 0, always };
        let mut pieces = Vec::new();
        while maker.steps > 0 {
            pieces.push(maker.piece(0, None));
        }
        // Most books are one boundary, as most runbooks are.
        if maker.dice.below(4) > 0 {
            pieces = vec![Piece::Boundary("all".to_owned(), pieces)];
        }
        Self { pieces }
    }

    pub fn instances(&self) -> Vec<Instance> {
        let mut found = Vec::new();
        walk(&self.pieces, &[], None, &mut found);
        found
    }

    /// Gates, to be answered beforehand.
    pub fn gates(&self) -> Vec<String> {
        fn gates(pieces: &[Piece], found: &mut Vec<String>) {
            for piece in pieces {
                match piece {
                    Piece::Step(_) => {}
                    Piece::Gate(id) => found.push(id.clone()),
                    Piece::Boundary(_, body) | Piece::For { body, .. } | Piece::During(_, body) => gates(body, found),
                    Piece::Parallel(branches) => branches.iter().for_each(|branch| gates(branch, found)),
                }
            }
        }
        let mut found = Vec::new();
        gates(&self.pieces, &mut found);
        found
    }

    pub fn fails_for_good(&self) -> bool {
        self.instances().iter().any(|i| i.step.fails == Fails::Always)
    }
}

fn walk(pieces: &[Piece], place: &[Turn], item: Option<&str>, found: &mut Vec<Instance>) {
    for (nth, piece) in pieces.iter().enumerate() {
        let here = [place, &[Turn::Nth(nth)]].concat();
        match piece {
            Piece::Gate(_) => {}
            Piece::Step(step) => on_hosts(step, false, &here, item, found),
            Piece::Boundary(_, body) => walk(body, &here, item, found),
            Piece::Parallel(branches) => {
                for (nth, branch) in branches.iter().enumerate() {
                    walk(branch, &[&here[..], &[Turn::Beside(nth)]].concat(), item, found);
                }
            }
            Piece::For { batch, hosts, body } => {
                for (nth, host) in hosts.iter().enumerate() {
                    let turn = [Turn::Nth(nth / batch), Turn::Beside(nth % batch)];
                    walk(body, &[&here[..], &turn].concat(), Some(host), found);
                }
            }
            Piece::During(scope, body) => {
                on_hosts(scope, true, &[&here[..], &[Turn::Nth(0)]].concat(), item, found);
                walk(body, &[&here[..], &[Turn::Nth(1)]].concat(), item, found);
            }
        }
    }
}

fn on_hosts(step: &Step, is_scope: bool, place: &[Turn], item: Option<&str>, found: &mut Vec<Instance>) {
    let hosts = item.map_or_else(|| step.hosts.clone(), |host| vec![host.to_owned()]);
    for (nth, host) in hosts.into_iter().enumerate() {
        let place = [place, &[Turn::Beside(nth)]].concat();
        found.push(Instance { step: step.clone(), host, is_scope, place });
    }
}

impl Maker<'_> {
    fn name(&mut self, letter: char) -> String {
        self.names += 1;
        format!("{letter}{}", self.names)
    }

    /// `item`: inside a loop, where everything runs on the item.
    fn piece(&mut self, depth: usize, item: Option<()>) -> Piece {
        match if depth > 2 { 9 } else { self.dice.below(10) } {
            0 => Piece::Gate(self.name('g')),
            1 => Piece::Boundary(self.name('b'), self.body(depth, item, 3)),
            2 | 3 if item.is_none() => Piece::Parallel((0..self.dice.between(2, 3)).map(|_| self.body(depth, item, 2)).collect()),
            4 | 5 if item.is_none() && self.hosts.len() > 1 => {
                let hosts = self.hosts.to_vec();
                let batch = self.dice.between(1, hosts.len());
                Piece::For { batch, hosts, body: self.body(depth, Some(()), 2) }
            }
            6 => {
                let scope = self.step('c', item);
                let scope = Step { fails: Fails::Never, retries: 0, undone: true, ..scope };
                Piece::During(scope, self.body(depth, item, 2))
            }
            _ => Piece::Step(self.step('s', item)),
        }
    }

    fn body(&mut self, depth: usize, item: Option<()>, most: usize) -> Vec<Piece> {
        let pieces = self.dice.between(1, most);
        let mut body: Vec<Piece> = (0..pieces).map(|_| self.piece(depth + 1, item)).collect();
        // A block is never empty of work.
        if body.iter().all(|piece| matches!(piece, Piece::Gate(_))) {
            body.push(Piece::Step(self.step('s', item)));
        }
        body
    }

    fn step(&mut self, letter: char, item: Option<()>) -> Step {
        self.steps = self.steps.saturating_sub(1);
        let id = self.name(letter);
        let first = self.dice.below(self.hosts.len());
        let many = if item.is_none() && self.dice.one_in(4) { self.hosts.len() - first } else { 1 };
        let hosts = self.hosts[first..first + many].to_vec();
        let lasts = match self.dice.below(4) {
            0 => self.dice.between(200, 700),
            1 => self.dice.between(20, 100),
            _ => 0,
        };
        let fails = if self.always && letter == 's' && (self.dice.one_in(3) || self.steps == 0) {
            self.always = false;
            Fails::Always
        } else if self.dice.one_in(6) {
            Fails::Once
        } else {
            Fails::Never
        };
        let retries = if fails == Fails::Once { 1 + self.dice.below(2) } else { self.dice.below(2) };
        Step { id, hosts, lasts, fails, retries, tells: self.dice.one_in(2), undone: !self.dice.one_in(8), undo_fails: self.dice.one_in(16) }
    }
}
