//! What people write in requests: instants, names, and mistakes.

use super::support::{Server, on_both};
use serde_json::{Value, json};

on_both! {
    an_instant_is_a_date_wherever_one_is_taken,
    a_mistake_in_a_body_is_told_in_plain_words,
    a_twin_is_refused_until_it_is_said_that_they_are_two,
    a_role_that_a_condition_names_is_not_deleted,
    a_team_that_goes_elsewhere_is_followed_by_whatever_names_it,
    a_role_and_a_tag_get_other_names_and_a_preview_says_what_comes_of_it,
    a_list_where_an_object_is_wanted_is_told_as_that,
    a_key_that_is_wrong_is_told_what_it_can_be_and_not_that_it_is_no_json,
}

async fn an_instant_is_a_date_wherever_one_is_taken(server: Server) {
    let key = |ends: Value| {
        let key = json!({"label": "k", "verbs": ["read"], "roles": [], "expires_at": ends});
        server.post("/tenants/acme/keys").body(key)
    };
    for (ends, is) in [
        ("2100-12-31", "2101-01-01T00:00:00Z"),
        ("2100-12-31T18:00:00+01:00", "2100-12-31T17:00:00Z"),
    ] {
        let made = key(json!(ends)).send().await.is(201);
        assert_eq!(made.body["key"]["expires_at"], is, "{ends}");
        assert!(made.body["key"]["created_at"].as_str().unwrap().ends_with('Z'));
    }
    for number in [json!(4_133_980_800_i64), json!(4_133_980_800_000_i64), json!(1.5)] {
        let told = key(number).send().await.refused(422, "invalid").to_string();
        assert!(told.contains("is a number and no date; write a date such as"), "{told}");
    }
    let audit = |query: &str| server.get(&format!("/tenants/acme/audit{query}"));
    let all = audit("?since=2020-01-01&until=2200-01-01T00:00:00Z").send().await.is(200);
    let items = all.body["items"].as_array().unwrap();
    assert!(items[0]["at"].as_str().unwrap().ends_with('Z'), "{}", all.text);
    let none = audit("?until=2020-12-31").send().await.is(200);
    assert!(none.body["items"].as_array().unwrap().is_empty());
    for query in ["?since=1767225600", "?until=2026-12-31T18:00:00", "?since=today"] {
        audit(query).send().await.refused(400, "bad-request");
    }
}

async fn a_mistake_in_a_body_is_told_in_plain_words(server: Server) {
    let put = |body: Value| server.post("/tenants/acme/roles").body(body);
    for (body, told) in [
        (json!({"id": 5}), "the number `5` stands where a text is wanted"),
        (json!({"id": "a", "grants": {}}), "stands where a list is wanted"),
        (json!({"id": "a", "grants": [7]}), "the number `7` stands where"),
        (json!({"id": "a", "keeps_holder": "no"}), "`true` or `false` is wanted"),
        (json!({"id": "a", "lable": "b"}), "`lable` is not known here"),
        (json!({"id": "a", "grants": [{"permission": "x"}]}), "`scope` is missing"),
        (json!("a"), "the text `a` stands where an object is wanted"),
    ] {
        let refused = put(body.clone()).send().await.refused(422, "invalid").to_string();
        assert!(refused.contains(told), "{body}: {refused}");
        for library in ["invalid type", "expected", "struct", "sequence", "i64", "missing field"] {
            assert!(!refused.contains(library), "{body}: {refused}");
        }
    }
}

async fn a_twin_is_refused_until_it_is_said_that_they_are_two(server: Server) {
    let invite = |user: Value| server.post("/tenants/acme/users").body(json!({"user": user}));
    invite(json!({"id": "Kim.Lee@x.com"})).send().await.is(201);
    let refused = invite(json!({"id": "kim.lee@x.com"})).send().await.refused(422, "invalid");
    let told = refused["diagnostics"][0].to_string();
    assert!(
        told.contains("looks like `Kim.Lee@x.com`") && told.contains("distinct_from"),
        "{told}"
    );
    let said = json!({"id": "kim.lee@x.com", "distinct_from": ["Kim.Lee@x.com"]});
    invite(said).send().await.is(201);
    let unseen = invite(json!({"id": "k\u{202e}im"})).send().await.refused(422, "invalid");
    assert!(unseen.to_string().contains("U+202E"), "{unseen}");
}

