//! Pipes whose left side may fail without a trace.

use super::facts::{At, Facts, Kind, Layer, Member, Pipeline, Simple, Site, What};
use super::said::Said;

/// The pipes of a command, each as the place of its `|`, whose left side's failure is lost where there is no `pipefail`:
/// those of the script itself, and of `x=$(…)`.
pub(crate) fn lost(said: &Said<'_>) -> Vec<At> {
    let facts = &said.facts;
    let counted = |pipeline: &Pipeline| match pipeline.stands.layer {
        Layer::Script => true,
        Layer::Substitution => pipeline.members.first().is_some_and(|first| is_assigned(facts, first.simples.start)),
        Layer::Code => false,
    };
    let mut found = Vec::new();
    for pipeline in facts.pipelines.iter().filter(|pipeline| pipeline.members.len() > 1 && counted(pipeline)) {
        for pair in pipeline.members.windows(2) {
            if let [left, right] = pair
                && may_fail(facts, left)
                && let Some(at) = said.script().get(..right.at.start).unwrap_or_default().rfind('|')
            {
                found.push(At { start: at, end: at + 1 });
            }
        }
    }
    found
}

/// Whether a simple command runs in a substitution that a variable is set from.
fn is_assigned(facts: &Facts, simple: usize) -> bool {
    facts
        .expansions
        .iter()
        .any(|expansion| expansion.site == Site::Assignment && matches!(&expansion.what, What::Substitution(inside) if inside.contains(&simple)))
}

fn may_fail(facts: &Facts, member: &Member) -> bool {
    match member.kind {
        Kind::Test | Kind::Function => false,
        _ => facts.simples[member.simples.clone()]
            .iter()
            .filter(|simple| simple.stands.layer != Layer::Substitution || member.kind == Kind::Simple)
            .any(|simple| !is_sure(simple)),
    }
}

/// Commands that print and do nothing else, and those that tell of the machine itself.
fn is_sure(simple: &Simple) -> bool {
    let of_the_kernel = || !simple.arguments().is_empty() && simple.arguments().iter().all(|word| word.starts_with("/proc/") || word.starts_with("/sys/"));
    match simple.name.as_str() {
        "echo" | "printf" | ":" | "true" | "yes" | "seq" | "ps" | "mount" | "lsmod" | "env" | "printenv" | "set" | "hostname" | "uname" | "date" | "id"
        | "whoami" | "pwd" | "uptime" | "nproc" | "free" | "jobs" | "exit" | "ss" | "netstat" | "lsblk" => true,
        // What is not installed is told by a failure: there "no" is the answer.
        "dpkg" | "dpkg-query" | "rpm" => true,
        "cat" => of_the_kernel(),
        // What filters text that it is handed can't fail where the text is there; who hands it is looked at by itself.
        "grep" | "sed" | "cut" | "tr" | "sort" | "uniq" | "wc" | "head" | "tail" | "tac" => {
            simple.stands.fed && !simple.arguments().iter().any(|word| word.contains('/'))
        }
        "" => simple.words.is_empty(),
        _ => false,
    }
}
