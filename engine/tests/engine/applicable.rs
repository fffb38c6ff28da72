//! "Nothing grants it" and "what grants it does not apply here, because" are different answers.

use crate::common::{both, build, outcome, request};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::model::{Attributes, Value};

const CATALOG: &str = "
product: papers
version: 1.0.0
relations: [author]
own_means: [author]
attributes: {resource.amount: integer}
categories:
  - id: all
    permissions: [{id: read}, {id: pay, implies: [{permission: list}]}, {id: list}, {id: sign, delegable: true}]
";

const TENANT: &str = "
tenant: acme
product: papers
teams: [sales, support]
roles:
  - {id: seller, grants: [{permission: read, scope: all, teams: [sales]}]}
  - {id: early, grants: [{permission: read, scope: all, valid_from: 1970-01-01T00:00:02Z}]}
  - {id: late, grants: [{permission: read, scope: all, valid_until: 1970-01-01T00:00:00.500Z}]}
  - {id: small, grants: [{permission: read, scope: all, condition: resource.amount < 50}]}
  - {id: small_seller, grants: [{permission: read, scope: all, teams: [sales], condition: resource.amount < 50}]}
  - {id: payer, adjustable: [all], grants: [{permission: pay, scope: all}]}
  - {id: own_payer, adjustable: [all], grants: [{permission: pay, scope: own}]}
  - {id: reader, grants: [{permission: read, scope: all}]}
  - {id: signer, grants: [{permission: sign, scope: all, teams: [sales]}]}
policies:
  - {id: of_sales, grants: [{permission: read, scope: all, teams: [sales]}]}
";

const PEOPLE: &str = "
users:
  - {id: nobody}
  - {id: lister, roles: [payer]}
  - {id: seller, roles: [seller]}
  - {id: early, roles: [early]}
  - {id: late, roles: [late]}
  - {id: small, roles: [small]}
  - {id: small_seller, roles: [small_seller]}
  - {id: by_policy, policies: [of_sales]}
  - {id: by_name, grants: [{permission: read, scope: all, teams: [sales]}]}
  - {id: assigned, roles: [{role: reader, teams: [sales]}]}
  - {id: assigned_late, roles: [{role: reader, valid_until: 1970-01-01T00:00:00.500Z}]}
  - {id: assigned_small, roles: [{role: reader, condition: resource.amount < 50}]}
  - {id: assigned_twice, roles: [{role: small, teams: [sales]}]}
  - {id: unticked, roles: [payer], rights: {remove: [pay]}}
  - {id: unticked_own, roles: [own_payer], rights: {remove: [pay]}}
  - {id: nearest, roles: [early, seller, small]}
  - {id: signer, roles: [signer]}
  - {id: deputy}
  - {id: late_deputy}
delegations:
  - {from: signer, to: deputy, permissions: [sign]}
  - {from: signer, to: late_deputy, permissions: [sign], valid_until: 1970-01-01T00:00:00.500Z}
";

fn papers() -> Authorizer {
    let authorizer = Authorizer::new(10);
    authorizer.install(build(CATALOG, TENANT, PEOPLE, &FamilySet::new()).unwrap());
    authorizer
}

#[test]
fn what_does_not_apply_says_why() {
    let papers = papers();
    let team = |name: &'static str| ("team", Value::from(name));
    let amount = |amount: i64| ("amount", Value::Int(amount));
    for (user, action, about, expected) in [
        ("nobody", "read", vec![], "not-granted"),
        ("lister", "read", vec![], "not-granted"),
        ("seller", "list", vec![team("support")], "not-granted"),
        ("seller", "read", vec![team("support")], "not-applicable teams"),
        ("seller", "read", vec![team("sales")], "allow"),
        ("seller", "read", vec![], "not-applicable unknown-team"),
        ("seller", "read", vec![("team", Value::Int(1))], "not-applicable unknown-team"),
        ("early", "read", vec![], "not-applicable time"),
        ("late", "read", vec![], "not-applicable time"),
        ("small", "read", vec![amount(50)], "not-applicable condition"),
        ("small", "read", vec![], "not-applicable unknown-condition"),
        ("small_seller", "read", vec![amount(50)], "not-applicable condition"),
        ("small_seller", "read", vec![amount(10)], "not-applicable unknown-team"),
        ("small_seller", "read", vec![team("support")], "not-applicable teams"),
        ("by_policy", "read", vec![team("support")], "not-applicable teams"),
        ("by_name", "read", vec![team("support")], "not-applicable teams"),
        ("assigned", "read", vec![team("support")], "not-applicable teams"),
        ("assigned", "read", vec![], "not-applicable unknown-team"),
        ("assigned_late", "read", vec![], "not-applicable time"),
        ("assigned_small", "read", vec![amount(50)], "not-applicable condition"),
        ("assigned_small", "read", vec![], "not-applicable unknown-condition"),
        ("assigned_twice", "read", vec![team("support"), amount(10)], "not-applicable teams"),
        ("assigned_twice", "read", vec![team("sales"), amount(50)], "not-applicable condition"),
        ("assigned_twice", "read", vec![amount(50)], "not-applicable condition"),
        ("assigned_twice", "read", vec![team("sales"), amount(10)], "allow"),
        ("unticked", "pay", vec![], "not-applicable unticked"),
        // What comes along with a right goes with it.
        ("unticked", "list", vec![], "not-applicable unticked"),
        ("unticked_own", "pay", vec![], "not-applicable unticked"),
        ("deputy", "sign", vec![team("support")], "not-applicable delegation"),
        ("deputy", "sign", vec![team("sales")], "allow"),
        ("late_deputy", "sign", vec![team("sales")], "not-applicable time"),
        ("deputy", "read", vec![], "not-granted"),
        // Of several, that which is nearest to being met.
        ("nearest", "read", vec![team("support"), amount(50)], "not-applicable condition"),
        ("nearest", "read", vec![team("support")], "not-applicable unknown-condition"),
    ] {
        assert_eq!(outcome(&papers, user, action, &about), expected, "{user} {action} {about:?}");
    }
}

#[test]
fn what_does_not_apply_is_told_in_words() {
    let papers = papers();
    let attributes: Attributes<'_> = [("team", Value::from("support"))].into_iter().collect();
    let (decision, explained) = both(&papers, &request("seller", "read", &attributes));
    assert_eq!(
        decision.reason.to_string(),
        "what grants it does not apply here: it is for other teams"
    );
    let told = format!("{explained:?}");
    assert!(told.contains("what grants `read` does not apply here: it is for other teams"));
    assert!(told.contains("role `seller` grants it at scope all, but for other teams"), "{told}");
}
