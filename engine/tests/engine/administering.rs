//! A catalog that maps the administration to its own permissions, rightly and wrongly.

use permesso_engine::administration::{OPERATIONS, asked, facts, finer, operation};
use permesso_engine::compile::catalog;
use permesso_engine::load;

fn faults(mapping: &str) -> String {
    let text = format!(
        "product: desk
version: 1.0.0
resource_kinds:
  user: {{attributes: {{role: text, roles: texts, owner: boolean, count: integer}}}}
  role: {{attributes: {{name: {{type: text, required: true}}}}}}
categories:
  - id: all
    kinds: [user]
    permissions:
      - {{id: user.delete}}
      - {{id: user.odd, required: [owner]}}
      - {{id: user.bound, constraint: {{forbids: [user.delete]}}}}
      - {{id: role.make, kinds: [role]}}
administration:
  {mapping}
"
    );
    let read = match load::catalog("product.yaml", &text) {
        Ok(read) => read,
        Err(found) => return found.to_string(),
    };
    let compiled = catalog(read);
    let tenant = load::tenant("tenant.yaml", "tenant: acme\nproduct: desk\n").unwrap();
    let people = load::directory("people.yaml", "users: []\n").unwrap();
    let people = permesso_engine::compile::PeopleFrom::Directory(&people);
    permesso_engine::compile::compile(&permesso_engine::compile::Definition {
        catalog: &compiled,
        tenant: &tenant.into(),
        people,
        families: &permesso_engine::compile::FamilySet::new(),
        revision: 1,
        lenient: false,
        before: None,
    })
    .err()
    .map(|found| found.to_string())
    .unwrap_or_default()
}

#[test]
fn a_catalog_that_maps_wrongly_is_refused_with_place_and_suggestion() {
    let right = "users.delete: {permission: user.delete, kind: user, attributes: {role: role, \
                 roles: roles, owner: owner, count: peers}}";
    assert_eq!(faults(right), "");
    for (mapping, told) in [
        (
            "user.delete: {permission: user.delete, kind: user}",
            &["unknown operation `user.delete`", "did you mean `users.delete`"][..],
        ),
        (
            "users.delete: {permission: user.delte, kind: user}",
            &["unknown permission `user.delte`", "did you mean `user.delete`"],
        ),
        (
            "users.delete: {permission: permesso.users.delete, kind: user}",
            &["is what is asked where nothing is said"],
        ),
        (
            "users.delete: {permission: user.bound, kind: user}",
            &["restricts and cannot be exercised"],
        ),
        (
            "users.delete: {permission: user.delete, kind: usr}",
            &["unknown kind of resource `usr`", "did you mean `user`"],
        ),
        (
            "users.delete: {permission: user.delete, kind: role}",
            &["`user.delete` is about user, not about a role"],
        ),
        (
            "users.delete: {permission: user.delete, kind: user, attributes: {rol: role}}",
            &["a user has no attribute `rol`", "did you mean `role`"],
        ),
        (
            "users.delete: {permission: user.delete, kind: user, attributes: {role: rle}}",
            &["unknown fact `rle`", "did you mean `role`"],
        ),
        (
            "users.delete: {permission: user.delete, kind: user, attributes: {role: holders}}",
            &["unknown fact `holders`"],
        ),
        (
            "users.delete: {permission: user.delete, kind: user, attributes: {role: owner}}",
            &["`role` is", "`owner` says", "one of: "],
        ),
        (
            "roles.create: {permission: role.make, kind: role}",
            &["`role.make` has to be told `name` of a role", "label"],
        ),
        (
            "users.delete: {permission: user.odd, kind: user}",
            &["`user.odd` has to be told `owner` of a user"],
        ),
        ("users.delete: {permission: user.delete}", &["kind"]),
        ("users.delete: {permission: user.delete, kind: user, odd: 1}", &["odd"]),
    ] {
        let found = faults(mapping);
        let place = found.contains("product.yaml:");
        assert!(place && told.iter().all(|it| found.contains(it)), "{mapping}: {found}");
    }
}

#[test]
fn what_is_not_named_is_asked_as_the_coarser_operation() {
    let text = "product: desk\nversion: 1.0.0\ncategories:\n  - {id: a, permissions: [{id: a.b}]}\n\
                administration:\n  roles.create: {permission: a.b, kind: role}\n";
    let administration = load::catalog("product.yaml", text).unwrap().value.administration;
    assert_eq!(asked(&administration, "roles.duplicate").unwrap().permission.as_str(), "a.b");
    assert_eq!(asked(&administration, "roles.edit"), None);
    assert_eq!(finer("roles.create").collect::<Vec<_>>(), ["roles.duplicate"]);
    for rule in OPERATIONS {
        assert!(rule.part_of.is_none_or(|of| operation(of).is_some_and(|it| it.part_of.is_none())));
        assert!(facts(rule.about).iter().any(|fact| fact.name == "id"));
    }
}
