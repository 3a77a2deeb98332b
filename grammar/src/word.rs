//! The words of the language and the places where each may stand. Both spellings ask here, so a word that one of them
//! takes in a block the other takes there too.

macro_rules! words {
    ($($variant:ident $text:literal $form:literal,)*) => {
        /// A keyword: what a line of the native form begins with, a key of the YAML form.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Word { $($variant,)* }

        impl Word {
            pub(crate) const ALL: &[Self] = &[$(Self::$variant,)*];

            #[must_use]
            pub fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// How the whole line is written in the native form; empty for words that only YAML has.
            #[must_use]
            pub fn form(self) -> &'static str {
                match self { $(Self::$variant => $form,)* }
            }
        }
    };
}

words! {
    Import "import" r#"import "path""#,
    Runbook "runbook" r#"runbook NAME "title" { … }"#,
    Action "action" r#"action NAME(param: type = default, …) "title" { … }"#,
    About "about" r#"about "…""#,
    Source "source" r#"source "where this procedure is described""#,
    Owner "owner" r#"owner "team""#,
    Verified "verified" "verified 2021-09-13",
    Window "window" r#"window "Mon-Thu 08:00-16:00 UTC""#,
    Signers "signers" r#"signers "file""#,
    Lock "lock" r#"lock "name""#,
    Notify "notify" "notify ACTION(args) on [started, gate, failed, rolled_back, done]",
    Param "param" "param NAME: TYPE = default { help, one_of, matches, min, max }",
    Target "target" r#"target NAME: host = "h", or target NAME = [hosts]"#,
    Fact "fact" "fact NAME: TYPE on T = `command`",
    Require "require" r#"require "why" EXPRESSION on T, or require "why" `command` on T"#,
    Step "step" r#"step ID "title" on T { … }"#,
    Manual "manual" r#"manual ID "title" on T { … }"#,
    Gate "gate" r#"gate ID "question" { … }"#,
    Boundary "boundary" r#"boundary ID "title" { … }"#,
    During "during" "during ACTION(args) on T release always|on_success|ask { … }",
    Parallel "parallel" "parallel { … }",
    For "for" "for X in OPERAND batch N pause D tolerate N { … }",
    Call "call" "call ID NAME(arg: …)",
    Series "series" r#"series "folder/" from OPERAND to OPERAND { … }, or down to"#,
    When "when" "when EXPRESSION",
    After "after" "after [ids]",
    On "on" "on T",
    As "as" r#"as "user""#,
    Env "env" "env { NAME = value }",
    Cwd "cwd" r#"cwd "/path""#,
    Shell "shell" r#"shell "sh""#,
    Timeout "timeout" "timeout 30m, and in a gate timeout 30m then rollback|park|end",
    Unreachable "unreachable" "unreachable fail|skip|park",
    Check "check" "check `command`",
    Run "run" "run `command`",
    Use "use" "use ACTION(args)",
    Upload "upload" r#"upload "src" to "dest""#,
    Download "download" r#"download "src" to "dest""#,
    Sleep "sleep" "sleep 30s",
    Instructions "instructions" r#"instructions "what the person does""#,
    Evidence "evidence" r#"evidence NAME: TYPE "question""#,
    Verify "verify" "verify `command` every 5s within 5m",
    Undo "undo" r#"undo `command`, undo none "reason", or undo manual "instructions""#,
    Irreversible "irreversible" r#"irreversible "reason""#,
    Capture "capture" "capture NAME: TYPE",
    Retry "retry" "retry 3 every 10s backoff 2 on [1, signal, timeout]",
    Reboots "reboots" "reboots within 10m",
    Private "private" "private true",
    OutputLimit "output_limit" "output_limit 2GiB",
    Expect "expect" "expect 10m",
    Tolerate "tolerate" "tolerate 2, or tolerate 10%",
    Stdin "stdin" r#"stdin "…""#,
    Show "show" "show `command` on T",
    Confirm "confirm" r#"confirm "word""#,
    Choices "choices" r#"choices ["a", "b"]"#,
    Approvers "approvers" r#"approvers ["a", "b"]"#,
    SecondPerson "second_person" "second_person true",
    ValidFor "valid_for" "valid_for 2h",
    OnFailure "on_failure" "on_failure rollback|park",
    Ask "ask" "ask 10m then rollback|park",
    Budget "budget" "budget 15m",
    Help "help" r#"help "…""#,
    OneOf "one_of" r#"one_of ["a", "b"]"#,
    Matches "matches" r#"matches "regular expression""#,
    Min "min" "min 1",
    Max "max" "max 10",
    Secret "secret" "secret true",
    Title "title" "",
    Question "question" "",
    Params "params" "",
    Targets "targets" "",
    Facts "facts" "",
    Steps "steps" "",
    Release "release" "",
    In "in" "",
    Batch "batch" "",
    Pause "pause" "",
    From "from" "",
    To "to" "",
    Down "down" "",
    With "with" "",
    Every "every" "",
    Within "within" "",
    Backoff "backoff" "",
    Then "then" "",
    Cmd "cmd" "",
    None "none" "",
    Why "why" "",
    That "that" "",
    Type "type" "",
    Default "default" "",
    Is "is" "",
    Name "name" "",
    Src "src" "",
    Times "times" "",
}

impl Word {
    pub(crate) fn read(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|word| word.text() == text)
    }
}

