//! Acting for another account: only towards the audiences that the delegation names, however
//! much else it gives.

use crate::{Kind, Question, Reason};
use permesso_sdk::{Attribute, forbid_if};

/// Sending for someone, or taking the contacts out.
pub(crate) fn on_behalf(question: &Question<'_>) -> Result<(), Reason> {
    let inputs = question.inputs();
    if inputs.account().names(inputs.me()) {
        return Ok(());
    }
    let delegator = inputs.delegator();
    forbid_if(delegator.value().is_none(), Reason::NoDelegation)?;
    let is_known = inputs.account().value().is_some();
    forbid_if(is_known && !inputs.account().names(delegator), Reason::OtherAccount)?;
    // An audience is the resource itself, or the resource says for whom it is. Both count.
    let itself = match question.kind() {
        Some(Kind::Audience) => inputs.id(),
        _ => Attribute::Absent,
    };
    let is_named = |audience| inputs.delegated_audiences().names(Attribute::Present(audience));
    let (mut some, mut all) = (false, true);
    for audience in itself.value().into_iter().chain(inputs.audience().texts()) {
        some = true;
        all &= is_named(audience);
    }
    forbid_if(!(some && all), Reason::AudienceNotNamed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, CrmSegments, Permission};
    use permesso_sdk::testing::{Ask, ask};

    const BOTH: [Permission; 2] = [Permission::SendOnBehalf, Permission::ExportContacts];

    /// Ann may act for Bob towards clients and partners.
    fn by_ann(permission: Permission) -> Ask<CrmSegments> {
        ask(permission)
            .with("subject.id", "ann")
            .with("delegation.from", "bob")
            .with("delegation.audiences", ["clients", "partners"])
            .with("resource.account", "bob")
    }

    #[test]
    fn a_delegate_reaches_the_audiences_that_are_named() {
        for permission in BOTH {
            let clients = by_ann(permission).kind(Kind::Audience).with("resource.id", "clients");
            assert_eq!(clients.answer(), Answer::abstain());
            let mail = by_ann(permission).with("resource.audience", ["partners", "clients"]);
            assert_eq!(mail.answer(), Answer::abstain());
        }
    }

    #[test]
    fn a_delegate_reaches_no_other_audience() {
        let refused = Answer::forbid(Reason::AudienceNotNamed);
        for permission in BOTH {
            let question = by_ann(permission);
            for other in [
                question.clone().kind(Kind::Audience).with("resource.id", "family"),
                question.clone().kind(Kind::Audience).with("resource.id", "Clients"),
                question.clone().with("resource.audience", "family"),
                question.clone().with("resource.audience", ["clients", "family"]),
                question
                    .kind(Kind::Audience)
                    .with("resource.id", "clients")
                    .with("resource.audience", "family"),
            ] {
                assert_eq!(other.answer(), refused, "{other:?}");
            }
        }
    }

    #[test]
    fn an_audience_that_is_not_given_is_not_named() {
        let refused = Answer::forbid(Reason::AudienceNotNamed);
        for permission in BOTH {
            let question = by_ann(permission);
            for unknown in [
                question.clone(),
                question.clone().kind(Kind::Audience),
                question.clone().with("resource.audience", []),
                question.clone().null("resource.audience"),
                question.clone().with("resource.id", "clients"),
                question.clone().with("resource.audience", "").with("delegation.audiences", [""]),
                question.clone().with("resource.audience", "clients").null("delegation.audiences"),
            ] {
                assert_eq!(unknown.answer(), refused, "{unknown:?}");
            }
        }
    }

    #[test]
    fn nobody_acts_for_an_account_without_its_delegation() {
        for permission in BOTH {
            let clients = ask::<CrmSegments>(permission)
                .with("subject.id", "ann")
                .with("delegation.audiences", ["clients"])
                .with("resource.audience", "clients");
            assert_eq!(clients.answer(), Answer::forbid(Reason::NoDelegation));
            let other = by_ann(permission)
                .with("resource.audience", "clients")
                .with("resource.account", "eve");
            assert_eq!(other.answer(), Answer::forbid(Reason::OtherAccount));
        }
    }

    #[test]
    fn the_own_account_has_no_limit() {
        for permission in BOTH {
            let own = ask::<CrmSegments>(permission)
                .with("subject.id", "ann")
                .with("resource.account", "ann");
            assert_eq!(own.answer(), Answer::abstain());
        }
    }
}
