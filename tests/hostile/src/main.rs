//! Soaks a server in hostile families. See [`permesso_hostile::soak`].

use clap::Parser;
use permesso_hostile::soak::soak;
use std::process::ExitCode;
use std::time::Duration;

/// Put a server under load with every hostile family, beside a tenant that must not notice
#[derive(Debug, Parser)]
#[command(name = "soak")]
struct Options {
    /// How long, in seconds
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u64).range(4..))]
    seconds: u64,
    /// Print latencies without judging them, on a machine that others work on as well
    #[arg(long)]
    shared_machine: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let report = soak(Duration::from_secs(options.seconds));
    print!("{}", report.text());
    let mut wrongs = report.wrongs();
    if !options.shared_machine && !report.is_in_time() {
        wrongs.push(format!("the neighbour noticed: p99 {:.2} times as long", report.slower()));
    }
    for wrong in &wrongs {
        eprintln!("WRONG: {wrong}");
    }
    if wrongs.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
