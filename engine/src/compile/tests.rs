//! An edit compiled upon the tenant before it comes to what compiling all of it comes to.

use super::{Compiled, Definition, PeopleFrom, catalog, compile};
use crate::family::FamilySet;
use crate::fast::Map;
use crate::load::{self, Source};
use crate::model::{Access, Grant, Item, Matchers, Policy, Program, Role, Scope, Tenant};
use crate::snapshot::{CompiledCatalog, PermissionId, Snapshot};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const CATALOG: &str = "
product: bakery
version: 1.0.0
relations: [owner]
own_means: [owner]
attributes: {resource.weight: integer, resource.kind_of: text, resource.day: text}
plans: {small: {entitlements: []}, large: {entitlements: [delivery]}}
resource_kinds: {bread: {exclusive: [view, edit]}}
categories:
  - id: oven
    permissions:
      - {id: bread.bake, implies: [{permission: bread.see}]}
      - {id: bread.see, exclusive: view}
      - {id: bread.sell, requires: [bread.see]}
      - {id: bread.deliver, entitlement: delivery}
standard_roles:
  - {id: baker, editable: true, adjustable: [oven], reach: own, grants: [{permission: bread.bake, scope: own}]}
  - {id: seller, parents: [r0], grants: [{permission: bread.sell, scope: all}]}
";

const PERMISSIONS: [&str; 4] = ["bread.bake", "bread.see", "bread.sell", "bread.deliver"];
const CONDITIONS: [&str; 3] =
    ["resource.weight > 5", "resource.kind_of == \"rye\"", "resource.day == \"sunday\""];

/// One edit: what of the tenant it is about, and by what it is replaced.
#[derive(Debug, Clone)]
enum Edit {
    Role(usize, Vec<(usize, usize)>, Vec<usize>, Vec<usize>),
    NoRole(usize),
    Baker(Option<Vec<(usize, usize)>>),
    Policy(usize, Vec<(usize, usize)>),
    Program(usize, usize, usize),
    Plan(bool),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let grants = || prop::collection::vec((0..4_usize, 0..6_usize), 0..4);
    let some = |of: usize| prop::collection::vec(0..of, 0..2);
    let edit = prop_oneof![
        4 => (0..5_usize, grants(), some(3), some(2)).prop_map(|(r, g, p, q)| Edit::Role(r, g, p, q)),
        1 => (3..5_usize).prop_map(Edit::NoRole),
        1 => prop::option::of(grants()).prop_map(Edit::Baker),
        2 => (0..2_usize, grants()).prop_map(|(p, g)| Edit::Policy(p, g)),
        1 => (0..2_usize, 0..4_usize, 0..4_usize).prop_map(|(p, i, c)| Edit::Program(p, i, c)),
        1 => any::<bool>().prop_map(Edit::Plan),
    ];
    prop::collection::vec(edit, 1..12)
}

fn grants(drawn: &[(usize, usize)]) -> Vec<Grant> {
    let grant = |(permission, limit): &(usize, usize)| Grant {
        permission: Some(PERMISSIONS[*permission].into()),
        scope: if limit % 2 == 0 { Scope::ALL } else { Scope::OWN },
        condition: CONDITIONS.get(*limit).map(|text| (*text).into()),
        ..Grant::default()
    };
    drawn.iter().map(grant).collect()
}

/// Puts a document in the place of the one of its id, in the order of the ids.
fn put<T>(list: &mut Vec<Arc<T>>, new: T, id: impl Fn(&T) -> &str) {
    match list.binary_search_by(|one| id(one).cmp(id(&new))) {
        Ok(at) => list[at] = Arc::new(new),
        Err(at) => list.insert(at, Arc::new(new)),
    }
}

fn apply(tenant: &mut Tenant, edit: &Edit) {
    match edit {
        Edit::Role(number, drawn, parents, policies) => {
            let role = Role {
                id: format!("r{number}").into(),
                // Parents have lower numbers, so nobody is their own.
                parents: parents
                    .iter()
                    .filter(|p| *p < number)
                    .map(|p| format!("r{p}").into())
                    .collect(),
                policies: policies.iter().map(|p| format!("p{p}").into()).collect(),
                grants: grants(drawn),
                ..Role::default()
            };
            put(&mut tenant.roles, role, |role| &role.id);
        }
        Edit::NoRole(number) => tenant.roles.retain(|role| *role.id != *format!("r{number}")),
        Edit::Baker(None) => tenant.roles.retain(|role| &*role.id != "baker"),
        Edit::Baker(Some(drawn)) => {
            let role = Role { id: "baker".into(), grants: grants(drawn), ..Role::default() };
            put(&mut tenant.roles, role, |role| &role.id);
        }
        Edit::Policy(number, drawn) => {
            let id = format!("p{number}").into();
            let policy = Policy { id, grants: grants(drawn), ..Policy::default() };
            put(&mut tenant.policies, policy, |policy| &policy.id);
        }
        Edit::Program(number, item, condition) => {
            let program = Program {
                id: format!("x{number}").into(),
                matchers: Matchers {
                    roles: vec!["r0".into()],
                    condition: CONDITIONS.get(*condition).map(|text| (*text).into()),
                    ..Matchers::default()
                },
                gives: vec![Item {
                    kind: "bread".into(),
                    id: format!("b{item}").into(),
                    access: if item % 2 == 0 { Access::View } else { Access::Edit },
                }],
                ..Program::default()
            };
            put(&mut tenant.programs, program, |program| &program.id);
        }
        Edit::Plan(large) => {
            tenant.plan = Some(if *large { "large" } else { "small" }.into());
        }
    }
}

