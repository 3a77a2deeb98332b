//! The `runbook` command: arguments in, one command run, an exit status out.

mod args;
mod clock;
mod commands;
mod complaint;
mod config;
mod diagnostics;
mod edit;
mod inputs;
mod lint;
mod out;
mod people;
mod pipeline;
mod run;
mod source;
mod table;
mod watch;

use std::process::ExitCode;

/// Reading a runbook makes many small things, and a third of the time would go into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let args = match args::read() {
        Ok(args) => args,
        // Help and mistakes in the arguments: clap knows which stream, and a closed one is not our failure.
        Err(said) => {
            let _ = said.print();
            return if said.use_stderr() { complaint::USAGE.into() } else { ExitCode::SUCCESS };
        }
    };
    let out = out::Out::new(&args.look);
    match commands::run(args.command, &out) {
        Ok(status) => status.into(),
        Err(complaint) => {
            complaint.tell(&out);
            complaint.status.into()
        }
    }
}
