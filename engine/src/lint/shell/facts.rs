//! What rules ask of a command: its parts in flat lists, each with the place where it stands. The shell's tree itself
//! stays in `read`.

use std::ops::Range;

/// Bytes of the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct At {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// One command of a runbook, taken apart.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) simples: Vec<Simple>,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) chains: Vec<Chain>,
    pub(crate) expansions: Vec<Expansion>,
    pub(crate) assigned: Vec<Assigned>,
    /// Names of the functions that it defines.
    pub(crate) functions: Vec<String>,
}

/// A program, or a builtin, with its words.
#[derive(Debug)]
pub(crate) struct Simple {
    /// As they are written, quotes and all; the assignments before them and redirections are not among them.
    pub(crate) words: Vec<String>,
    pub(crate) places: Vec<At>,
    /// Which of the words names the program, behind `sudo`, `env`, `timeout` and their like.
    pub(crate) program: usize,
    /// Without its folder. Empty where only the run can tell.
    pub(crate) name: String,
    /// `NAME=value` before the words.
    pub(crate) before: Vec<(String, String)>,
    pub(crate) redirects: Vec<Redirect>,
    pub(crate) at: At,
    pub(crate) stands: Stands,
}

/// Where a simple command or a pipeline stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stands {
    /// Its exit status decides something: a condition, the left side of `&&` or `||`, or behind `!`.
    pub(crate) asked: bool,
    /// It reads something else than what the step is given: a file, a pipe, a here-document.
    pub(crate) fed: bool,
    pub(crate) layer: Layer,
    pub(crate) chain: usize,
    pub(crate) pipeline: usize,
    /// Its position in the pipeline.
    pub(crate) member: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Layer {
    Script,
    /// Inside `$( )`, backticks or `<( )`.
    Substitution,
    /// Inside the text that another shell is given: `sh -c '…'`.
    Code,
}

#[derive(Debug)]
pub(crate) struct Redirect {
    pub(crate) way: Way,
    /// The file's word, as it is written; for a here-document its mark.
    pub(crate) word: String,
    pub(crate) at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    In,
    Out,
    Append,
    /// `2>&1`, `<&3`.
    Duplicate,
    HereDoc,
    HereString,
    /// `> >(…)`.
    Process,
}

/// Commands joined by `|`; often just one.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) members: Vec<Member>,
    pub(crate) bang: bool,
    pub(crate) stands: Stands,
}

#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) kind: Kind,
    /// What runs in it, at any depth and in the order of the text. A simple command comes before its own substitutions.
    pub(crate) simples: Range<usize>,
    /// From its first word to its last.
    pub(crate) at: At,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Simple,
    Subshell,
    Braces,
    If,
    Case,
    Loop,
    Function,
    /// `[[ … ]]`, `(( … ))`
    Test,
}

/// Pipelines joined by `&&` and `||`: one statement of a list.
#[derive(Debug)]
pub(crate) struct Chain {
    pub(crate) parts: Vec<(Joint, usize)>,
    /// It ends with `&`.
    pub(crate) background: bool,
    /// Its neighbours in its list.
    pub(crate) previous: Option<usize>,
    pub(crate) next: Option<usize>,
    /// It is a statement of the script itself, in no block.
    pub(crate) top: bool,
    /// A failure here ends the script: `set -e` is in force.
    pub(crate) strict: bool,
    pub(crate) layer: Layer,
    /// Everything that runs in it.
    pub(crate) simples: Range<usize>,
    /// Everything that the shell puts in there.
    pub(crate) expansions: Range<usize>,
}

/// How a pipeline hangs on the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Joint {
    First,
    And,
    Or,
}

/// Something that the shell puts in: `$x`, `$(…)`.
#[derive(Debug)]
pub(crate) struct Expansion {
    pub(crate) what: What,
    pub(crate) quoted: bool,
    pub(crate) at: At,
    pub(crate) site: Site,
    /// The word it stands in, as it is written, and where in it.
    pub(crate) word: String,
    pub(crate) within: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    /// `$x`, `$1`, `${x%y}`.
    Variable(String),
    /// One of the values that the engine binds.
    Value(usize),
    /// `$@` and `$*`.
    All,
    /// `$?`.
    Status,
    /// `$#`, `$$`, `$!`, `${#x}`, `$(( ))`: a number, or none.
    Number,
    /// `$( )` and backticks, with what runs in them.
    Substitution(Range<usize>),
    /// `${x:?}`, `${x:-y}`, `${x:+y}`: the author has thought of its absence.
    Minded(String),
}

/// In what an expansion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Site {
    /// A word of a simple command.
    Word {
        simple: usize,
        word: usize,
    },
    /// The right side of an assignment, alone or before a command.
    Assignment,
    /// What `for` goes over.
    Items,
    /// What `case` looks at, and its patterns.
    Case,
    /// The file of a redirection.
    Redirect,
    HereDoc,
    HereString,
    /// Inside `[[ ]]`.
    Test,
    /// `$((…))`, `((…))` and an index.
    Arithmetic,
}

/// A variable that the script sets.
#[derive(Debug)]
pub(crate) struct Assigned {
    pub(crate) name: String,
    pub(crate) from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum From {
    /// `x=word`, as it is written.
    Word(String),
    /// `x=$(…)` and nothing else, with what runs in it.
    Substitution(Range<usize>),
    /// An item of `for x in …`, as it is written.
    Item(String),
    /// `read`, `mapfile`, `printf -v`, `getopts`, an array.
    Elsewhere,
}

impl Simple {
    /// The words behind the program's name.
    pub(crate) fn arguments(&self) -> &[String] {
        self.words.get(self.program + 1..).unwrap_or_default()
    }

    /// Where one of the arguments stands.
    pub(crate) fn argument_at(&self, argument: usize) -> At {
        self.places.get(self.program + 1 + argument).copied().unwrap_or(self.at)
    }

    /// Where the program's name stands.
    pub(crate) fn name_at(&self) -> At {
        self.places.get(self.program).copied().unwrap_or(self.at)
    }

    /// The wrappers before the program, by their names: `sudo`, `timeout`.
    pub(crate) fn is_run_by(&self, wrapper: &str) -> bool {
        self.words[..self.program.min(self.words.len())].iter().any(|word| word.rsplit('/').next() == Some(wrapper))
    }
}

impl At {
    pub(crate) fn to(self, other: Self) -> Self {
        Self { start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}
