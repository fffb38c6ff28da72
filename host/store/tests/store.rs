//! What every store promises, held by both.

use permesso_cluster::Cluster;
use permesso_store::feed::Facet;
use permesso_store::{
    Append, Appended, Body, Location, LogQuery, NewRecord, Realm, Remembered, Sqlite, Stamp, Store,
    StoreError, Which, open, verify,
};
use serde_json::{Value, json};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// Runs a check on a fresh SQLite file and on a fresh database of `PostgreSQL`.
fn on_both<F, W>(check: F)
where
    F: Fn(Arc<dyn Store>) -> W,
    W: Future<Output = ()>,
{
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = Location::Sqlite(folder.path().join("permesso.db"));
    runtime.block_on(async { check(open(&file).await.unwrap()).await });
    match Cluster::shared() {
        Ok(cluster) => {
            let name = format!("t{}", NEXT.fetch_add(1, Ordering::Relaxed));
            let url = Location::Postgres(cluster.database(&name).unwrap());
            runtime.block_on(async { check(open(&url).await.unwrap()).await });
        }
        Err(why) => {
            let required = std::env::var("PERMESSO_REQUIRE_TOOLS").is_ok_and(|value| value == "1");
            assert!(!required, "{why}");
            eprintln!("SKIPPED PostgreSQL: {why}");
        }
    }
}

fn tenant(id: &str) -> Realm {
    Realm::tenant(id).unwrap()
}

fn stamp(at: i64) -> Stamp {
    Stamp { actor: "key:a".to_owned(), request: "r".to_owned(), at }
}

fn change(operation: &str, edits: &[(&str, &str, Option<Value>)]) -> NewRecord {
    let edits = edits.iter().map(|(kind, id, body)| {
        let body = body.as_ref().map(|body| Body::of(body).unwrap());
        ((*kind).to_owned(), (*id).to_owned(), body)
    });
    NewRecord { operation: operation.to_owned(), edits: edits.collect() }
}

async fn append(
    store: &dyn Store,
    realm: &Realm,
    expected: u64,
    changes: Vec<NewRecord>,
) -> Result<u64, StoreError> {
    let mut changes = changes.into_iter();
    let batch = Append { realm: realm.clone(), expected, stamp: stamp(5), changes: &mut changes };
    match store.append(vec![batch], None).await? {
        Appended::Now(heads) => Ok(heads[0].revision),
        Appended::Before(_) => panic!("no key was given"),
    }
}

#[test]
fn a_record_and_what_it_feeds_come_together() {
    on_both(async |store| {
        let realm = tenant("t");
        let user = |roles: Value| json!({"id": "ann", "roles": roles, "teams": ["US/South"]});
        let revision = append(
            &*store,
            &realm,
            0,
            vec![
                change("role.create", &[("role", "a", Some(json!({"id": "a"})))]),
                change("user.invite", &[("user", "ann", Some(user(json!(["a"]))))]),
                change(
                    "delegation.create",
                    &[("delegation", "d", Some(json!({"from": "ann", "to": "bob"})))],
                ),
            ],
        );
        assert_eq!(revision.await.unwrap(), 3);
        let contents = store.contents(&realm).await.unwrap();
        assert_eq!(contents.head.revision, 3);
        assert_eq!(contents.objects.len(), 1, "the directory is read one by one");
        let names = ["ann".to_owned(), "bob".to_owned()];
        let facets = [(Facet::Role, "a".to_owned()), (Facet::Team, "nowhere".to_owned())];
        let directory = store.directory(&realm, &names, &facets).await.unwrap();
        assert_eq!(directory.revision, 3);
        assert_eq!(directory.users.len(), 1);
        assert_eq!(directory.users["ann"].revision, 2);
        assert_eq!(directory.delegations.len(), 1);
        assert_eq!(directory.delegations[0].from.as_ref().unwrap().id, "ann");
        let listed: Vec<u64> = facets.iter().map(|f| directory.usage[f].listed).collect();
        assert_eq!(listed, [1, 0]);

        let moved = change("user.update", &[("user", "ann", Some(user(json!(["b"]))))]);
        append(&*store, &realm, 3, vec![moved]).await.unwrap();
        let facets = [(Facet::Role, "a".to_owned()), (Facet::Role, "b".to_owned())];
        let directory = store.directory(&realm, &[], &facets).await.unwrap();
        let taking: Vec<u64> = facets.iter().map(|f| directory.usage[f].taking_part).collect();
        assert_eq!(taking, [0, 1]);
        let holders = store.page(&realm, Which::Having(Facet::Role, "b"), "", 10).await.unwrap();
        assert_eq!(holders.len(), 1);
        let changes = store.since(&realm, 3, 100).await.unwrap();
        assert_eq!(changes.records.unwrap().len(), 1);
        assert_eq!(changes.delegates, ["bob"], "whom the user who changed delegates to");
        let gone = change("user.delete", &[("user", "ann", None), ("role", "a", None)]);
        append(&*store, &realm, 4, vec![gone]).await.unwrap();
        assert!(store.object(&realm, "user", "ann").await.unwrap().is_none());
        let verified = verify(&*store, &realm, |_| {}).await.unwrap();
        assert_eq!((verified.revision, verified.documents), (5, 1));
    });
}

