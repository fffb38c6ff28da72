//! Which records may somebody see? The rules of `view`, once for all records.

use crate::{Answer, Attribute, DataResidency, Duty, Inputs, Kind, Permission, Reason, allows};
use permesso_sdk::{Condition, Literal, Open, Plan};

type PlanQuestion<'q> = permesso_sdk::PlanQuestion<'q, DataResidency>;

/// The plan for seeing records of which region and embargo differ. Whatever else is asked is
/// asked record by record.
pub(crate) fn plan(question: &PlanQuestion<'_>) -> Option<Plan<DataResidency>> {
    if question.permission() != Permission::View {
        return None;
    }
    let (region, embargo) =
        (question.open("resource.region")?, question.open("resource.embargo_until")?);
    let mut plan = Plan::new();
    let mut abroad = Condition::constant(false);
    if question.kind() != Some(Kind::Aggregate) {
        let regions = Regions::of(question.inputs(), region);
        plan = plan
            .case((!region.is_given()).or(region.is("")), Answer::forbid(Reason::UnknownRegion))
            .case(
                region.is_null().and(Condition::constant(!regions.unpinned_open)),
                Answer::forbid(Reason::Unpinned),
            )
            .case(
                !Condition::any([region.is_null(), regions.home.clone(), regions.abroad.clone()]),
                Answer::forbid(Reason::OutsideRegion),
            );
        abroad = regions.abroad.and(!regions.home);
    }
    let ended = match question.inputs().now() {
        Attribute::Present(now) => embargo.is_at_most(Literal::instant(now)),
        Attribute::Absent | Attribute::Null => Condition::constant(false),
    };
    Some(
        plan.case(!embargo.is_given(), Answer::forbid(Reason::UnknownEmbargo))
            .case(!embargo.is_null().or(ended), Answer::forbid(Reason::Embargo))
            .case(abroad, Answer::abstain().oblige(Duty::MaskIdentifiers)),
    )
}

/// Where records are seen from.
struct Regions {
    home: Condition,
    abroad: Condition,
    unpinned_open: bool,
}

impl Regions {
    fn of(inputs: Inputs<'_>, region: Open) -> Self {
        let mine = || inputs.regions().texts();
        let rows = inputs.allowed().value().into_iter().flat_map(permesso_sdk::Table::iter);
        let seen = rows.filter(|(of, _)| mine().any(|mine| allows(inputs, of, mine)));
        Self {
            home: Condition::any(mine().map(|mine| region.is(mine))),
            abroad: Condition::any(seen.map(|(of, _)| region.is(of))),
            unpinned_open: inputs.unpinned_open().is(true),
        }
    }
}
