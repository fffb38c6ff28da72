//! Imports of more people than fit into one record. In a process of their own, whose memory is
//! looked at.

#[path = "node/support.rs"]
mod support;

use permesso_node::bundle::{Bundle, Compare, ImportOptions, People, import};
use permesso_node::{Caller, ChangeError};
use permesso_store::{LogQuery, Realm, Which, verify};
use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use support::{Desk, acme, as_user, operator};

const POLICY: &str = "tenant: acme\nproduct: desk\nteams: [a, b, c]\nroles:\n  - id: agent\n    \
                      grants:\n      - {permission: tickets.read, scope: all}\n";

/// The owner and so many others, the file of them.
fn people(folder: &Path, file: &str, count: usize, ballast: usize) -> People {
    let path = folder.join(file);
    let mut out = BufWriter::new(fs::File::create(&path).unwrap());
    let lines = file.ends_with(".jsonl");
    let ballast = "x".repeat(ballast);
    if lines {
        writeln!(out, "{{\"id\":\"ann\",\"roles\":[\"owner\"]}}").unwrap();
    } else {
        writeln!(out, "users:\n  - {{id: ann, roles: [owner]}}").unwrap();
    }
    for n in 0..count {
        let team = ["a", "b", "c"][n % 3];
        if lines {
            writeln!(
                out,
                "{{\"id\":\"u{n:07}\",\"name\":\"Number {n}\",\"roles\":[\"agent\"],\"teams\":[\"{team}\"],\
                 \"attributes\":{{\"note\":\"n{ballast}\"}}}}"
            )
            .unwrap();
        } else {
            writeln!(
                out,
                "  - {{id: u{n:07}, name: Number {n}, roles: [agent], teams: [{team}], \
                 attributes: {{note: n{ballast}}}}}"
            )
            .unwrap();
        }
    }
    out.flush().unwrap();
    People::file(path)
}

fn bundle(people: People) -> Arc<Bundle> {
    Arc::new(Bundle::parse("tenant.yaml", POLICY).unwrap().with_people(people))
}

fn how(prune: bool) -> ImportOptions {
    let how = Compare { prune, ..Compare::default() };
    ImportOptions { how, ..ImportOptions::default() }
}

/// The most memory that this process ever had, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) / 1024
}

async fn count(desk: &Desk) -> usize {
    let (mut after, mut count) = (String::new(), 0);
    loop {
        let page = desk.node.store().page(&acme(), Which::All("user"), &after, 1000).await.unwrap();
        count += page.len();
        match page.last() {
            Some(last) => after.clone_from(&last.id),
            None => return count,
        }
    }
}

