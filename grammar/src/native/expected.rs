//! What each rule of the grammar is called by a person. The match is exhaustive: no rule's identifier is ever shown.

use super::Rule;

/// The keyword that a rule stands for.
pub(super) fn keyword(rule: Rule) -> Option<&'static str> {
    Some(match rule {
        Rule::kw_import => "import",
        Rule::kw_runbook => "runbook",
        Rule::kw_action => "action",
        Rule::kw_param => "param",
        Rule::kw_target => "target",
        Rule::kw_fact => "fact",
        Rule::kw_require => "require",
        Rule::kw_notify => "notify",
        Rule::kw_step => "step",
        Rule::kw_manual | Rule::undo_manual => "manual",
        Rule::kw_gate => "gate",
        Rule::kw_boundary => "boundary",
        Rule::kw_during => "during",
        Rule::kw_parallel => "parallel",
        Rule::kw_for => "for",
        Rule::kw_call => "call",
        Rule::kw_series => "series",
        Rule::kw_in => "in",
        Rule::kw_on | Rule::on_clause => "on",
        Rule::kw_release | Rule::release_clause => "release",
        Rule::kw_batch | Rule::batch_clause => "batch",
        Rule::kw_pause | Rule::pause_clause => "pause",
        Rule::kw_tolerate | Rule::tolerate_clause => "tolerate",
        Rule::kw_from => "from",
        Rule::kw_to => "to",
        Rule::kw_every | Rule::every_clause => "every",
        Rule::kw_within | Rule::within_clause => "within",
        Rule::kw_backoff | Rule::backoff_clause => "backoff",
        Rule::kw_then | Rule::then_clause => "then",
        Rule::kw_none | Rule::undo_none => "none",
        Rule::kw_env => "env",
        Rule::kw_timeout => "timeout",
        Rule::kw_when => "when",
        Rule::kw_use => "use",
        Rule::kw_verify => "verify",
        Rule::kw_undo => "undo",
        Rule::kw_capture => "capture",
        Rule::kw_evidence => "evidence",
        Rule::kw_retry => "retry",
        Rule::kw_reboots => "reboots",
        Rule::kw_show => "show",
        _ => return None,
    })
}

/// Words of a head that carry no part of it.
pub(super) fn is_keyword(rule: Rule) -> bool {
    match rule {
        Rule::text_word
        | Rule::operand_word
        | Rule::command_word
        | Rule::bool_word
        | Rule::name_word
        | Rule::names_word
        | Rule::transfer_word => true,
        // These begin with a word and hold what follows it.
        Rule::undo_none
        | Rule::undo_manual
        | Rule::on_clause
        | Rule::release_clause
        | Rule::batch_clause
        | Rule::pause_clause
        | Rule::tolerate_clause
        | Rule::every_clause
        | Rule::within_clause
        | Rule::backoff_clause
        | Rule::then_clause => false,
        rule => keyword(rule).is_some(),
    }
}

