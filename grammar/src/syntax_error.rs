//! Every mistake that reading a file can find, one variant each.
//!
//! | code | mistake |
//! |---|---|
//! | RB0001 | the file is not UTF-8 |
//! | RB0002 | the file is too large |
//! | RB0003 | the file holds no runbook and no action |
//! | RB0004 | nested too deep |
//! | RB0005 | a block is not closed |
//! | RB0006 | a bracket is not closed |
//! | RB0007 | a text is not closed |
//! | RB0008 | a command is not closed |
//! | RB0009 | a closing brace or bracket closes nothing |
//! | RB0010 | a word that the language doesn't know |
//! | RB0011 | a word that stands in the wrong place |
//! | RB0012 | something else was expected |
//! | RB0013 | a `{` on a line of its own |
//! | RB0014 | a block is missing |
//! | RB0015 | a block where none may stand |
//! | RB0016 | a field is written twice |
//! | RB0017 | a step does two things |
//! | RB0018 | a part is missing |
//! | RB0019 | a step that does nothing |
//! | RB0020 | an unknown escape |
//! | RB0021 | a line is indented less than the closing line |
//! | RB0022 | text on the line that opens a block of text |
//! | RB0023 | an empty value |
//! | RB0024 | not a name |
//! | RB0025 | not a type |
//! | RB0026 | not `true` or `false` |
//! | RB0027 | the same name twice in one list of arguments or mapping |
//! | RB0030 | not YAML |
//! | RB0031 | a YAML tag |
//! | RB0032 | a YAML anchor |
//! | RB0033 | a YAML alias |
//! | RB0034 | a YAML merge key |
//! | RB0035 | a value of the wrong kind |
//! | RB0036 | too many YAML nodes |
//! | RB0037 | a plain scalar lost its tail to ` #` (warning) |
//! | RB0038 | a piece whose keyword is not its first key |
//! | RB0039 | what the other spelling can't say |
//! | RB0040 | a text that would read back as something else (a defect) |
//! | RB0041 | a comment that the other spelling can't hold (warning) |

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;
use crate::word::{Place, Word};

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SyntaxError {
    #[error("the file is not UTF-8")]
    NotUtf8 { span: Span, byte: u8 },
    #[error("a NUL byte in the text")]
    NulByte { span: Span },
    #[error("the file is too large: {limit} bytes are the limit")]
    FileTooLarge { span: Span, limit: usize },
    #[error("the file holds no runbook and no action")]
    EmptyFile { span: Span },
    #[error("nested too deep: {limit} levels are the limit")]
    NestedTooDeep { span: Span, limit: usize },
    #[error("this block is never closed")]
    UnclosedBlock { span: Span, suspect: Option<Span> },
    #[error("this bracket is never closed")]
    UnclosedBracket { span: Span, closer: char },
    #[error("this text is never closed")]
    UnclosedText { span: Span, mark: &'static str },
    #[error("this command is never closed")]
    UnclosedCommand { span: Span, mark: &'static str },
    #[error("`{closer}` closes nothing")]
    StrayCloser { span: Span, closer: char },
    #[error("`{found}` is not a word of the language")]
    UnknownWord { span: Span, found: String, place: String, suggestion: Option<String>, known: Vec<&'static str> },
    #[error("`{}` can't stand in {}", word.text(), place.described())]
    MisplacedWord { span: Span, word: Word, place: Place },
    #[error("expected {}", expected)]
    Unexpected { span: Span, expected: String, found: String, help: Option<String> },
    #[error("a `{{` stands on a line of its own")]
    LooseBlock { span: Span },
    #[error("{} needs a block", place.described())]
    MissingBlock { span: Span, place: Place, word: Word },
    #[error("`{}` has no block", word.text())]
    UnwantedBlock { span: Span, word: Word },
    #[error("`{}` is written twice", word.text())]
    DuplicateField { span: Span, first: Span, word: Word },
    #[error("a step does one thing, and this one has `{}` and `{}`", first_word.text(), word.text())]
    SecondDeed { span: Span, first: Span, first_word: Word, word: Word },
    #[error("{} needs {what}", place.described())]
    MissingPart { span: Span, place: Place, what: &'static str, help: &'static str },
    #[error("{} does nothing", place.described())]
    EmptyStep { span: Span, place: Place },
    #[error("`{escape}` is not an escape")]
    WrongEscape { span: Span, escape: String },
    #[error("this line is indented less than the line that closes the text")]
    ShallowLine { span: Span, closing: Span },
    #[error("the text begins on the line after `{mark}`")]
    TextBesideMark { span: Span, mark: &'static str },
    #[error("{what} is empty")]
    EmptyValue { span: Span, what: String },
    #[error("`{found}` is not a name")]
    NotAName { span: Span, found: String, help: String },
    #[error("`{found}` is not a type")]
    NotAType { span: Span, found: String },
    #[error("`{found}` is neither `true` nor `false`")]
    NotABool { span: Span, found: String },
    #[error("`{name}` is given twice")]
    DuplicateName { span: Span, first: Span, name: String },
    #[error("this is not YAML: {reason}")]
    BrokenYaml { span: Span, reason: String },
    #[error("a YAML tag")]
    Tag { span: Span, tag: String },
    #[error("a YAML anchor")]
    Anchor { span: Span },
    #[error("a YAML alias")]
    Alias { span: Span },
    #[error("a YAML merge key")]
    MergeKey { span: Span },
    #[error("{what} is {expected}, and here stands {found}")]
    WrongKind { span: Span, what: String, expected: &'static str, found: &'static str, help: Option<String> },
    #[error("the file has too many values: {limit} are the limit")]
    TooManyNodes { span: Span, limit: usize },
    #[error("the value ends before ` #`: what follows is a comment")]
    LostTail { span: Span },
    #[error("the keyword of a piece is its first key")]
    KeywordNotFirst { span: Span, word: Word },
    #[error("{form} can't hold {what}")]
    Unwritable { span: Span, what: &'static str, form: &'static str, help: &'static str },
    #[error("the file can't be printed: {why}")]
    Unprintable { span: Span, why: String },
    #[error("YAML can't hold this comment")]
    CommentLost { span: Span },
}

/// What a diagnostic says besides its message and its place.
struct Words {
    code: &'static str,
    label: String,
    related: Vec<(Span, String)>,
    help: Option<String>,
}

fn words(code: &'static str, label: impl Into<String>, help: impl Into<String>) -> Words {
    Words { code, label: label.into(), related: Vec::new(), help: Some(help.into()).filter(|help| !help.is_empty()) }
}

impl Words {
    fn beside(mut self, span: Span, label: &str) -> Self {
        self.related.push((span, label.to_owned()));
        self
    }
}

impl SyntaxError {
    #[must_use]
    pub fn span(&self) -> Span {
        match self {
            Self::NotUtf8 { span, .. }
            | Self::NulByte { span }
            | Self::FileTooLarge { span, .. }
            | Self::EmptyFile { span }
            | Self::NestedTooDeep { span, .. }
            | Self::UnclosedBlock { span, .. }
            | Self::UnclosedBracket { span, .. }
            | Self::UnclosedText { span, .. }
            | Self::UnclosedCommand { span, .. }
            | Self::StrayCloser { span, .. }
            | Self::UnknownWord { span, .. }
            | Self::MisplacedWord { span, .. }
            | Self::Unexpected { span, .. }
            | Self::LooseBlock { span }
            | Self::MissingBlock { span, .. }
            | Self::UnwantedBlock { span, .. }
            | Self::DuplicateField { span, .. }
            | Self::SecondDeed { span, .. }
            | Self::MissingPart { span, .. }
            | Self::EmptyStep { span, .. }
            | Self::WrongEscape { span, .. }
            | Self::ShallowLine { span, .. }
            | Self::TextBesideMark { span, .. }
            | Self::EmptyValue { span, .. }
            | Self::NotAName { span, .. }
            | Self::NotAType { span, .. }
            | Self::NotABool { span, .. }
            | Self::DuplicateName { span, .. }
            | Self::BrokenYaml { span, .. }
            | Self::Tag { span, .. }
            | Self::Anchor { span }
            | Self::Alias { span }
            | Self::MergeKey { span }
            | Self::WrongKind { span, .. }
            | Self::TooManyNodes { span, .. }
            | Self::LostTail { span }
            | Self::KeywordNotFirst { span, .. }
            | Self::Unwritable { span, .. }
            | Self::Unprintable { span, .. }
            | Self::CommentLost { span } => *span,
        }
    }

    #[must_use]
    pub fn code(&self) -> &'static str {
        self.words().code
    }

    fn words(&self) -> Words {
        match self {
            Self::NotUtf8 { byte, .. } => words("RB0001", format!("the byte 0x{byte:02X}"), "save the file as UTF-8"),
            Self::NulByte { .. } => words("RB0050", "U+0000", "take it out: no command, argument or file name can hold one"),
            Self::FileTooLarge { .. } => words("RB0002", "", "split the procedure into several files and import them"),
            Self::EmptyFile { .. } => words("RB0003", "nothing here", "begin with `runbook NAME \"title\" { … }`"),
            Self::NestedTooDeep { .. } => words("RB0004", "here it is too deep", "take the inner part out into a runbook of its own and `call` it"),
            Self::UnclosedBlock { suspect, .. } => {
                let words = words("RB0005", "opened here", "close it with a `}` on a line of its own");
                match suspect {
                    Some(closer) => words.beside(*closer, "this closes it now, but its indentation belongs to an outer block"),
                    None => words,
                }
            }
            Self::UnclosedBracket { closer, .. } => words("RB0006", "opened here", format!("close it with `{closer}`")),
            Self::UnclosedText { mark, .. } => words(
                "RB0007",
                "opened here",
                match *mark {
                    "\"\"\"" => "close it with `\"\"\"` alone on a line".to_owned(),
                    "\"" => "close it with `\"` on the same line; text of several lines stands between two `\"\"\"`".to_owned(),
                    mark => format!("close it with `{mark}` on the same line"),
                },
            ),
            Self::UnclosedCommand { mark, .. } => words(
                "RB0008",
                "opened here",
                if mark.len() == 1 {
                    "close it with a backtick on the same line; a command of several lines stands between two lines of three backticks"
                } else {
                    "close it with three backticks alone on a line"
                },
            ),
            Self::StrayCloser { closer, .. } => {
                words("RB0009", "nothing is open here", format!("take the `{closer}` away, or look for the opening one that is missing"))
            }
            Self::UnknownWord { suggestion, known, place, .. } => words(
                "RB0010",
                "unknown",
                match suggestion {
                    Some(word) => format!("did you mean `{word}`?"),
                    None if known.is_empty() => String::new(),
                    None => format!("in {place} may stand: {}", known.join(", ")),
                },
            ),
            Self::MisplacedWord { word, place, .. } => words("RB0011", "not here", misplaced(*word, *place)),
            Self::Unexpected { found, help, .. } => words("RB0012", format!("found {found}"), help.clone().unwrap_or_default()),
            Self::LooseBlock { .. } => words("RB0013", "", "put the `{` at the end of the header's line"),
            Self::MissingBlock { word, .. } => words("RB0014", "a `{` is missing behind this", format!("write: {}", word.form())),
            Self::UnwantedBlock { word, .. } => words("RB0015", "this block", format!("write: {}", word.form())),
            Self::DuplicateField { first, .. } => words("RB0016", "again here", "keep one of them").beside(*first, "first here"),
            Self::SecondDeed { first, .. } => {
                words("RB0017", "the second", "make it a step of its own, or put both into one command").beside(*first, "the first")
            }
            Self::MissingPart { help, .. } => words("RB0018", "", *help),
            Self::EmptyStep { place, .. } => words(
                "RB0019",
                "nothing is done or checked",
                if *place == Place::Manual {
                    "say what the person does: instructions \"…\""
                } else {
                    "give it one of `run`, `use`, `upload`, `download`, `sleep`, or at least a `verify` or an `undo`"
                },
            ),
            Self::WrongEscape { escape, .. } => words("RB0020", "", format!("for a backslash write `\\{escape}`; the escapes are \\\" \\\\ \\n \\t \\{{{{")),
            Self::ShallowLine { closing, .. } => {
                words("RB0021", "too far left", "indent it at least as far as the closing line").beside(*closing, "this indentation is cut from every line")
            }
            Self::TextBesideMark { mark, .. } => words("RB0022", "", format!("move it to the next line, so that `{mark}` ends its line")),
            Self::EmptyValue { .. } => words("RB0023", "nothing here", "write it, or take the field away"),
            Self::NotAName { help, .. } => words("RB0024", "", help.clone()),
            Self::NotAType { .. } => {
                words("RB0025", "", "a type is one word such as `string`, `int`, `bool`, `duration` or `host`, or `list(T)`; a `?` behind it makes it optional")
            }
            Self::NotABool { .. } => words("RB0026", "", "write `true` or `false`"),
            Self::DuplicateName { first, .. } => words("RB0027", "again here", "keep one of them").beside(*first, "first here"),
            Self::BrokenYaml { reason, .. } => words("RB0030", "here", yaml_help(reason)),
            Self::Tag { tag, .. } => {
                words("RB0031", "", format!("tags have no meaning here; if the value begins with `{tag}`, put it in quotes or behind `|` on a line of its own"))
            }
            Self::Anchor { .. } => {
                words("RB0032", "", "write the value out; what many steps share belongs into an `action`. A value that begins with `&` stands in quotes")
            }
            Self::Alias { .. } => {
                words("RB0033", "", "write the value out; what many steps share belongs into an `action`. A value that begins with `*` stands in quotes")
            }
            Self::MergeKey { .. } => words("RB0034", "", "write the keys out; what many steps share belongs into an `action` or into the block around them"),
            Self::WrongKind { help, .. } => words("RB0035", "", help.clone().unwrap_or_default()),
            Self::TooManyNodes { .. } => words("RB0036", "", "split the procedure into several files and import them"),
            Self::LostTail { .. } => words("RB0037", "read as a comment", "put the value in quotes, or behind `|` on a line of its own"),
            Self::KeywordNotFirst { word, .. } => words("RB0038", "", format!("move `{}` to the top of this mapping", word.text())),
            Self::Unwritable { help, .. } => words("RB0039", "this", *help),
            Self::Unprintable { .. } => words("RB0040", "", "nothing was written"),
            Self::CommentLost { .. } => words("RB0041", "it is left out", "a control character stands in it: take that out"),
        }
    }

    /// All but two, which are warnings.
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::LostTail { .. } | Self::CommentLost { .. })
    }

    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let Words { code, label, related, help } = self.words();
        let severity = if self.is_error() { Severity::Error } else { Severity::Warning };
        Diagnostic { code, severity, message: self.to_string(), span: self.span(), label, related, help, fix: None }
    }
}

/// Where a word belongs, for the one who put it elsewhere.
fn misplaced(word: Word, place: Place) -> String {
    if place == Place::Action && word == Word::On {
        return "the step that uses the action says on which hosts".to_owned();
    }
    if place == Place::Action && word == Word::When {
        return "put the `when` into the step that uses the action".to_owned();
    }
    if place == Place::Step && matches!(word, Word::Instructions | Word::Evidence) {
        return "a step that a person does begins with `manual`".to_owned();
    }
    if place == Place::Manual {
        return "a manual step has `instructions`; what the machine does is a step of its own".to_owned();
    }
    if place == Place::For && word == Word::Tolerate {
        return format!("it stands in the header: {}", Word::For.form());
    }
    let homes = [Place::File, Place::Runbook, Place::Action, Place::Step, Place::Manual, Place::Gate, Place::Boundary, Place::Param, Place::Fact];
    let homes: Vec<_> = homes.into_iter().filter(|home| home.native().contains(&word)).map(Place::described).collect();
    if homes.is_empty() { String::new() } else { format!("it stands in {}", homes.join(", ")) }
}

/// What most often leads to a sentence of the YAML parser.
fn yaml_help(reason: &str) -> &'static str {
    if reason.contains("mapping values are not allowed") {
        "a value with `: ` in it stands in quotes, or behind `|` on a line of its own"
    } else if reason.contains("unexpected character") {
        "a value that begins with this character stands in quotes; YAML has no backticks around commands"
    } else if reason.contains("tab") {
        "indent with spaces"
    } else if reason.contains("unclosed") {
        "it is opened here and never closed"
    } else {
        "look at the indentation of this line and of the one before"
    }
}

