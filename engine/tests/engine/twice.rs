//! What is said twice says nothing, and neither does a limit of which only the name stands there.

use crate::common::{build, outcome};
use permesso_engine::Authorizer;
use permesso_engine::compile::FamilySet;
use permesso_engine::model::{Attributes, Value};

const CATALOG: &str = "
product: papers
version: 1.0.0
resource_kinds:
  doc: {attributes: {flags.secret: {type: boolean, required: true}, flags.of.x: integer}}
categories: [{id: all, kinds: [doc], permissions: [{id: read}]}]
guards: [{id: open, on: [read], require: {resource.flags.secret: {is_not: true}}, message: Secret.}]
";
const TENANT: &str = "{tenant: acme, product: papers, roles: [{id: reader, grants: [{permission: read, scope: all}]}]}";

fn map(entries: &[(&'static str, Value<'static>)]) -> Value<'static> {
    let entries: Attributes<'static> = entries.iter().cloned().collect();
    Value::Map(entries)
}

#[test]
fn what_is_sent_in_a_map_and_under_its_path_has_to_say_the_same() {
    let authorizer = Authorizer::new(10);
    let people = "users: [{id: ann, roles: [reader]}]";
    authorizer.install(build(CATALOG, TENANT, people, &FamilySet::new()).unwrap());
    let secret = |it: bool| ("flags", map(&[("secret", it.into())]));
    let dotted = |it: bool| ("flags.secret", Value::from(it));
    let twice = "ambiguous-attribute resource.flags.secret";
    let deep =
        map(&[("secret", false.into()), ("of.x", 1.into()), ("of", map(&[("x", 2.into())]))]);
    for (sent, expected) in [
        (vec![secret(false)], "allow"),
        (vec![secret(true)], "guard open"),
        (vec![dotted(false)], "allow"),
        (vec![dotted(true)], "guard open"),
        (vec![secret(true), dotted(false)], twice),
        (vec![secret(false), dotted(true)], twice),
        (vec![dotted(false), secret(true)], twice),
        (vec![secret(false), dotted(false)], "allow"),
        (vec![secret(true), ("flags.secret", Value::Null)], twice),
        (vec![("flags", deep)], "ambiguous-attribute resource.flags.of.x"),
    ] {
        assert_eq!(outcome(&authorizer, "ann", "read", &sent), expected, "{sent:?}");
    }
}

#[test]
fn a_limit_of_which_only_the_name_is_written_is_refused() {
    for limit in ["teams", "valid_from", "valid_until", "condition"] {
        for nothing in ["", " ~", " null"] {
            let people =
                format!("users:\n- id: ann\n  roles:\n  - role: reader\n    {limit}:{nothing}\n");
            let refused = build(CATALOG, TENANT, &people, &FamilySet::new());
            assert!(refused.is_err(), "{people}");
            let tenant = format!(
                "tenant: acme\nproduct: papers\nroles:\n- id: reader\n  grants:\n  - permission: read\n    \
                 scope: all\n    {limit}:{nothing}\n"
            );
            let refused = build(CATALOG, &tenant, "users: []", &FamilySet::new());
            assert!(refused.is_err(), "{tenant}");
        }
    }
}
