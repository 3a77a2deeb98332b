//! The places of a command where no value may stand, one variant each, and what to write there instead.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a slot is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Error)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    #[error("inside single quotes the shell does not look for values")]
    SingleQuotes,
    #[error("inside $'…' the shell does not look for values")]
    AnsiQuotes,
    #[error("inside $\"…\" a value is translated, not passed")]
    TranslatedQuotes,
    #[error("a value can't stand in backticks")]
    Backticks,
    #[error("a value in a comment goes nowhere")]
    Comment,
    #[error("a backslash before the value hides it from the shell")]
    AfterBackslash,
    #[error("a `$` before the value makes another thing of it")]
    AfterDollar,
    #[error("a value after `~` is not a user's home")]
    AfterTilde,
    #[error("a quoted here-document does not look for values")]
    QuotedHereDoc,
    #[error("a value can't be the end mark of a here-document")]
    HereDocMark,
    #[error("a value in text that an interpreter reads would be run as code")]
    FedToInterpreter,
    #[error("a value can't be the command itself")]
    CommandPosition,
    #[error("a value can't be the name of a function")]
    FunctionName,
    #[error("a value can't be the name of a variable")]
    NamePlace,
    #[error("a value here would be run as code")]
    CodePlace,
    #[error("a value in a program of another language would be run as code")]
    ForeignCode,
    #[error("a value here may be read as an option, and that option runs code")]
    OptionPlace,
    #[error("in arithmetic the shell runs what stands in a value")]
    Arithmetic,
    #[error("a value can't be the format of printf")]
    PrintfFormat,
    #[error("shells disagree on a value in `=~`")]
    Regex,
    #[error("a value here may turn into an operator of the test")]
    TestOperator,
    #[error("a list can't be glued to other text")]
    ListInText,
    #[error("a list can't stand where the shell takes one word")]
    ListAsOneWord,
    #[error("quotes inside `${{…}}` inside quotes are read differently by different shells")]
    NestedQuotes,
    #[error("shells disagree on a value in the replacement of `${{x/…/…}}`")]
    Replacement,
    #[error("it can't be told what the shell makes of a value here")]
    Unclear,
}

