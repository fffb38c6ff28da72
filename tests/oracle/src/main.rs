//! Puts as many random cases as asked for to the engine and to the naive evaluator.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use permesso_oracle::run::{Failure, QUESTIONS, Settings, run};
use std::process::ExitCode;

/// Compares the engine with a second evaluator on random cases.
#[derive(Debug, Parser)]
#[command(name = "permesso-oracle")]
struct Options {
    /// How many questions to put to both.
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    cases: u64,
    /// The seed of the first world; the next worlds have the numbers after it.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
    /// Only say whether there is a disagreement, without making it small.
    #[arg(long)]
    brief: bool,
}

/// The exit code where nothing was learned: the cases are at fault, not the answers.
const BROKEN: u8 = 2;

fn main() -> ExitCode {
    let options = Options::parse();
    let bar = ProgressBar::new(options.cases.div_ceil(QUESTIONS) * QUESTIONS);
    if let Ok(style) = ProgressStyle::with_template(
        "[{elapsed_precise}] {bar:40} {human_pos}/{human_len} cases, {per_sec}, {eta} left",
    ) {
        bar.set_style(style);
    }
    let Options { cases, seed, brief } = options;
    let outcome = run(Settings { cases, seed, brief }, |done| bar.inc(done));
    bar.finish_and_clear();
    match outcome {
        Ok(tally) => {
            let never = tally.rarer_than(1);
            println!("{} cases, no disagreement\n{tally}", tally.cases());
            if !never.is_empty() && options.cases >= 20_000 {
                eprintln!("error: never seen: {}; look at the generator", never.join(", "));
                return ExitCode::from(BROKEN);
            }
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("error: {failure}");
            match failure {
                Failure::Disagreement { .. } => ExitCode::FAILURE,
                Failure::Refused { .. } | Failure::Panic { .. } => ExitCode::from(BROKEN),
            }
        }
    }
}