/// What was expected where this rule didn't match; empty for what needs no mention.
pub(super) fn human(rule: Rule) -> &'static [&'static str] {
    match rule {
        Rule::EOI | Rule::line_end | Rule::separator => &["the end of the line"],
        // Comments may stand anywhere.
        Rule::COMMENT | Rule::WHITESPACE | Rule::gap => &[],
        Rule::file | Rule::list | Rule::entry | Rule::strict | Rule::known | Rule::unknown | Rule::leftover | Rule::token
        | Rule::stray | Rule::unclosed => &["a line that begins with a keyword"],
        Rule::block => &["a block `{ … }`"],
        Rule::import => &["`import`"],
        Rule::runbook => &["`runbook`"],
        Rule::action => &["`action`"],
        Rule::param => &["`param`"],
        Rule::target => &["`target`"],
        Rule::fact => &["`fact`"],
        Rule::require => &["`require`"],
        Rule::notify => &["`notify`"],
        Rule::declarations => &["parameters in parentheses"],
        Rule::declaration => &["a parameter such as `name: string`"],
        Rule::step => &["`step`"],
        Rule::manual => &["`manual`"],
        Rule::gate => &["`gate`"],
        Rule::boundary => &["`boundary`"],
        Rule::during => &["`during`"],
        Rule::parallel => &["`parallel`"],
        Rule::for_each => &["`for`"],
        Rule::call_runbook => &["`call`"],
        Rule::series => &["`series`"],
        Rule::on_clause => &["`on`"],
        Rule::release_clause => &["`release`"],
        Rule::batch_clause => &["`batch`"],
        Rule::pause_clause => &["`pause`"],
        Rule::tolerate_clause => &["`tolerate`"],
        Rule::every_clause => &["`every`"],
        Rule::within_clause => &["`within` and a duration"],
        Rule::backoff_clause => &["`backoff`"],
        Rule::then_clause => &["`then`"],
        Rule::text_field | Rule::text_word => &["a field with a text"],
        Rule::operand_field | Rule::operand_word => &["a field with a value"],
        Rule::command_field | Rule::command_word => &["`check`", "`run`"],
        Rule::bool_field | Rule::bool_word => &["a field with `true` or `false`"],
        Rule::truth => &["`true`", "`false`"],
        Rule::name_field | Rule::name_word => &["`unreachable`", "`on_failure`"],
        Rule::names_field | Rule::names_word => &["`on`", "`after`"],
        Rule::env => &["`env { NAME = value }`"],
        Rule::binding => &["`NAME = value`"],
        Rule::timeout => &["`timeout`"],
        Rule::when => &["`when`"],
        Rule::use_action => &["`use`"],
        Rule::transfer | Rule::transfer_word => &["`upload`", "`download`"],
        Rule::verify => &["`verify`"],
        Rule::undo => &["`undo`"],
        Rule::undo_none => &["`none` and a reason"],
        Rule::undo_manual => &["`manual` and instructions"],
        Rule::capture => &["`capture`"],
        Rule::evidence => &["`evidence`"],
        Rule::retry => &["`retry`"],
        Rule::reboots => &["`reboots`"],
        Rule::show => &["`show`"],
        Rule::letter | Rule::name | Rule::path => &["a name"],
        Rule::names => &["one name, or several by comma"],
        Rule::type_name => &["a type such as `string` or `list(host)`"],
        Rule::call => &["an action such as `service.stopped(name: \"mariadb\")`"],
        Rule::arguments => &["arguments in parentheses"],
        Rule::argument => &["an argument such as `name: value`"],
        Rule::colon => &["`:`"],
        Rule::equals => &["`=`"],
        Rule::expression | Rule::condition | Rule::item | Rule::word_of_expression | Rule::word_of_item | Rule::inside => {
            &["an expression"]
        }
        Rule::quoted | Rule::text | Rule::text_line | Rule::text_block => &["a text in double quotes"],
        Rule::text_line_content | Rule::text_block_one | Rule::text_block_content => &["the end of the text"],
        Rule::bracketed | Rule::braced => &["brackets"],
        Rule::operand | Rule::atom | Rule::simple => &["a value such as `10m`, `5`, `name` or `( expression )`"],
        Rule::command | Rule::command_line | Rule::command_block => &["a command in backticks"],
        Rule::command_line_content | Rule::command_block_one | Rule::command_block_content => &["the end of the command"],
        Rule::kw_import => &["`import`"],
        Rule::kw_runbook => &["`runbook`"],
        Rule::kw_action => &["`action`"],
        Rule::kw_param => &["`param`"],
        Rule::kw_target => &["`target`"],
        Rule::kw_fact => &["`fact`"],
        Rule::kw_require => &["`require`"],
        Rule::kw_notify => &["`notify`"],
        Rule::kw_step => &["`step`"],
        Rule::kw_manual => &["`manual`"],
        Rule::kw_gate => &["`gate`"],
        Rule::kw_boundary => &["`boundary`"],
        Rule::kw_during => &["`during`"],
        Rule::kw_parallel => &["`parallel`"],
        Rule::kw_for => &["`for`"],
        Rule::kw_call => &["`call`"],
        Rule::kw_series => &["`series`"],
        Rule::kw_in => &["`in`"],
        Rule::kw_on => &["`on`"],
        Rule::kw_release => &["`release`"],
        Rule::kw_batch => &["`batch`"],
        Rule::kw_pause => &["`pause`"],
        Rule::kw_tolerate => &["`tolerate`"],
        Rule::kw_from => &["`from`"],
        Rule::kw_to => &["`to`"],
        Rule::kw_every => &["`every`"],
        Rule::kw_within => &["`within`"],
        Rule::kw_backoff => &["`backoff`"],
        Rule::kw_then => &["`then`"],
        Rule::kw_none => &["`none`"],
        Rule::kw_env => &["`env`"],
        Rule::kw_timeout => &["`timeout`"],
        Rule::kw_when => &["`when`"],
        Rule::kw_use => &["`use`"],
        Rule::kw_verify => &["`verify`"],
        Rule::kw_undo => &["`undo`"],
        Rule::kw_capture => &["`capture`"],
        Rule::kw_evidence => &["`evidence`"],
        Rule::kw_retry => &["`retry`"],
        Rule::kw_reboots => &["`reboots`"],
        Rule::kw_show => &["`show`"],
    }
}