/// What an entry or a key stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    File,
    Runbook,
    Action,
    Step,
    Manual,
    Gate,
    Boundary,
    During,
    Parallel,
    For,
    Call,
    Series,
    Param,
    Fact,
    Env,
}

const SETTINGS: &[Word] = &[Word::On, Word::As, Word::Env, Word::Cwd, Word::Shell, Word::Timeout, Word::Unreachable];
const COMMON: &[Word] = &[Word::When, Word::After];
const DOES: &[Word] = &[Word::Run, Word::Use, Word::Upload, Word::Download, Word::Sleep];
const FIELDS: &[Word] = &[
    Word::Check,
    Word::Verify,
    Word::Undo,
    Word::Irreversible,
    Word::Capture,
    Word::Retry,
    Word::Reboots,
    Word::Private,
    Word::OutputLimit,
    Word::Expect,
    Word::Tolerate,
    Word::Stdin,
];
pub(crate) const PIECES: &[Word] =
    &[Word::Step, Word::Manual, Word::Gate, Word::Boundary, Word::During, Word::Parallel, Word::For, Word::Call, Word::Series, Word::Fact, Word::Require];
const HEAD: &[Word] = &[Word::About, Word::Source, Word::Owner, Word::Verified, Word::Window, Word::Signers, Word::Lock, Word::Notify];
const OBSERVED: &[Word] = &[Word::Fact, Word::Require];

impl Place {
    /// The words that may begin a line here in the native form.
    pub(crate) fn native(self) -> Vec<Word> {
        let groups: &[&[Word]] = match self {
            Self::File => &[&[Word::Import, Word::Action, Word::Runbook]],
            Self::Runbook => &[HEAD, &[Word::Param, Word::Target, Word::When], SETTINGS, PIECES],
            Self::Action => &[&SETTINGS[1..], DOES, FIELDS, OBSERVED],
            Self::Step => &[SETTINGS, COMMON, DOES, FIELDS, OBSERVED],
            Self::Manual => &[SETTINGS, COMMON, FIELDS, OBSERVED, &[Word::Instructions, Word::Evidence]],
            Self::Gate => &[SETTINGS, COMMON, &[Word::Show, Word::Confirm, Word::Choices, Word::Approvers, Word::SecondPerson, Word::ValidFor]],
            Self::Boundary => &[SETTINGS, COMMON, &[Word::OnFailure, Word::Ask, Word::Budget], PIECES],
            Self::During | Self::Parallel | Self::For | Self::Series => &[SETTINGS, COMMON, PIECES],
            Self::Call => &[COMMON],
            Self::Param => &[&[Word::Help, Word::OneOf, Word::Matches, Word::Min, Word::Max]],
            Self::Fact => &[SETTINGS, &[Word::Stdin, Word::Secret]],
            Self::Env => &[],
        };
        groups.concat()
    }

    /// The keys that may stand here in YAML: the lines of the native form, and what its header says.
    pub(crate) fn yaml(self) -> Vec<Word> {
        let header: &[Word] = match self {
            Self::File => return vec![Word::Import, Word::Action, Word::Runbook],
            Self::Runbook => &[Word::Title, Word::Params, Word::Targets, Word::Facts, Word::Require, Word::Steps],
            Self::Action => &[Word::Title, Word::Params, Word::Facts, Word::Require],
            Self::Step | Self::Manual => &[Word::Title, Word::Facts, Word::Require],
            Self::Gate => &[Word::Question, Word::Title],
            Self::Boundary => &[Word::Title, Word::Steps],
            Self::During => &[Word::Release, Word::Steps],
            Self::For => &[Word::In, Word::Batch, Word::Pause, Word::Tolerate, Word::Steps],
            Self::Call => &[Word::Runbook, Word::With],
            Self::Series => &[Word::From, Word::To, Word::Down, Word::Steps],
            Self::Param => &[Word::Type, Word::Default],
            Self::Fact => &[Word::Type, Word::Cmd],
            Self::Parallel | Self::Env => &[],
        };
        let hidden = |word: &Word| PIECES.contains(word) || matches!(word, Word::Param | Word::Target);
        let mut words = header.to_vec();
        words.extend(self.native().into_iter().filter(|word| !hidden(word)));
        words
    }

    /// `a step`, with its article.
    pub(crate) fn described(self) -> &'static str {
        match self {
            Self::File => "a file",
            Self::Runbook => "a runbook",
            Self::Action => "an action",
            Self::Step => "a step",
            Self::Manual => "a manual step",
            Self::Gate => "a gate",
            Self::Boundary => "a boundary",
            Self::During => "a `during`",
            Self::Parallel => "a `parallel`",
            Self::For => "a `for`",
            Self::Call => "a `call`",
            Self::Series => "a `series`",
            Self::Param => "a param",
            Self::Fact => "a fact",
            Self::Env => "`env`",
        }
    }

    /// Facts and requirements of these are kept in lists of their own; elsewhere each is a piece among the others.
    pub(crate) fn lists_its_facts(self) -> bool {
        matches!(self, Self::Runbook | Self::Action | Self::Step | Self::Manual)
    }
}

impl Word {
    /// May it stand several times in one block of the native form?
    pub(crate) fn repeats(self) -> bool {
        PIECES.contains(&self)
            || matches!(
                self,
                Self::Import | Self::Action | Self::Runbook | Self::Lock | Self::Notify | Self::Param | Self::Target
                    | Self::Verify | Self::Show | Self::Capture | Self::Evidence
            )
            // These are counted together: a step does one thing.
            || DOES.contains(&self)
    }
}
