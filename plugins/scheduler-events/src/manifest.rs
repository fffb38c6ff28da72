//! What the family is asked about, reads and answers with.

use permesso_sdk::Attribute;

permesso_sdk::names! {
    /// What the family can be asked about.
    pub enum Permission {
        ViewEvents = "events.view",
        ManageEvents = "events.manage",
        CreateEvents = "events.create",
        AddUsers = "events.add_users",
        Troubleshoot = "events.troubleshoot",
        Host = "events.host",
        ListAsHost = "events.list_as_host",
        AutoMeetLink = "events.auto_meet_link",
        WriteToCalendar = "events.write_to_calendar",
        ViewScheduledCalls = "scheduled_calls.view",
        RescheduleCalls = "scheduled_calls.reschedule",
        ManageAvailability = "availability.manage",
        ConnectCalendars = "calendars.connect",
        ManageMultiBooking = "multi_booking.manage",
        ViewContacts = "contacts.view",
        ViewCalls = "calls.view",
        ViewDeals = "deals.view",
        UseSmartViews = "smart_views.use",
    }
}

permesso_sdk::inputs! {
    /// What the rules read.
    pub struct Inputs {
        me: text = "subject.id",
        status: text = "subject.status",
        invitation: text = "subject.invitation",
        /// `any`: set or not, or the working hours themselves.
        availability: any = "subject.availability",
        /// `any`: connected or not.
        calendar: any = "subject.calendar",
        hosts: texts = "resource.hosts",
        location: text = "resource.location",
        candidate_invite: text = "resource.candidate_invite",
        candidate_status: text = "resource.candidate_status",
        /// Whether the event's creator lets hosts reschedule.
        host_reschedule: boolean = "resource.host_reschedule",
        state: text = "resource.state",
        bookings_per_slot: integer = "resource.bookings_per_slot",
        strict_state: boolean = "config.strict-state",
    }
}

permesso_sdk::reasons! {
    /// Why not, and once why.
    pub enum Reason {
        InvitationPending = "invitation-pending" =>
            "A host has to accept the invitation to the workspace first.",
        InactiveUser = "inactive-user" => "This user is no longer active in the workspace.",
        NoAvailability = "no-availability" =>
            "A host needs working hours; set your availability first.",
        NotAHost = "not-a-host" => "You are not among the hosts of this event.",
        NoCalendar = "no-calendar" => "This needs a connected calendar.",
        OtherLocation = "other-location" =>
            "This event does not take place on Google Meet.",
        CandidateNotInvited = "candidate-not-invited" =>
            "The invitation of this user is no longer open.",
        CandidateInactive = "candidate-inactive" =>
            "This user is no longer active in the workspace and cannot be a host.",
        CreatorSwitchedOff = "creator-switched-off" =>
            "The creator of this event does not let hosts reschedule.",
        CallStarted = "call-started" => "A call can be rescheduled only before it starts.",
        TwoOrThreeBookings = "two-or-three-bookings" =>
            "Multi-booking takes two or three bookings in a slot.",
        OneHostOnly = "one-host-only" => "Multi-booking is for events with a single host.",
        EveryoneSeesLeads = "everyone-sees-leads" =>
            "Every user of the workspace sees every lead.",
        UnknownState = "unknown-state" =>
            "The state of this is not known, and your workspace wants it known.",
    }
}

permesso_sdk::obligations! {
    /// What callers do when they let someone pass.
    pub enum Duty {
        /// Take the booking, but make none of these.
        SkipCalendar = "skip-calendar" => ["meet_link", "calendar_entry"],
        /// Show this next to the name.
        Badge = "badge" => ["Pending Invitation"],
    }
}

impl Inputs<'_> {
    /// The value of a state, `None` if the caller did not give one and so asks about the right
    /// itself. A tenant can insist that it is given.
    pub(crate) fn state_of<T>(self, state: Attribute<T>) -> Result<Option<T>, Reason> {
        match state.value() {
            None if self.strict_state().is(true) => Err(Reason::UnknownState),
            value => Ok(value),
        }
    }
}