/// The word nearest to what was written, if one is near.
#[must_use]
pub fn suggest<'a>(found: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().collect();
    let found = found.to_ascii_lowercase();
    if found.len() > 40 {
        return None;
    }
    let limit = if found.len() <= 4 { 1 } else { found.len() / 3 };
    let near = known
        .iter()
        .map(|word| (strsim::damerau_levenshtein(&found, word), *word))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word);
    // Their words are mistyped, too.
    let meant = || {
        let distances = SYNONYMS.iter().filter(|(_, meant)| known.contains(meant)).map(|(word, meant)| (strsim::damerau_levenshtein(&found, word), *meant));
        distances.filter(|(distance, _)| *distance <= limit.min(2)).min_by_key(|(distance, _)| *distance).map(|(_, meant)| meant)
    };
    near.or_else(meant).map(str::to_owned)
}

/// What people who come from other tools write, and what it is called here.
const SYNONYMS: &[(&str, &str)] = &[
    ("task", "step"),
    ("command", "run"),
    ("cmd", "run"),
    ("exec", "run"),
    ("script", "run"),
    ("if", "when"),
    ("condition", "when"),
    ("unless", "check"),
    ("user", "as"),
    ("sudo", "as"),
    ("become_user", "as"),
    ("host", "on"),
    ("hosts", "on"),
    ("rollback", "undo"),
    ("revert", "undo"),
    ("description", "about"),
    ("approval", "gate"),
    ("prompt", "gate"),
    ("pause", "gate"),
    ("assert", "require"),
    ("precondition", "require"),
    ("postcondition", "verify"),
    ("test", "verify"),
    ("variable", "param"),
    ("vars", "params"),
    ("input", "param"),
    ("inputs", "params"),
    ("copy", "upload"),
    ("retries", "retry"),
    ("register", "capture"),
    ("output", "capture"),
    ("environment", "env"),
    ("dir", "cwd"),
    ("workdir", "cwd"),
    ("name", "title"),
    ("foreach", "for"),
    ("include", "import"),
    ("tasks", "steps"),
    ("needs", "after"),
    ("depends_on", "after"),
    ("wait", "sleep"),
];

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Errors {
    pub(crate) list: Vec<SyntaxError>,
}

impl Errors {
    /// Keeps the first thousand: a file with more is not a runbook with mistakes but something else.
    pub(crate) fn push(&mut self, error: SyntaxError) {
        if self.list.len() < 1000 {
            self.list.push(error);
        }
    }
}
