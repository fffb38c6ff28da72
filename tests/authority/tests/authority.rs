//! Edits that are accepted do no more than their author could.

use permesso_authority::run::run;

#[tokio::test(flavor = "multi_thread")]
async fn nobody_can_do_more_by_an_edit_than_its_author_and_nobody_loses_what_the_author_lacks() {
    let tally = run(5_000, 0, |_| {}).await.unwrap_or_else(|escalation| panic!("{escalation}"));
    println!("{tally}");
    assert!(tally.rarer_than(20).is_empty(), "{:?}\n{tally}", tally.rarer_than(20));
}
