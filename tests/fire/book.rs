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
    pub does: Does,
    /// What it prints is kept, and used by a later step: its own process, so that no two attempts print the same.
    pub captures: bool,
    /// The step before it whose capture it uses, also in its undo.
    pub uses: Option<String>,
    /// The upload before it without which it can't do its work.
    pub needs: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fails {
    Never,
    Once,
    Always,
    /// For good, on one host of a loop that tolerates it.
    On(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Does {
    Run,
    Upload,
    Download,
}

impl Step {
    /// One that runs on this host, once, well, and at once.
    pub fn plain(id: String, hosts: Vec<String>) -> Self {
        Self {
            id,
            hosts,
            lasts: 0,
            fails: Fails::Never,
            retries: 0,
            tells: false,
            undone: false,
            undo_fails: false,
            does: Does::Run,
            captures: false,
            uses: None,
            needs: None,
        }
    }
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
        /// One host may fail.
        tolerant: bool,
        body: Vec<Piece>,
    },
    During(Scope, Vec<Piece>),
}

#[derive(Debug, Clone)]
pub struct Scope {
    pub held: Step,
    /// `release on_success`, else `always`.
    pub on_success: bool,
}

#[derive(Debug, Clone)]
pub struct Book {
    pub pieces: Vec<Piece>,
    /// Other runs are kept off by it.
    pub locks: bool,
}

/// One step on one host: what has effects.
#[derive(Debug, Clone)]
pub struct Instance {
    pub step: Step,
    pub host: String,
    pub is_scope: bool,
    /// It is kept where something of what it covers failed and stands.
    pub on_success: bool,
    /// The item of a loop that tolerates: which loop, which host.
    pub item: Option<(usize, String)>,
    /// Where it stands: the choices on the way from the root.
    place: Vec<Turn>,
    /// Where the outermost boundary around it stands that is inside its item.
    boundary: Option<Vec<Turn>>,
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

    /// Whether this one fails for good, and the run goes on without its item.
    pub fn is_tolerated(&self) -> bool {
        self.step.fails == Fails::On(self.host.clone())
    }

    /// Whether a scope covers this one.
    pub fn is_inside(&self, scope: &Self) -> bool {
        let around = &scope.place[..scope.place.len() - 2];
        scope.is_scope && self.place.starts_with(around) && self.place.get(around.len()) == Some(&Turn::Nth(1))
    }

    /// Whether this one is taken back when another in its item fails.
    pub fn goes_with(&self, failed: &Self) -> bool {
        failed.boundary.as_ref().is_some_and(|boundary| self.place.starts_with(boundary))
    }
}

/// Where a walk through the pieces is.
#[derive(Clone, Default)]
struct Around<'a> {
    place: Vec<Turn>,
    host: Option<&'a str>,
    item: Option<(usize, String)>,
    boundary: Option<Vec<Turn>>,
}

impl Around<'_> {
    fn at(&self, turns: &[Turn]) -> Self {
        Self { place: [&self.place[..], turns].concat(), ..self.clone() }
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
        maker.tie(&mut pieces, None);
        // Most books are one boundary, as most runbooks are.
        if maker.dice.below(4) > 0 {
            pieces = vec![Piece::Boundary("all".to_owned(), pieces)];
        }
        let locks = maker.dice.one_in(4);
        Self { pieces, locks }
    }

    pub fn instances(&self) -> Vec<Instance> {
        let mut found = Vec::new();
        walk(&self.pieces, &Around::default(), &mut 0, &mut found);
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

    pub fn for_each_step(&mut self, change: &mut impl FnMut(&mut Step)) {
        fn each(pieces: &mut [Piece], change: &mut impl FnMut(&mut Step)) {
            for piece in pieces {
                match piece {
                    Piece::Step(step) => change(step),
                    Piece::Gate(_) => {}
                    Piece::Boundary(_, body) | Piece::For { body, .. } => each(body, change),
                    Piece::During(scope, body) => {
                        change(&mut scope.held);
                        each(body, change);
                    }
                    Piece::Parallel(branches) => branches.iter_mut().for_each(|branch| each(branch, change)),
                }
            }
        }
        each(&mut self.pieces, change);
    }

    pub fn fails_for_good(&self) -> bool {
        self.instances().iter().any(|i| i.step.fails == Fails::Always)
    }
}