fn compiled(
    catalog: &Arc<CompiledCatalog>,
    tenant: &Arc<Source<Tenant>>,
    before: Option<&Compiled>,
) -> Compiled {
    compile(&Definition {
        catalog,
        tenant,
        people: PeopleFrom::Directory(&Source::default()),
        families: &FamilySet::new(),
        revision: 1,
        lenient: false,
        before,
    })
    .unwrap_or_else(|faults| panic!("{faults}"))
}

/// All that a snapshot says, in an order of its own.
fn said(snapshot: &Snapshot) -> Vec<String> {
    let mut said: Vec<String> =
        snapshot.permissions.iter().map(|rule| format!("{rule:?}")).collect();
    said.extend(snapshot.roles.iter().map(|role| format!("{role:?}")));
    said.extend(snapshot.policies.iter().map(|policy| format!("{policy:?}")));
    said.extend(snapshot.programs.iter().map(|program| format!("{program:?}")));
    let ids = |map: &Map<u32>| {
        map.iter().map(|(id, at)| (id.to_string(), *at)).collect::<BTreeMap<_, _>>()
    };
    said.push(format!("{:?} {:?}", ids(&snapshot.role_ids), ids(&snapshot.policy_ids)));
    for kind in snapshot.kinds.values() {
        let items: BTreeMap<_, _> =
            kind.items.iter().map(|(id, item)| (id.to_string(), format!("{item:?}"))).collect();
        said.push(format!("{} {} {} {items:?}", kind.name, kind.view, kind.edit));
    }
    for id in 0..4 {
        let reads = snapshot.grant_reads.of(PermissionId(id));
        let mut reads: Vec<String> = reads.map(ToString::to_string).collect();
        reads.sort();
        said.push(reads.join(" "));
    }
    said
}

proptest! {
    #[test]
    fn an_edit_upon_what_was_compiled_comes_to_what_compiling_everything_comes_to(
        edits in edits(),
    ) {
        let catalog = catalog(load::catalog("product.yaml", CATALOG).unwrap());
        let mut tenant = Tenant {
            tenant: "corner".into(),
            product: "bakery".into(),
            plan: Some("small".into()),
            ..Tenant::default()
        };
        // What roles refer to has to be there.
        for number in 0..3 {
            apply(&mut tenant, &Edit::Role(number, Vec::new(), Vec::new(), Vec::new()));
        }
        (0..2).for_each(|number| apply(&mut tenant, &Edit::Policy(number, Vec::new())));
        let mut source = Arc::new(Source::new("tenant", tenant));
        let mut upon = compiled(&catalog, &source, None);
        for edit in &edits {
            let mut next = Source::clone(&source);
            apply(&mut next.value, edit);
            let next = Arc::new(next);
            let after = compiled(&catalog, &next, Some(&upon));
            let alone = compiled(&catalog, &next, None);
            prop_assert_eq!(said(&after.snapshot), said(&alone.snapshot), "{:?}", edit);
            (source, upon) = (next, after);
        }
    }

    #[test]
    fn an_edit_of_one_role_takes_over_every_other(which in 0..40_usize) {
        let catalog = catalog(load::catalog("product.yaml", CATALOG).unwrap());
        let mut tenant =
            Tenant { tenant: "corner".into(), product: "bakery".into(), ..Tenant::default() };
        for number in 0..40 {
            apply(&mut tenant, &Edit::Role(number, vec![(number % 4, number % 6)], vec![], vec![]));
        }
        let source = Arc::new(Source::new("tenant", tenant));
        let before = compiled(&catalog, &source, None);
        let mut next = Source::clone(&source);
        apply(&mut next.value, &Edit::Role(which, vec![(0, 5)], vec![], vec![]));
        let after = compiled(&catalog, &Arc::new(next), Some(&before));
        let pairs = before.snapshot.roles.iter().zip(&after.snapshot.roles);
        let made = pairs.filter(|(was, is)| !Arc::ptr_eq(was, is)).count();
        // Those below `r0` are made anew with it.
        prop_assert!(made == 1 || which == 0 && made == 2, "{} roles were compiled", made);
    }
}