impl Refusal {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SingleQuotes => "RB0220",
            Self::AnsiQuotes => "RB0221",
            Self::TranslatedQuotes => "RB0222",
            Self::Backticks => "RB0223",
            Self::Comment => "RB0224",
            Self::AfterBackslash => "RB0225",
            Self::AfterDollar => "RB0226",
            Self::AfterTilde => "RB0227",
            Self::QuotedHereDoc => "RB0228",
            Self::HereDocMark => "RB0229",
            Self::FedToInterpreter => "RB0230",
            Self::CommandPosition => "RB0231",
            Self::FunctionName => "RB0232",
            Self::NamePlace => "RB0233",
            Self::CodePlace => "RB0234",
            Self::ForeignCode => "RB0235",
            Self::OptionPlace => "RB0236",
            Self::Arithmetic => "RB0237",
            Self::PrintfFormat => "RB0238",
            Self::Regex => "RB0239",
            Self::TestOperator => "RB0240",
            Self::ListInText => "RB0241",
            Self::ListAsOneWord => "RB0242",
            Self::NestedQuotes => "RB0243",
            Self::Replacement => "RB0244",
            Self::Unclear => "RB0245",
        }
    }

    /// A few words at the slot.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::SingleQuotes => "in single quotes",
            Self::AnsiQuotes => "in $'…'",
            Self::TranslatedQuotes => "in $\"…\"",
            Self::Backticks => "in backticks",
            Self::Comment => "in a comment",
            Self::AfterBackslash => "after a backslash",
            Self::AfterDollar => "after a `$`",
            Self::AfterTilde => "after a `~`",
            Self::QuotedHereDoc => "in a quoted here-document",
            Self::HereDocMark => "the end mark",
            Self::FedToInterpreter => "read as code",
            Self::CommandPosition => "the command",
            Self::FunctionName => "a function's name",
            Self::NamePlace => "read as a variable's name",
            Self::CodePlace | Self::ForeignCode => "run as code",
            Self::OptionPlace => "may begin with `-`",
            Self::Arithmetic => "in arithmetic",
            Self::PrintfFormat => "the format",
            Self::Regex => "in a regular expression",
            Self::TestOperator => "in a test",
            Self::ListInText | Self::ListAsOneWord => "a list",
            Self::NestedQuotes => "in quotes inside quotes",
            Self::Replacement => "in a replacement",
            Self::Unclear => "here",
        }
    }

    /// The corrected form, with the slot as it was written.
    #[must_use]
    pub fn help(self, slot: &str) -> String {
        match self {
            Self::SingleQuotes => format!("use double quotes, \"… {slot} …\", or end the quotes before it: '…'{slot}'…'"),
            Self::AnsiQuotes | Self::TranslatedQuotes => format!("end the quotes before it: $'…'{slot}, or use plain double quotes"),
            Self::Backticks => format!("write $(… {slot} …) instead of backticks"),
            Self::Comment => format!("take {slot} out of the comment; for a literal `{{{{` write `\\{{{{`"),
            Self::AfterBackslash => format!("write {slot} without the backslash; for a literal `{{{{` write `\\{{{{`"),
            Self::AfterDollar => format!("write {slot} without the `$`; the value stands there by itself"),
            Self::AfterTilde => format!("ask for the home first: home=$(getent passwd {slot} | cut -d: -f6)"),
            Self::QuotedHereDoc => "take the quotes off the end mark (<<EOF), and put a backslash before each `$` that the shell must leave alone".to_owned(),
            Self::HereDocMark => "write a fixed word such as EOF: a value may hold any line, it never ends the document".to_owned(),
            Self::FedToInterpreter => {
                format!("pass it as an argument: sh -c '… \"$1\" …' sh {slot}; or keep the program in a file and upload it")
            }
            Self::CommandPosition => format!("name the program, and give {slot} as its argument"),
            Self::FunctionName => "write the function's name out".to_owned(),
            Self::NamePlace => format!("write the variable's name out: name={slot}"),
            Self::CodePlace => format!("pass it as an argument: sh -c '… \"$1\" …' sh {slot}; on another host: give the step `on` that host"),
            Self::ForeignCode => {
                format!("pass it as an argument and read it there (sys.argv[1], $ARGV[0], psql -v v={slot} and :'v'); a number may stay: declare it `int`")
            }
            Self::OptionPlace => format!("declare it as a `host` or a `path`, which never begin with `-`, or put `--` before {slot}"),
            Self::Arithmetic => {
                format!("declare it as `int`, `duration`, `size` or `percent`, or reckon in the expression: {{{{ (a + b) }}}} instead of {slot}")
            }
            Self::PrintfFormat => format!("printf '%s\\n' {slot}"),
            Self::Regex => format!("[[ $x == *{slot}* ]], or: printf '%s' \"$x\" | grep -qF -- {slot}"),
            Self::TestOperator => format!("one simple test each, joined by && or ||: [ \"$a\" = {slot} ] && [ -n \"$b\" ]"),
            Self::ListInText => format!("let it stand alone as words: cmd {slot}; or join it: {{{{ (list | join(\",\")) }}}}"),
            Self::ListAsOneWord => format!("loop over it: for item in {slot}; do …; done; or take one item: {{{{ list[0] }}}}"),
            Self::NestedQuotes => format!("take the inner quotes away: \"${{x:-{slot}}}\""),
            Self::Replacement => format!("assign it first: new={slot}; then \"${{x/old/\"$new\"}}\""),
            Self::Unclear => format!("assign it first: value={slot}; then use \"$value\""),
        }
    }
}