// One test: it looks at the memory of the process.
#[tokio::test(flavor = "multi_thread")]
async fn twenty_thousand_users_are_one_transaction_and_never_in_memory_at_once() {
    let desk = Desk::open().await;
    let folder = tempfile::tempdir().unwrap();

    // A file of 80 MB is read past without being held.
    let heavy = bundle(people(folder.path(), "heavy.yaml", 20_000, 4000));
    let before = peak();
    let tried = ImportOptions { dry_run: true, ..how(false) };
    let done =
        import(&desk.node, &acme(), &operator(), &heavy, &tried, &mut |_, _| {}).await.unwrap();
    assert_eq!(done.added, 20_000 + 4);
    let grown = peak() - before;
    assert!(before == 0 || grown < 48, "{grown} MiB more");
    assert_eq!(count(&desk).await, 1);

    // Whoever reads meanwhile sees nobody of them, or everybody.
    let light = bundle(people(folder.path(), "people.yaml", 20_000, 10));
    let over = Arc::new(AtomicBool::new(false));
    let (node, ended) = (Arc::clone(&desk.node), Arc::clone(&over));
    let reader = tokio::spawn(async move {
        let mut seen = Vec::new();
        while !ended.load(Ordering::Relaxed) {
            let head = node.store().head(&acme()).await.unwrap().revision;
            let last = node.store().object(&acme(), "user", "u0000000").await.unwrap();
            seen.push((head, last.is_some()));
        }
        seen
    });
    let mut told = Vec::new();
    let done = import(&desk.node, &acme(), &operator(), &light, &how(false), &mut |done, total| {
        told.push((done, total));
    })
    .await
    .unwrap();
    over.store(true, Ordering::Relaxed);
    assert_eq!((done.added, done.changed, done.removed, done.revision), (20_004, 0, 0, 23));
    let seen = reader.await.unwrap();
    assert!(seen.iter().all(|(head, _)| matches!(head, 1 | 23)), "half of it was seen");
    assert!(seen.windows(2).all(|pair| pair[0] <= pair[1]));
    assert!(told.is_sorted_by_key(|(done, total)| (total.is_some(), *done)));
    assert_eq!(told.last(), Some(&(20_001, Some(20_001))));
    assert!(desk.may("u0019999", "tickets.read").await);
    assert_eq!(count(&desk).await, 20_001);
    verify(desk.node.store().as_ref(), &acme(), |_| {}).await.unwrap();

    // The same again is nothing; as lines it is the same.
    let done =
        import(&desk.node, &acme(), &operator(), &light, &how(true), &mut |_, _| {}).await.unwrap();
    assert_eq!((done.added, done.changed, done.removed, done.revision), (0, 0, 0, 23));
    let lines = bundle(people(folder.path(), "people.jsonl", 20_000, 10));
    let done =
        import(&desk.node, &acme(), &operator(), &lines, &how(true), &mut |_, _| {}).await.unwrap();
    assert_eq!((done.added, done.changed, done.removed), (0, 0, 0));

    // A tenant that there is not yet is made by it.
    let anew = Realm::tenant("anew").unwrap();
    let mut named = how(false);
    named.how.any_tenant = true;
    let done =
        import(&desk.node, &anew, &operator(), &light, &named, &mut |_, _| {}).await.unwrap();
    assert_eq!((done.added, done.revision), (20_007, 22));
    let u = support::decide(&desk.node, "anew", "u0000003", "tickets.read").await;
    assert!(u.is_allow());

    // Whoever may not hand out everything does not import that many.
    let fewer = bundle(people(folder.path(), "fewer.jsonl", 100, 10));
    let error = import(&desk.node, &acme(), &as_user("ann"), &fewer, &how(true), &mut |_, _| {})
        .await
        .unwrap_err();
    match error {
        ChangeError::Denied { permission, .. } => assert_eq!(permission, "permesso.unbounded"),
        error => panic!("{error}"),
    }

    // Nobody who can edit roles would be left.
    let nobody = bundle(People::lines("none.jsonl", "{\"id\":\"u0000000\",\"roles\":[\"agent\"]}"));
    let error = import(&desk.node, &acme(), &operator(), &nobody, &how(true), &mut |_, _| {})
        .await
        .unwrap_err();
    assert!(matches!(error, ChangeError::Guarded { guard: "last-holder", .. }), "{error}");
    assert_eq!(count(&desk).await, 20_001);

    // A file that is changed between the two readings is not imported.
    let path = folder.path().join("changing.jsonl");
    let changing = bundle(people(folder.path(), "changing.jsonl", 20_000, 11));
    let system = Caller::System;
    let error = import(&desk.node, &acme(), &system, &changing, &how(true), &mut |done, total| {
        if (done, total) == (20_001, None) {
            let mut text = fs::read_to_string(&path).unwrap();
            text.truncate(text.len() - 1);
            text.push_str(" \n");
            fs::write(&path, text).unwrap();
        }
    })
    .await
    .unwrap_err();
    assert!(error.to_string().contains("changed while it was read"), "{error}");
    assert_eq!(desk.node.store().head(&acme()).await.unwrap().revision, 23);

    // Those who are gone are gone.
    let done =
        import(&desk.node, &acme(), &operator(), &fewer, &how(true), &mut |_, _| {}).await.unwrap();
    assert_eq!((done.added, done.changed, done.removed), (0, 0, 19_900));
    assert_eq!(count(&desk).await, 101);
    let log = LogQuery { after: Some(23), limit: 1000, ..LogQuery::default() };
    assert_eq!(desk.node.store().log(&acme(), &log).await.unwrap().len(), 20);
}
