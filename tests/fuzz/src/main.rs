//! Tries random conditions for as long as asked.

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};
use permesso_fuzz::run::{Settings, run};
use std::process::ExitCode;
use std::time::Duration;

/// Tries random conditions; the first one that the engine does not take calmly is printed.
#[derive(Debug, Parser)]
#[command(name = "permesso-fuzz")]
struct Options {
    /// How many texts to try.
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    /// How long to try [default: 60, or as long as the runs take].
    #[arg(long, value_name = "S")]
    seconds: Option<u64>,
    /// The seed of the first text; the next texts have the numbers after it.
    #[arg(long, value_name = "K", default_value_t = 0)]
    seed: u64,
}

const MINUTE: u64 = 60;

fn main() -> ExitCode {
    let Options { runs, seconds, seed } = Options::parse();
    let seconds = seconds.or_else(|| runs.is_none().then_some(MINUTE));
    let bar = ProgressBar::new(runs.or(seconds).unwrap_or_default());
    let unit = if runs.is_some() { "texts, {per_sec}" } else { "s, {msg} texts" };
    if let Ok(style) = ProgressStyle::with_template(&format!(
        "[{{elapsed_precise}}] {{bar:40}} {{human_pos}}/{{human_len}} {unit}"
    )) {
        bar.set_style(style);
    }
    let settings = Settings {
        runs: runs.unwrap_or(u64::MAX),
        time: seconds.map_or(Duration::MAX, Duration::from_secs),
        seed,
    };
    let outcome = run(settings, |done| {
        if runs.is_some() {
            bar.set_position(done);
        } else if done % 64 == 0 {
            bar.set_message(done.to_string());
            bar.set_position(bar.elapsed().as_secs());
        }
    });
    bar.finish_and_clear();
    match outcome {
        Ok(tally) => {
            println!("{} texts from seed {seed}, nothing found\n{tally}", tally.texts());
            ExitCode::SUCCESS
        }
        Err(stopped) => {
            eprintln!("error: {stopped}");
            ExitCode::FAILURE
        }
    }
}
