//! Tries random edits until as many as asked for were accepted.

use clap::Parser;
use indicatif::ProgressBar;
use permesso_authority::run::run;
use std::process::ExitCode;

/// Has people who hold little edit random tenants, and sees whether anybody can do more by it.
#[derive(Debug, Parser)]
#[command(name = "permesso-authority")]
struct Options {
    /// How many edits that are accepted.
    #[arg(long, value_name = "N", default_value_t = 5_000)]
    cases: u64,
    /// The seed of the first world; the next worlds have the numbers after it.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

#[tokio::main]
async fn main() -> ExitCode {
    let Options { cases, seed } = Options::parse();
    let bar = ProgressBar::new(cases);
    let outcome = run(cases, seed, |accepted| bar.inc(accepted)).await;
    bar.finish_and_clear();
    match outcome {
        Ok(tally) => {
            println!("{} edits were accepted, and none did too much\n{tally}", tally.accepted());
            ExitCode::SUCCESS
        }
        Err(escalation) => {
            eprintln!("error: {escalation}");
            ExitCode::FAILURE
        }
    }
}