async fn a_role_that_a_condition_names_is_not_deleted(server: Server) {
    let role = |id: &str, grants: Value| {
        server.post("/tenants/acme/roles").body(json!({"id": id, "grants": grants}))
    };
    role("contractor", json!([])).send().await.is(201);
    role("contractor_eu", json!([])).send().await.is(201);
    let hiding = json!([{"permission": "contacts.view", "scope": "all",
        "condition": "!has_role(\"contractor\")"}]);
    role("others", hiding).send().await.is(201);
    let delete =
        || server.delete("/tenants/acme/roles/contractor?move_to=contractor_eu").if_match("*");
    let refused = delete().send().await.refused(409, "in-use");
    assert!(refused["detail"].as_str().unwrap().contains("the role `others`"), "{refused}");
    server.delete("/tenants/acme/roles/others").if_match("*").send().await.is(200);
    delete().send().await.is(200);
}

async fn a_team_that_goes_elsewhere_is_followed_by_whatever_names_it(server: Server) {
    let team =
        |id: &str| server.post("/tenants/acme/teams").body(json!({"id": id, "document": {}}));
    for id in ["US", "US/South", "US/South/Texas", "USA", "EMEA"] {
        team(id).send().await.is(201);
    }
    let grant = json!({"permission": "contacts.view", "scope": "all", "teams": ["US/South"],
        "exact_teams": ["US/South/Texas", "USA"]});
    let role = json!({"id": "southern", "grants": [grant]});
    server.post("/tenants/acme/roles").body(role).send().await.is(201);
    let program = json!({"id": "p", "match": {"teams": ["US/South"]}});
    server.post("/tenants/acme/programs").body(program).send().await.is(201);
    let invitee = json!({"user": {"id": "bob", "teams": ["US/South/Texas"], "grants": [grant]}});
    server.post("/tenants/acme/users").body(invitee).send().await.is(201);
    let go = |from: &str, to: &str| {
        let path = format!("/tenants/acme/teams/{}/move", from.replace('/', "%2F"));
        server.post(&path).body(json!({"to": to}))
    };
    go("US/South", "US/South/Texas/South").send().await.refused(409, "in-use");
    go("US/South", "EMEA").send().await.refused(409, "exists");
    go("US/South", "APAC/South").send().await.refused(404, "not-found");
    go("US/North", "EMEA/North").send().await.refused(404, "not-found");

    // A condition is nothing that is rewritten.
    let condition = json!([{"permission": "contacts.view", "scope": "all",
        "condition": "in_team(\"US/South\")"}]);
    let naming = json!({"id": "naming", "grants": condition});
    server.post("/tenants/acme/roles").body(naming).send().await.is(201);
    let refused = go("US/South", "EMEA/South").send().await.refused(409, "in-use");
    assert!(refused["detail"].as_str().unwrap().contains("the role `naming`"), "{refused}");
    server.delete("/tenants/acme/roles/naming").if_match("*").send().await.is(200);

    let moved = go("US/South", "EMEA/South").send().await.is(200);
    assert_eq!(moved.body["users"], 1);
    let wanted = json!({"teams": ["EMEA/South"], "exact_teams": ["EMEA/South/Texas", "USA"]});
    let read = async |path: &str| server.get(path).send().await.is(200).body["document"].clone();
    for path in ["/tenants/acme/roles/southern", "/tenants/acme/users/bob"] {
        let grant = &read(path).await["grants"][0];
        for member in ["teams", "exact_teams"] {
            assert_eq!(grant[member], wanted[member], "{path}");
        }
    }
    assert_eq!(read("/tenants/acme/users/bob").await["teams"], json!(["EMEA/South/Texas"]));
    assert_eq!(read("/tenants/acme/programs/p").await["match"]["teams"], json!(["EMEA/South"]));
    server.get("/tenants/acme/teams/US%2FSouth").send().await.refused(404, "not-found");
    server.get("/tenants/acme/teams/EMEA%2FSouth%2FTexas").send().await.is(200);
}