#[test]
fn whoever_writes_against_an_old_revision_is_told_and_writes_nothing() {
    on_both(async |store| {
        let realm = tenant("t");
        let role = |label: &str| change("role.update", &[("role", "a", Some(json!(label)))]);
        append(&*store, &realm, 0, vec![role("one")]).await.unwrap();
        let refused = append(&*store, &realm, 0, vec![role("two")]).await.unwrap_err();
        let StoreError::Conflict { expected, actual, .. } = refused else { panic!("{refused}") };
        assert_eq!((expected, actual), (0, 1));
        let body = store.object(&realm, "role", "a").await.unwrap().unwrap().body;
        assert_eq!(body.get(), "\"one\"");
    });
}

#[test]
fn of_many_writers_at_the_same_revision_one_wins() {
    on_both(async |store| {
        let realm = tenant("t");
        let writers = (0..16).map(|n| {
            let (store, realm) = (Arc::clone(&store), realm.clone());
            tokio::spawn(async move {
                let body = json!({"by": n});
                append(&*store, &realm, 0, vec![change("x", &[("role", "a", Some(body))])]).await
            })
        });
        let mut won = 0;
        for writer in writers.collect::<Vec<_>>() {
            match writer.await.unwrap() {
                Ok(revision) => {
                    assert_eq!(revision, 1);
                    won += 1;
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 1);
    });
}

#[test]
fn several_logs_are_written_all_or_none() {
    on_both(async |store| {
        let realms = [tenant("b"), Realm::platform(), tenant("a")];
        let write = async |expected: [u64; 3]| {
            let mut changes = realms.clone().map(|realm| {
                let body = json!(realm.to_string());
                vec![change("x", &[("settings", "x", Some(body))])].into_iter()
            });
            let batches = realms.iter().zip(&mut changes).zip(expected);
            let batches = batches.map(|((realm, changes), expected)| Append {
                realm: realm.clone(),
                expected,
                stamp: stamp(1),
                changes,
            });
            store.append(batches.collect(), None).await
        };
        assert!(matches!(write([0, 0, 1]).await, Err(StoreError::Conflict { .. })));
        assert!(store.heads().await.unwrap().is_empty(), "not even those that fitted");
        let Appended::Now(heads) = write([0, 0, 0]).await.unwrap() else { panic!() };
        assert!(heads.iter().map(|head| &head.realm).eq(&realms), "in the order of the batches");
        assert_eq!(store.heads().await.unwrap().len(), 3);
        assert!(matches!(write([1, 1, 1]).await.unwrap(), Appended::Now(_)));
        let all = store.heads().await.unwrap();
        assert!(all.iter().all(|head| head.revision == 1), "what changes nothing leaves nothing");
    });
}

#[test]
fn a_request_that_comes_again_is_answered_and_not_done_again() {
    on_both(async |store| {
        let realm = tenant("t");
        let send = async |fingerprint: &str| {
            let mut changes = vec![change("x", &[("role", "a", Some(json!(1)))])].into_iter();
            let batch = Append {
                realm: realm.clone(),
                expected: 0,
                stamp: stamp(1),
                changes: &mut changes,
            };
            let remember = Remembered {
                realm: realm.clone(),
                key: "key:a/1".to_owned(),
                fingerprint: fingerprint.to_owned(),
                answer: "{\"revision\":\"{revision}\"}".to_owned(),
                at: 7,
            };
            store.append(vec![batch], Some(remember)).await.unwrap()
        };
        assert!(matches!(send("f").await, Appended::Now(_)));
        let Appended::Before(before) = send("g").await else { panic!("it was done twice") };
        assert_eq!(before.fingerprint, "f", "the caller can tell that it is another request");
        assert_eq!(before.answer, "{\"revision\":1}");
        assert_eq!(store.forget(8).await.unwrap(), 1);
        assert!(store.recall(&realm, "key:a/1").await.unwrap().is_none());
    });
}

#[test]
fn a_log_says_who_changed_what_and_when() {
    on_both(async |store| {
        let realm = tenant("t");
        for n in 0..10_i64 {
            let (kind, id) = if n % 2 == 0 { ("role", "a") } else { ("user", "u") };
            let operation = format!("{kind}.update");
            let mut changes =
                vec![change(&operation, &[(kind, id, Some(json!({"n": n})))])].into_iter();
            let stamp = Stamp {
                actor: format!("key:{}", n % 3),
                request: String::new(),
                at: 100 - n.min(3),
            };
            let expected = u64::try_from(n).unwrap();
            let realm = realm.clone();
            let batch = Append { realm, expected, stamp, changes: &mut changes };
            store.append(vec![batch], None).await.unwrap();
        }
        let ask = async |query: LogQuery| {
            let query = LogQuery { limit: 100, ..query };
            let records = store.log(&realm, &query).await.unwrap();
            records.into_iter().map(|record| record.revision).collect::<Vec<_>>()
        };
        let all = LogQuery::default();
        assert_eq!(ask(all.clone()).await, (1..=10).collect::<Vec<_>>());
        let newest = LogQuery { newest_first: true, before: Some(4), ..all.clone() };
        assert_eq!(ask(newest).await, [3, 2, 1]);
        let by = LogQuery { actor: Some("key:1".to_owned()), ..all.clone() };
        assert_eq!(ask(by).await, [2, 5, 8]);
        let of = LogQuery { operation: Some("user.*".to_owned()), ..all.clone() };
        assert_eq!(ask(of).await, [2, 4, 6, 8, 10]);
        let role =
            LogQuery { kind: Some("role".to_owned()), id: Some("a".to_owned()), ..all.clone() };
        assert_eq!(ask(role).await, [1, 3, 5, 7, 9]);
        let times = store.log(&realm, &LogQuery { limit: 100, ..all }).await.unwrap();
        assert!(times.iter().all(|record| record.at == 100), "a log never goes back in time");
        for (revision, n) in
            [(1, Some("{\"n\":0}")), (2, Some("{\"n\":0}")), (9, Some("{\"n\":8}")), (0, None)]
        {
            let was = store.object_at(&realm, "role", "a", revision).await.unwrap();
            assert_eq!(was.as_ref().map(Body::get), n, "at {revision}");
        }
    });
}

#[test]
fn the_bell_rings_for_whoever_follows() {
    on_both(async |store| {
        // A listener that is not connected yet hears the first ring when it is.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let bell = store.bell();
        let rung = bell.notified();
        append(&*store, &tenant("t"), 0, vec![change("x", &[("role", "a", Some(json!(1)))])])
            .await
            .unwrap();
        tokio::time::timeout(Duration::from_secs(2), rung).await.unwrap();
    });
}

#[test]
fn a_log_that_was_tampered_with_is_found_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("permesso.db");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let realm = tenant("t");
    let write = async || {
        let store = Sqlite::open(&file).await.unwrap();
        let changes = (0..3_u8).map(|n| {
            let role = change("x", &[("role", &format!("r{n}"), Some(json!(n)))]);
            let user = json!({"id": "u", "roles": [format!("r{n}")]});
            [role, change("y", &[("user", "u", Some(user))])]
        });
        append(&store, &realm, 0, changes.flatten().collect()).await.unwrap();
        store.close().await;
    };
    let tampered = |statement: &str| {
        runtime.block_on(async {
            let _ = std::fs::remove_file(&file);
            write().await;
            let sql = format!("DROP TRIGGER log_keeps; DROP TRIGGER log_stays; {statement};");
            let edited = Command::new("sqlite3").arg(&file).arg(&sql).output();
            if edited.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound) {
                return None;
            }
            assert!(edited.unwrap().status.success(), "{statement}");
            let store = Sqlite::open(&file).await.unwrap();
            let verified = verify(&store, &realm, |_| {}).await;
            store.close().await;
            Some(verified.map_err(|error| error.to_string()))
        })
    };
    let Some(untouched) = tampered("SELECT 1") else {
        assert!(
            std::env::var("PERMESSO_REQUIRE_TOOLS").is_err(),
            "no `sqlite3` to tamper with; install Debian's `sqlite3`"
        );
        return;
    };
    assert_eq!(untouched.unwrap().documents, 4);
    for (statement, says) in [
        ("UPDATE log SET actor = 'key:b' WHERE revision = 3", "revision 3"),
        ("UPDATE log SET content = replace(content, 'r1', 'r2') WHERE revision = 4", "revision 4"),
        ("DELETE FROM log WHERE revision = 2", "revision 2"),
        ("DELETE FROM log WHERE revision = 6", "revision 6"),
        ("UPDATE head SET hash = zeroblob(32)", "revision 6"),
        ("UPDATE object SET body = '9' WHERE id = 'r0'", "the role `r0` is not what"),
        ("DELETE FROM object WHERE kind = 'user'", "the user `u` is missing"),
        ("INSERT INTO object VALUES ('t', 'user', 'mallory', '{}', 1)", "`mallory` is not what"),
    ] {
        let found = tampered(statement).unwrap().unwrap_err();
        assert!(found.contains(says), "{statement}: {found}");
    }
}

