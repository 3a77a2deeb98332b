//! Rules beyond "it can be run": what makes a runbook safe to run. One rule, one file; each is explained with a bad and
//! a good example, and those examples are its tests.

mod allow;
mod and_or_mistaken;
mod asks_a_person;
mod branches_meet;
mod branches_share_scope;
mod budget_too_short;
mod capture_may_miss;
mod cd_unchecked;
mod choice_refuses;
mod command_by_hand;
mod condition_settled;
mod errexit_off;
mod expansion_unquoted;
mod fails_unseen;
mod failure_swallowed;
mod flow;
mod gate_not_next;
mod gate_too_late;
mod guard_changes;
mod held_by_hand;
mod here_doc_expands;
mod http_error_unseen;
mod import_unused;
mod irreversible_ungated;
mod irreversible_unordered;
mod killed_at_once;
mod left_running;
mod left_unchanged;
mod limits_contradict;
mod list_may_be_empty;
mod ls_parsed;
mod may_be_option;
mod mend;
mod never_ends;
mod never_reached;
mod once_per_item;
mod options;
mod other_verb;
mod owner_missing;
#[cfg(test)]
mod positions;
mod raw_pasted;
mod reboot_unawaited;
mod reboots_side_by_side;
mod released_inside;
mod removal_unbounded;
mod retry_unchecked;
mod run_from_the_net;
mod scope_too_short;
mod second_person_alone;
mod secret_in_command;
mod sed_program;
mod shell;
pub mod shellcheck;
mod shut_out;
mod source_missing;
mod spans_no_return;
mod status_always_zero;
mod sudo_beside_as;
mod sudo_redirect;
#[cfg(test)]
mod tests;
mod tolerance_misses;
mod tolerated_not_undone;
mod undo_captures;
mod unreachable_unsaid;
mod unused;
mod verified_stale;
mod walk;
mod window_too_short;

use grammar::diagnostic::{Diagnostic, Fix, Severity};
use grammar::source::{Source, SourceId, Span};

use crate::check::{NoFiles, ParsedFile, Program, check};

pub use allow::{Allowance, Allowances};
use flow::paths::{Paths, Spot, called};
pub use mend::{Mended, mended};
pub use options::Options;
use shell::Said;

/// A rule, for `lint` and for `lint --explain`.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// `RB03` and two digits; stable.
    pub code: &'static str,
    pub severity: Severity,
    pub title: &'static str,
    /// Why it is a rule.
    pub explanation: &'static str,
    /// A file that breaks it, and nothing else.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
    find: fn(&Program, &mut Found<'_>),
}

impl Rule {
    /// The fix that it offers for its bad example, if it has one.
    #[must_use]
    pub fn mends(&self) -> Option<Fix> {
        let source = Source { id: SourceId(0), path: "example.runbook".to_owned(), text: self.bad.to_owned() };
        let file = grammar::parse(&source).file;
        let program = check(ParsedFile { source, file }, &mut NoFiles).ok()?;
        lint(&program, &Options::default()).into_iter().filter(|finding| finding.code == self.code).find_map(|finding| finding.fix)
    }
}

/// What a rule has found.
#[derive(Debug)]
struct Found<'a> {
    rule: &'static Rule,
    options: &'a Options,
    /// Every command of the program, taken apart once for all rules.
    commands: &'a [Said<'a>],
    /// The ways through the runbook, if there is one.
    paths: Option<&'a Paths<'a>>,
    list: Vec<Diagnostic>,
}

impl Found<'_> {
    /// Tells a finding. What it returns takes more: `related` places, and a fix by `mend` or `mend_unsafely`, whose edits
    /// come from [`grammar::splice`], so that they are right in both spellings.
    fn add(&mut self, span: Span, message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> &mut Diagnostic {
        let at = self.list.len();
        self.list.push(Diagnostic {
            code: self.rule.code,
            severity: self.rule.severity,
            message: message.into(),
            span,
            label: label.into(),
            related: Vec::new(),
            help: Some(help.into()),
            fix: None,
        });
        &mut self.list[at]
    }

    /// The same about a piece of the runbook or of one that it calls: told where the runbook itself reaches it, and where it
    /// is written if that is elsewhere.
    fn add_at(&mut self, spot: Spot<'_>, message: impl Into<String>, label: impl Into<String>, help: impl Into<String>) -> &mut Diagnostic {
        let reached = self.paths.map_or(spot.piece, |paths| paths.reached_by(spot).piece);
        let (span, written) = (called(reached).0, called(spot.piece).0);
        let note = self.add(span, message, label, help);
        if span != written {
            note.related.push((written, "written here".to_owned()));
        }
        note
    }
}