fn walk(pieces: &[Piece], around: &Around<'_>, loops: &mut usize, found: &mut Vec<Instance>) {
    for (nth, piece) in pieces.iter().enumerate() {
        let here = around.at(&[Turn::Nth(nth)]);
        match piece {
            Piece::Gate(_) => {}
            Piece::Step(step) => on_hosts(step, None, &here, found),
            Piece::Boundary(_, body) => {
                let boundary = here.boundary.clone().or_else(|| here.item.as_ref().map(|_| here.place.clone()));
                walk(body, &Around { boundary, ..here }, loops, found);
            }
            Piece::Parallel(branches) => branches.iter().enumerate().for_each(|(nth, branch)| walk(branch, &here.at(&[Turn::Beside(nth)]), loops, found)),
            Piece::For { batch, hosts, body, tolerant } => {
                *loops += 1;
                for (nth, host) in hosts.iter().enumerate() {
                    let turn = here.at(&[Turn::Nth(nth / batch), Turn::Beside(nth % batch)]);
                    let item = tolerant.then(|| (*loops, host.clone()));
                    walk(body, &Around { host: Some(host), item, ..turn }, loops, found);
                }
            }
            Piece::During(scope, body) => {
                on_hosts(&scope.held, Some(scope.on_success), &here.at(&[Turn::Nth(0)]), found);
                walk(body, &here.at(&[Turn::Nth(1)]), loops, found);
            }
        }
    }
}

/// `scope`: whether one is released on success alone.
fn on_hosts(step: &Step, scope: Option<bool>, around: &Around<'_>, found: &mut Vec<Instance>) {
    let hosts = around.host.map_or_else(|| step.hosts.clone(), |host| vec![host.to_owned()]);
    for (nth, host) in hosts.into_iter().enumerate() {
        let Around { place, item, boundary, .. } = around.at(&[Turn::Beside(nth)]);
        let (is_scope, on_success) = (scope.is_some(), scope == Some(true));
        found.push(Instance { step: step.clone(), host, is_scope, on_success, item, place, boundary });
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
                let tolerant = self.dice.one_in(2);
                let mut body = self.body(depth, Some(()), 2);
                if tolerant {
                    self.let_one_fail(&mut body, &hosts);
                }
                Piece::For { batch, hosts, tolerant, body }
            }
            6 => {
                let held = self.step('c', item);
                let held = Step { fails: Fails::Never, retries: 0, undone: true, ..held };
                let scope = Scope { held, on_success: self.dice.one_in(2) };
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
        self.tie(&mut body, item);
        body
    }

    /// Lets steps use what earlier ones beside them printed or brought.
    fn tie(&mut self, body: &mut [Piece], item: Option<()>) {
        for at in 1..body.len() {
            let (before, rest) = body.split_at_mut(at);
            let Piece::Step(step) = &mut rest[0] else { continue };
            for earlier in before.iter().filter_map(|piece| if let Piece::Step(earlier) = piece { Some(earlier) } else { None }) {
                // Of a step on several hosts another set would get a list.
                let reaches = item.is_some() || step.hosts == earlier.hosts;
                if step.does != Does::Run || !reaches {
                    continue;
                }
                if earlier.captures {
                    step.uses = Some(earlier.id.clone());
                } else if earlier.does == Does::Upload {
                    step.needs = Some(earlier.id.clone());
                }
            }
        }
    }

    /// One of the steps of a loop fails for good on one of its hosts.
    fn let_one_fail(&mut self, body: &mut [Piece], hosts: &[String]) {
        let host = self.dice.one_of(hosts).clone();
        let mut steps = 0;
        let mut book = Book { pieces: body.to_vec(), locks: false };
        book.for_each_step(&mut |_| steps += 1);
        let (chosen, mut nth) = (self.dice.below(steps), 0);
        let mut book = Book { pieces: std::mem::take(&mut book.pieces), locks: false };
        book.for_each_step(&mut |step| {
            // Of one that fails everywhere the second would stop the loop.
            if step.fails == Fails::Always {
                step.fails = Fails::Never;
            }
            if nth == chosen && step.id.starts_with('s') && step.does == Does::Run && !step.captures && step.fails == Fails::Never {
                // Its guards look for an end that never comes.
                (step.fails, step.tells) = (Fails::On(host.clone()), false);
            }
            nth += 1;
        });
        body.clone_from_slice(&book.pieces);
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
        let step = Step { lasts, fails, retries, undone: !self.dice.one_in(8), undo_fails: self.dice.one_in(16), ..Step::plain(id, hosts) };
        if letter != 's' {
            return Step { tells: self.dice.one_in(2), ..step };
        }
        match self.dice.below(8) {
            0 if step.fails == Fails::Never => Step { does: Does::Upload, lasts: 0, ..step },
            1 if step.fails == Fails::Never => Step { does: Does::Download, lasts: 0, undone: false, ..step },
            // Nothing but a new attempt tells what one printed that nobody remembers.
            2 | 3 if step.fails != Fails::Always => Step { captures: true, ..step },
            _ => Step { tells: self.dice.one_in(2), ..step },
        }
    }
}