#[tokio::test]
async fn the_file_is_nobody_elses_to_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("permesso.db");
    let store = open(&Location::Sqlite(path)).await.unwrap();
    append(&*store, &tenant("t"), 0, vec![change("x", &[("role", "a", Some(json!(1)))])])
        .await
        .unwrap();
    let mut files = 0;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let mode = entry.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0);
        files += 1;
    }
    assert!(files > 1, "the journal is beside it");
}

#[test]
fn names_that_cannot_be_are_refused_before_anything_is_written() {
    on_both(async |store| {
        let realm = tenant("t");
        for id in ["", "a\0b", "line\nbreak"] {
            let wrong = change("x", &[("role", id, Some(json!(1)))]);
            assert!(matches!(
                append(&*store, &realm, 0, vec![wrong]).await,
                Err(StoreError::Name(_))
            ));
        }
        let twice = change("x", &[("role", "a", Some(json!(1))), ("role", "a", None)]);
        assert!(matches!(
            append(&*store, &realm, 0, vec![twice]).await,
            Err(StoreError::Twice { .. })
        ));
        assert!(store.heads().await.unwrap().is_empty());
        let odd =
            change("x", &[("role", "a'\"; DROP TABLE log; --", Some(json!("\0 \u{2028} 'x'")))]);
        append(&*store, &realm, 0, vec![odd]).await.unwrap();
        verify(&*store, &realm, |_| {}).await.unwrap();
    });
}