async fn a_role_and_a_tag_get_other_names_and_a_preview_says_what_comes_of_it(server: Server) {
    let roles = "/tenants/acme/roles";
    for id in ["night", "day"] {
        let grants = json!([{"permission": "conversations.view_list", "scope": "all"}]);
        server.post(roles).body(json!({"id": id, "grants": grants})).send().await.is(201);
    }
    server.user("acme", "bob", &["night"]).await;
    let rename = |query: &str, to: &str| {
        server.post(&format!("{roles}/night/rename{query}")).body(json!({"to": to}))
    };
    rename("", "day").send().await.refused(409, "exists");
    let tried = rename("?dry_run=true", "late").send().await.is(200);
    assert_eq!(tried.body["impact"]["totals"]["losing"], 0, "{}", tried.text);
    let done = rename("", "late").send().await.is(200);
    assert_eq!(done.body["users"], 1);
    let bob = server.get("/tenants/acme/users/bob").send().await.is(200);
    assert_eq!(bob.body["document"]["roles"], json!(["late"]));
    server.get(&format!("{roles}/night")).send().await.refused(404, "not-found");
    rename("", "later").send().await.refused(404, "not-found");

    let tenant = server.get("/tenants/acme").send().await.is(200);
    let mut settings = tenant.body["document"].clone();
    settings["tags"] = json!(["vip", {"id": "night", "title": "At night"}]);
    let put = server.put("/tenants/acme").if_match(&tenant.etag()).body(settings);
    put.send().await.is(200);
    let rename = |id: &str, to: &str| {
        server.post(&format!("/tenants/acme/tags/{id}/rename")).body(json!({"to": to}))
    };
    rename("nihgt", "late").send().await.refused(422, "invalid");
    rename("vip", "night").send().await.refused(422, "invalid");
    rename("night", "late").send().await.is(200);
    let tenant = server.get("/tenants/acme").send().await.is(200);
    assert_eq!(
        tenant.body["document"]["tags"],
        json!(["vip", {"id": "late", "title": "At night"}])
    );
}

async fn a_key_that_is_wrong_is_told_what_it_can_be_and_not_that_it_is_no_json(server: Server) {
    let key = |tenants: Value, verbs: Value| {
        server.post("/keys").body(json!({"label": "k", "tenants": tenants, "verbs": verbs}))
    };
    for (tenants, verbs, told) in [
        (json!(7), json!(["read"]), "for all tenants or a list of ids"),
        (json!({"all": true}), json!(["read"]), "for all tenants or a list of ids"),
        (json!("acme"), json!(["read"]), "write one of them"),
        (json!(["acme", "*"]), json!(["read"]), "write one of them"),
        (json!(["acme"]), json!([7]), "one of `decide`, `read`, `write`, `platform` is wanted"),
        (json!(["acme"]), json!(["raed"]), "did you mean `read`?"),
    ] {
        let refused = key(tenants, verbs).send().await.refused(422, "invalid").to_string();
        assert!(refused.contains(told), "{refused}");
        for library in ["untagged", "variant", "no JSON", "expected"] {
            assert!(!refused.contains(library), "{refused}");
        }
    }
}

async fn a_list_where_an_object_is_wanted_is_told_as_that(server: Server) {
    for body in
        [json!([]), json!({"id": "a", "grants": [["conversations.view_list", null, "all"]]})]
    {
        let refused = server.post("/tenants/acme/roles").body(body).send().await;
        let told = refused.refused(422, "invalid").to_string();
        assert!(told.contains("a list stands where an object is wanted"), "{told}");
    }
}
