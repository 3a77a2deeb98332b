//! The syntax tree that both spellings are read into. It holds what was written, not what it means: names are not
//! resolved, values are not typed, templates are not opened.
//!
//! Equality ignores spans, so `parse(native) == parse(yaml)` is the test that the spellings say the same.

use crate::source::{Span, Spanned, Text};

/// An identifier as written: an id, a variable, a dotted name.
pub type Name = Spanned<String>;

/// An expression as written, without the parentheses around the whole: `a.b and c`, `5m`, `[1, 5, 20%]`.
pub type Expr = Text;

/// One file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    pub imports: Vec<Text>,
    pub actions: Vec<Action>,
    pub runbooks: Vec<Runbook>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Runbook {
    pub name: Name,
    pub title: Option<Text>,
    pub about: Option<Text>,
    pub source: Option<Text>,
    pub owner: Option<Text>,
    /// A date, as written.
    pub verified: Option<Text>,
    pub window: Option<Text>,
    /// The file that says whose signatures count.
    pub signers: Option<Text>,
    pub locks: Vec<Text>,
    pub params: Vec<Param>,
    pub targets: Vec<Target>,
    /// Facts at the top: read in preflight, before any `require`.
    pub facts: Vec<Fact>,
    /// Requirements at the top: asked in preflight.
    pub requires: Vec<Require>,
    pub notify: Vec<Notify>,
    pub body: Block,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Action {
    pub name: Name,
    pub title: Option<Text>,
    pub params: Vec<Param>,
    pub settings: Settings,
    pub fields: Fields,
}

/// `param NAME: TYPE = default { … }`, and the parameters of an action.
#[derive(Debug, Clone, PartialEq)]
pub struct Param {
    pub name: Name,
    pub kind: TypeName,
    pub default: Option<Operand>,
    pub help: Option<Text>,
    pub one_of: Option<Operand>,
    pub matches: Option<Text>,
    pub min: Option<Operand>,
    pub max: Option<Operand>,
}

/// A type as written: `string`, `list(host)`, `version?`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    pub name: Name,
    /// `T` of `list(T)`.
    pub of: Option<Name>,
    /// A trailing `?`.
    pub optional: bool,
}

/// `target NAME: host = "h"`, `target NAME = [hosts]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    pub name: Name,
    /// `Some("host")` for exactly one host; `None` for a set.
    pub kind: Option<Name>,
    pub is: Option<Operand>,
}

/// A value as written, before its declared type is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Operand {
    /// A literal of any type, read later by the declared type: `"mariadb"`, `10m`, `true`, and in YAML any plain
    /// scalar. May hold `{{ templates }}`.
    Literal(Text),
    List(Spanned<Vec<Operand>>),
    /// Anything computed: `reason`, `web[0]`, `(a + b)`, and in YAML `"{{ e }}"`.
    Computed(Expr),
}

impl Operand {
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::Literal(text) | Self::Computed(text) => text.span,
            Self::List(items) => items.span,
        }
    }
}

/// What may stand in any block and holds inside it until said otherwise.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settings {
    /// Targets or loop variables, one or several.
    pub on: Vec<Name>,
    pub as_user: Option<Text>,
    pub env: Vec<(Name, Operand)>,
    pub cwd: Option<Text>,
    pub shell: Option<Text>,
    pub timeout: Option<Expr>,
    pub unreachable: Option<Name>,
}

/// A sequence of pieces with its settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Block {
    pub when: Option<Expr>,
    /// Siblings inside `parallel` that come first.
    pub after: Vec<Name>,
    pub settings: Settings,
    pub pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Step(Step),
    Manual(Step),
    Gate(Gate),
    Boundary(Boundary),
    During(During),
    Parallel(Spanned<Block>),
    For(For),
    Call(Call),
    Series(Series),
    Fact(Fact),
    Require(Require),
}

/// `step` and `manual`; a manual step has `instructions` where a step has what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub id: Name,
    pub title: Option<Text>,
    pub when: Option<Expr>,
    pub after: Vec<Name>,
    pub settings: Settings,
    pub fields: Fields,
}

