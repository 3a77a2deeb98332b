//! One command, one file. Each says what it prints and how it ends; the work is the library's.

pub(crate) mod actions;
pub(crate) mod approve;
pub(crate) mod convert;
pub(crate) mod end;
pub(crate) mod fmt;
pub(crate) mod lint;
pub(crate) mod log;
pub(crate) mod plan;
pub(crate) mod reject;
pub(crate) mod release;
pub(crate) mod resume;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod verify;
pub(crate) mod watch;

use crate::args::Command;
use crate::complaint::{Complaint, Status};
use crate::out::Out;

/// # Errors
/// What the person is told, with the exit status.
pub(crate) fn run(command: Command, out: &Out) -> Result<Status, Complaint> {
    match command {
        Command::Lint(args) => lint::lint(&args, out),
        Command::Fmt(args) => fmt::fmt(&args, out),
        Command::Convert(args) => convert::convert(&args, out),
        Command::Plan(args) => plan::plan(&args, out),
        Command::Run(args) => run::run(&args, out),
        Command::Resume(args) => resume::resume(&args, out),
        Command::Rollback(args) => rollback::rollback(&args, out),
        Command::End(args) => end::end(&args, out),
        Command::Release(args) => release::release(&args, out),
        Command::Approve(args) => approve::approve(&args, out),
        Command::Reject(args) => reject::reject(&args, out),
        Command::Runs(args) => runs::runs(&args, out),
        Command::Actions(args) => actions::actions(&args, out),
        Command::Schema(args) => schema::schema(&args, out),
        Command::Show(args) => show::show(&args, out),
        Command::Log(args) => log::log(&args, out),
        Command::Verify(args) => verify::verify(&args, out),
        Command::Watch(args) => watch::watch(&args, out),
    }
}
