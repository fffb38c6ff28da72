//! Twenty seconds of `cargo xtask soak`.

use permesso_hostile::soak::soak;
use permesso_tests::turn;
use std::time::Duration;

/// Latencies are printed and not judged: this machine may have other things to do.
#[test]
fn a_server_full_of_hostile_families_answers_its_neighbours_and_gives_memory_back() {
    let _turn = turn(module_path!());
    let report = soak(Duration::from_secs(20));
    println!("{}", report.text());
    assert_eq!(report.wrongs(), Vec::<String>::new());
}