/// The fields that a step, a manual step and an action share. At most one of what it does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields {
    pub facts: Vec<Fact>,
    pub requires: Vec<Require>,
    pub check: Option<Text>,
    pub does: Option<Does>,
    pub instructions: Option<Text>,
    pub evidence: Vec<Evidence>,
    pub verify: Vec<Verify>,
    pub undo: Option<Undo>,
    pub irreversible: Option<Text>,
    pub captures: Vec<Capture>,
    pub retry: Option<Retry>,
    /// `reboots within D`.
    pub reboots: Option<Expr>,
    pub private: Option<Spanned<bool>>,
    pub output_limit: Option<Expr>,
    pub expect: Option<Expr>,
    pub tolerate: Option<Expr>,
    pub stdin: Option<Text>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Does {
    Run(Text),
    Use(ActionCall),
    Upload { src: Text, to: Text },
    Download { src: Text, to: Text },
    Sleep(Expr),
}

/// `NAME(arg: value, …)`.
#[derive(Debug, Clone, PartialEq)]
pub struct ActionCall {
    pub name: Name,
    pub args: Vec<(Name, Operand)>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Verify {
    pub cmd: Text,
    pub every: Option<Expr>,
    pub within: Option<Expr>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    Command(Text),
    /// `undo none "reason"`.
    None(Text),
    /// `undo manual "instructions"`.
    Manual(Text),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Capture {
    pub name: Name,
    pub kind: TypeName,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    pub name: Name,
    pub kind: TypeName,
    pub ask: Text,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    pub times: Expr,
    pub every: Option<Expr>,
    pub backoff: Option<Expr>,
    /// Exit codes, `signal`, `timeout`; empty means any failure.
    pub on: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    pub id: Name,
    pub question: Option<Text>,
    pub when: Option<Expr>,
    pub after: Vec<Name>,
    pub settings: Settings,
    pub show: Vec<Show>,
    pub confirm: Option<Text>,
    pub choices: Option<Operand>,
    pub approvers: Option<Operand>,
    pub second_person: Option<Spanned<bool>>,
    pub valid_for: Option<Expr>,
    pub timeout: Option<Silence>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Show {
    pub cmd: Text,
    pub on: Vec<Name>,
}

/// `D then rollback`: how long a question stands open, and what silence means.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    pub after: Expr,
    /// `rollback`, `park` or in a gate `end`, as written.
    pub then: Option<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Boundary {
    pub id: Name,
    pub title: Option<Text>,
    /// `rollback` or `park`, as written.
    pub on_failure: Option<Name>,
    /// How long a person is asked at a failure.
    pub ask: Option<Silence>,
    pub budget: Option<Expr>,
    pub block: Block,
}

#[derive(Debug, Clone, PartialEq)]
pub struct During {
    pub action: ActionCall,
    /// `always`, `on_success` or `ask`, as written.
    pub release: Option<Name>,
    /// `on` of the header stands in `settings`; without a block the scope holds to the end of the enclosing one.
    pub settings: Settings,
    pub block: Option<Block>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct For {
    pub var: Name,
    pub over: Expr,
    pub batch: Option<Expr>,
    pub pause: Option<Expr>,
    pub tolerate: Option<Expr>,
    pub block: Block,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub id: Name,
    pub runbook: Name,
    pub with: Vec<(Name, Operand)>,
    pub when: Option<Expr>,
    pub after: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    pub folder: Text,
    pub from: Expr,
    pub to: Expr,
    /// `down to`: what its runbooks did is taken back, the last one first.
    pub down: Option<Spanned<bool>>,
    pub block: Block,
}

impl Series {
    #[must_use]
    pub fn goes_down(&self) -> bool {
        self.down.as_ref().is_some_and(|down| down.value)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Notify {
    pub action: ActionCall,
    pub on: Vec<Name>,
}

/// `fact NAME: TYPE on T = `cmd` { as, env, stdin, timeout, secret }`.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub name: Name,
    pub kind: TypeName,
    pub cmd: Text,
    /// `on`, `as`, `env`, `timeout`, …
    pub settings: Settings,
    pub stdin: Option<Text>,
    pub secret: Option<Spanned<bool>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Require {
    pub why: Text,
    pub that: Condition,
    pub on: Vec<Name>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    Holds(Expr),
    Succeeds(Text),
}