/// Every rule, by code.
#[must_use]
pub fn rules() -> &'static [&'static Rule] {
    RULES
}

/// The codes whose findings a project may make count more or less, with what they count by themselves: those of the rules,
/// and those about comments for the linter.
pub fn settable() -> impl Iterator<Item = (&'static str, Severity)> {
    let comments = allow::CODES.iter().map(|code| (*code, Severity::Warning));
    rules().iter().map(|rule| (rule.code, rule.severity)).chain(comments).chain([(shellcheck::CODE, Severity::Warning)])
}

/// The code of a rule that was probably meant: with one digit more or less, or two in the wrong order. Any other number is
/// as far from one rule as from the next.
#[must_use]
pub fn similar_code(written: &str) -> Option<&'static str> {
    let written = written.to_uppercase();
    let digits = |text: &str| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.sort_unstable();
        bytes
    };
    let slip = |code: &str| strsim::osa_distance(&written, code) == 1 && (written.len() != code.len() || digits(&written) == digits(code));
    rules().iter().map(|rule| rule.code).find(|code| slip(code))
}

static RULES: &[&Rule] = &[
    &left_unchanged::RULE,
    &irreversible_ungated::RULE,
    &irreversible_unordered::RULE,
    &undo_captures::RULE,
    &reboots_side_by_side::RULE,
    &retry_unchecked::RULE,
    &fails_unseen::RULE,
    &raw_pasted::RULE,
    &may_be_option::RULE,
    &list_may_be_empty::RULE,
    &sed_program::RULE,
    &unused::RULE,
    &import_unused::RULE,
    &condition_settled::RULE,
    &never_reached::RULE,
    &gate_not_next::RULE,
    &spans_no_return::RULE,
    &held_by_hand::RULE,
    &released_inside::RULE,
    &shut_out::RULE,
    &scope_too_short::RULE,
    &budget_too_short::RULE,
    &window_too_short::RULE,
    &limits_contradict::RULE,
    &gate_too_late::RULE,
    &second_person_alone::RULE,
    &tolerance_misses::RULE,
    &unreachable_unsaid::RULE,
    &capture_may_miss::RULE,
    &once_per_item::RULE,
    &branches_meet::RULE,
    &branches_share_scope::RULE,
    &choice_refuses::RULE,
    &tolerated_not_undone::RULE,
    &expansion_unquoted::RULE,
    &failure_swallowed::RULE,
    &cd_unchecked::RULE,
    &asks_a_person::RULE,
    &errexit_off::RULE,
    &status_always_zero::RULE,
    &sudo_redirect::RULE,
    &removal_unbounded::RULE,
    &killed_at_once::RULE,
    &ls_parsed::RULE,
    &and_or_mistaken::RULE,
    &here_doc_expands::RULE,
    &left_running::RULE,
    &run_from_the_net::RULE,
    &http_error_unseen::RULE,
    &secret_in_command::RULE,
    &guard_changes::RULE,
    &other_verb::RULE,
    &sudo_beside_as::RULE,
    &reboot_unawaited::RULE,
    &never_ends::RULE,
    &owner_missing::RULE,
    &source_missing::RULE,
    &verified_stale::RULE,
    &command_by_hand::RULE,
];

/// What the rules say of a program, in the order of its text.
#[must_use]
pub fn lint(program: &Program, options: &Options) -> Vec<Diagnostic> {
    let commands = shell::commands(program);
    let paths = program.runbook().map(|runbook| Paths::of(runbook, program));
    let mut all = Vec::new();
    for rule in rules() {
        let mut found = Found { rule, options, commands: &commands, paths: paths.as_ref(), list: Vec::new() };
        (rule.find)(program, &mut found);
        all.extend(found.list);
    }
    all.sort_by_key(|d| (d.span.source, d.span.start, d.code));
    all.dedup();
    all
}
