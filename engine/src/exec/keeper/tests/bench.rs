//! What a step costs. `cargo test -p engine --release cost -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use super::lab::*;
use crate::exec::keeper::call::*;

async fn median(bench: &Bench, shell: Shell, reads: bool) -> (Duration, Duration) {
    let cold = Instant::now();
    let keeper = bench.keeper().await;
    let hello = cold.elapsed();
    let mut times = Vec::new();
    for at in 0..100 {
        let call = Call { shell, ..sh("true") };
        let began = Instant::now();
        if reads {
            keeper.read(&call, soon(), &mut Printed::default()).await.expect("read");
        } else {
            keeper.start(&name(&format!("n{at}.1")), 1, &call, soon(), &mut Printed::default()).await.expect("start");
        }
        times.push(began.elapsed());
    }
    times.sort();
    keeper.close().await;
    (hello, times[times.len() / 2])
}

#[tokio::test]
#[ignore = "prints figures; run it by hand"]
async fn the_cost_of_a_step() {
    use std::io::Write;
    for (what, mut bench) in [("dash", Bench::local("dash")), ("bash", Bench::local("bash")), ("busybox", Bench::local("busybox")), ("ssh", Bench::ssh())] {
        for (shell, reads) in [(Shell::Sh, false), (Shell::Bash, false), (Shell::Sh, true)] {
            bench.folder.run_id = format!("r-{shell:?}-{reads}");
            let (hello, step) = median(&bench, shell, reads).await;
            let kind = if reads { "read" } else { "job" };
            writeln!(std::io::stderr(), "{what:8} {shell:?} {kind}: connect+hello {hello:?}, median {step:?}").expect("stderr");
        }
    }
}
