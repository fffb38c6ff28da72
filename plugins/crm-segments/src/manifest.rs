//! What the family is asked about, reads and answers with.

use permesso_sdk::Attribute;

permesso_sdk::names! {
    /// What the family can be asked about.
    pub enum Permission {
        ViewContact = "content.view_contact",
        EditContact = "content.edit_contact",
        ViewPeers = "content.view_peers",
        ViewOccurrence = "timeline.view_occurrence",
        ViewBody = "timeline.view_body",
        TakeUnassigned = "assignment.take_unassigned",
        Reassign = "assignment.reassign",
        CustomizeBusiness = "customize.business",
        CustomizeSteps = "customize.steps",
        CustomizeKeepInTouch = "customize.keep_in_touch",
        CustomizeIndependent = "customize.independent",
        ReceiveTeamCustomization = "customize.receive_team",
        CustomizeTeam = "customize.team",
        ShareCustomization = "customize.share",
        SaveTeamLibrary = "templates.save_team_library",
        ViewStaging = "templates.view_staging",
        ViewTeamLibrary = "templates.view_team_library",
        ViewMyLibrary = "templates.view_my_library",
        ViewExclusive = "eap.view",
        EditExclusiveLibrary = "eap.edit_library",
        SendOnBehalf = "delegate.send_on_behalf",
        ExportContacts = "delegate.export_contacts",
        AccessAccount = "delegate.access_account",
        ReadSubset = "delegate.read_subset",
        ReadEverything = "delegate.read_everything",
        AppointDelegate = "delegate.appoint",
    }
}

permesso_sdk::names! {
    /// The resource kinds that the rules tell apart.
    pub enum Kind {
        /// Its id is its name.
        Audience = "audience",
        SegmentSteps = "segment_steps",
        Step = "step",
    }
}

permesso_sdk::names! {
    /// What the family can demand besides.
    pub enum Require {
        SaveTeamLibrary = "templates.save_team_library",
    }
}

permesso_sdk::inputs! {
    /// What the rules read.
    pub struct Inputs {
        me: text = "subject.id",
        /// Prerequisites included, so true means that independence is in effect.
        independent: boolean = "subject.holds.customize.independent",
        delegator: text = "delegation.from",
        delegated_audiences: texts = "delegation.audiences",
        id: text = "resource.id",
        audience: texts = "resource.audience",
        account: texts = "resource.account",
        owner: texts = "resource.owner",
        assigned_to: texts = "resource.assigned_to",
        involved: texts = "resource.involved",
        private: boolean = "resource.private",
        personal: boolean = "resource.personal",
        personal_segment: boolean = "resource.personal_segment",
        /// `any`: callers send an id, several, or the segment itself.
        segment: any = "resource.segment",
        segment_type: text = "resource.segment_type",
        /// `any`: callers send its type, or a whole postal address.
        address: any = "resource.address",
        shared: boolean = "resource.shared",
        within_broadcast_delay: boolean = "resource.within_broadcast_delay",
        /// By the sharer, for one connected account.
        account_redacted: boolean = "resource.account_redacted",
        /// By the sharer's policy.
        sharer_redacted: boolean = "resource.sharer_redacted",
        /// The same, named after the policy.
        redacted_sharing: boolean = "resource.redacted_sharing",
        service: text = "resource.service",
        channel: text = "resource.channel",
        facet: text = "resource.facet",
        mutual: boolean = "resource.mutual",
        /// `any`: a template is published or not, a customization before or after something.
        published: any = "resource.published",
        segment_visible: boolean = "resource.segment_visible",
        strict_state: boolean = "config.strict-state",
    }
}

permesso_sdk::reasons! {
    /// Why not.
    pub enum Reason {
        PrivateRecord = "private-record" =>
            "This is private or personal, so only its owner sees it.",
        PersonalNotShared = "personal-not-shared" =>
            "What is private or personal is never shared with the team.",
        NotShared = "not-shared" => "This has not been shared with the team.",
        BroadcastDelay = "broadcast-delay" =>
            "The team sees this activity only after its broadcast delay.",
        AccountRedacted = "account-redacted" =>
            "The owner of the connected account hides subject and body from everyone else.",
        SharerRedacted = "sharer-redacted" =>
            "Whoever shares this activity hides its subject and body.",
        PhoneRedacted = "phone-redacted" =>
            "Subject and body of calls and texts are hidden unless their owner opens them.",
        BeyondPeers = "beyond-peers" =>
            "Of a colleague's contact you see only the kind and the date of the last activity.",
        NotMutual = "not-mutual" => "You and your colleague do not share this contact.",
        AlreadyAssigned = "already-assigned" =>
            "This contact is assigned to someone; a manager can re-assign it.",
        AssignmentUnknown = "assignment-unknown" =>
            "It is not known whether this contact is assigned to someone.",
        Independent = "independent" =>
            "You manage your own customizations, so those of the team no longer reach you.",
        SegmentHidden = "segment-hidden" =>
            "These steps belong to a segment that you do not see.",
        NoDelegation = "no-delegation" => "Nobody has delegated this account to you.",
        OtherAccount = "other-account" =>
            "You act for someone else than the owner of this account.",
        AudienceNotNamed = "audience-not-named" =>
            "Your delegation does not name this audience.",
        UnknownState = "unknown-state" =>
            "The state of this record is not known, and your team wants it known.",
    }
}

permesso_sdk::obligations! {
    /// What callers do when they let someone pass.
    pub enum Duty {
        /// Withhold these.
        Redact = "redact" => ["subject", "body"],
        /// Show no more than these.
        LimitFields = "limit-fields" => ["kind", "date"],
    }
}

impl Inputs<'_> {
    /// The value of a state, `None` if the caller did not give one and so asks about the right
    /// itself. A tenant can insist that it is given.
    pub(crate) fn state<T>(self, state: Attribute<T>) -> Result<Option<T>, Reason> {
        match state.value() {
            None if self.strict_state().is(true) => Err(Reason::UnknownState),
            value => Ok(value),
        }
    }
}