#[test]
fn one_question_tells_which_logs_have_moved_also_while_somebody_writes_for_long() {
    on_both(async |store| {
        append(&*store, &tenant("old"), 0, vec![change("a", &[("role", "a", Some(json!(1)))])])
            .await
            .unwrap();
        let moved = async |since| {
            let moved = store.moved(since).await.unwrap();
            let names: Vec<String> =
                moved.heads.iter().map(|head| head.realm.to_string()).collect();
            (names, moved.mark)
        };
        let (none, mut mark) = moved(None).await;
        assert!(none.is_empty());
        // Begun before the other one, and ended after it where the store lets both write.
        let slow = {
            let store = Arc::clone(&store);
            tokio::spawn(async move {
                let mut records = (0..2).map(|n| {
                    std::thread::sleep(Duration::from_millis(n * 400));
                    change("a", &[("role", "a", Some(json!(n)))])
                });
                let (realm, stamp) = (tenant("slow"), stamp(5));
                let batch = Append { realm, expected: 0, stamp, changes: &mut records };
                store.append(vec![batch], None).await.unwrap();
            })
        };
        tokio::time::sleep(Duration::from_millis(100)).await;
        append(&*store, &tenant("quick"), 0, vec![change("a", &[("role", "a", Some(json!(1)))])])
            .await
            .unwrap();
        let mut seen = Vec::new();
        let (names, then) = moved(Some(mark)).await;
        assert!(names.contains(&"quick".to_owned()), "{names:?}");
        seen.extend(names);
        mark = then;
        slow.await.unwrap();
        let (names, then) = moved(Some(mark)).await;
        seen.extend(names);
        assert!(seen.contains(&"slow".to_owned()), "{seen:?}");
        mark = then;
        // Others write to other databases of the server, which may let a log come twice.
        for _ in 0..200 {
            let (names, then) = moved(Some(mark)).await;
            mark = then;
            if names.is_empty() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("what did not move comes again and again");
    });
}

#[test]
fn tenants_are_listed_and_keys_are_found_whoevers_they_are() {
    on_both(async |store| {
        let made = |product: &str| {
            vec![change(
                "tenant.create",
                &[
                    ("settings", "tenant", Some(json!({"product": product}))),
                    ("catalog", "product", Some(json!({"version": "1", "digest": "d"}))),
                    ("key", product, Some(json!({}))),
                ],
            )]
        };
        assert!(!store.has_keys().await.unwrap());
        for name in ["b", "a", "c"] {
            append(&*store, &tenant(name), 0, made(name)).await.unwrap();
        }
        append(
            &*store,
            &Realm::platform(),
            0,
            vec![change("a", &[("product", "p", Some(json!(1)))])],
        )
        .await
        .unwrap();
        let gone = [("settings", "tenant", None), ("catalog", "product", None), ("key", "c", None)];
        append(&*store, &tenant("c"), 1, vec![change("tenant.delete", &gone)]).await.unwrap();
        let listed = store.tenants("", 10).await.unwrap();
        let names: Vec<String> = listed.iter().map(|it| it.head.realm.to_string()).collect();
        assert_eq!(names, ["a", "b"]);
        assert_eq!(listed[0].settings.body.get(), r#"{"product":"a"}"#);
        assert_eq!(store.tenants("a", 10).await.unwrap().len(), 1);
        assert_eq!(store.tenants("", 1).await.unwrap().len(), 1);
        assert!(store.has_keys().await.unwrap());
        assert_eq!(store.realms_of_key("b").await.unwrap(), [tenant("b")]);
        assert!(store.realms_of_key("c").await.unwrap().is_empty());
    });
}

#[test]
fn users_are_found_by_how_their_ids_look() {
    on_both(async |store| {
        let realm = tenant("t");
        let user = |id: &str| change("user.invite", &[("user", id, Some(json!({"id": id})))]);
        let ids = ["Ann.Lee@x.com", "bob", "ju\u{308}rgen", "ｅｖｅ"];
        append(&*store, &realm, 0, ids.map(user).to_vec()).await.unwrap();
        let twins = async |looks: &[&str]| {
            let looks = looks.iter().map(|looks| [*looks]).collect();
            let mut found = store.twins(&realm, &looks).await.unwrap();
            found.sort();
            found.into_iter().map(|(_, id)| id).collect::<Vec<_>>()
        };
        assert_eq!(twins(&["ann.lee@x.com"]).await, ["Ann.Lee@x.com"]);
        assert_eq!(twins(&["bob", "eve", "jürgen"]).await, ["bob", "ｅｖｅ", "ju\u{308}rgen"]);
        assert!(twins(&["Ann.Lee@x.com x", "ann"]).await.is_empty());
        let usage = store.directory(&realm, &[], &[(Facet::Folded, "eve".to_owned())]).await;
        let counted = usage.unwrap().usage;
        assert!(counted.values().all(|usage| usage.listed == 0), "nobody is counted by that");

        // Who is written anew stays found, and who is gone does not.
        let again = json!({"id": "Ann.Lee@x.com", "roles": ["a"]});
        let again = change("user.update", &[("user", "Ann.Lee@x.com", Some(again))]);
        let gone = change("user.purge", &[("user", "ｅｖｅ", None)]);
        append(&*store, &realm, 4, vec![again, gone]).await.unwrap();
        assert_eq!(twins(&["ann.lee@x.com", "eve"]).await, ["Ann.Lee@x.com"]);
    });
}
