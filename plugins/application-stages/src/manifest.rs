//! What the family is asked about, reads and answers with.

use permesso_sdk::Attribute;

permesso_sdk::names! {
    /// What the family can be asked about.
    pub enum Permission {
        // Read and execute.
        CreateApplication = "application.create",
        AccessContacts = "contacts.access",
        AccessCompanies = "companies.access",
        ViewMessages = "application.view_messages",
        ExportFiles = "application.export_files",
        CloseApplication = "application.close",
        ProgressApplication = "application.progress_stage",
        PauseApplication = "application.pause",
        CustomButton = "application.custom_button",
        ClientPage = "application.client_page",
        NotifyStakeholders = "application.notify",
        PreviewFiles = "files.preview_download",
        DeleteFiles = "files.delete",
        CompleteItem = "item.complete_internally",
        ResetItem = "item.reset",
        ReviewItem = "item.review_comment",
        ApproveItem = "item.approve",
        ProgressItem = "item.progress_stage",
        MarkItemApplicable = "item.mark_applicable",
        // Edit and delete.
        EditGeneral = "application.edit_general",
        UpdateDeadline = "application.update_deadline",
        EditStages = "application.edit_stages",
        ManageStakeholders = "application.manage_stakeholders",
        EditAccess = "application.edit_access",
        EditScoring = "application.edit_scoring",
        ManageCustomFields = "application.manage_custom_fields",
        ManageAttachments = "application.manage_attachments",
        DeleteApplication = "application.delete",
        AddItem = "item.add",
        EditItemBasic = "item.edit_basic",
        EditItemAdvanced = "item.edit_advanced",
        DeleteItem = "item.delete",
        ReorderItems = "item.reorder",
        // All others.
        OwnApplication = "application.own",
        ExternalUpload = "external.upload_documents",
        ExternalFillForms = "external.fill_forms",
        ExternalAdvance = "external.advance_process",
        ExternalCreate = "external.create_application",
        ConfigureStage = "stage.configure",
        ViewStage = "stage.view",
        ViewStakeholderFiles = "stakeholder.view_files",
        ManageApplications = "applications.manage",
        SendReceiveApplications = "applications.send_receive",
        ProcessTeammates = "applications.process_teammates",
    }
}

permesso_sdk::names! {
    /// What the family can demand besides.
    pub enum Require {
        CloseApplication = "application.close",
        DeleteFiles = "files.delete",
    }
}

permesso_sdk::inputs! {
    /// What the rules read.
    pub struct Inputs {
        me: text = "subject.id",
        roles: texts = "subject.roles",
        end_user: boolean = "subject.end_user",
        /// `any`: a mode for all processes, or a table from process to stakeholders.
        authorized_processes: any = "subject.authorized_processes",
        process: text = "resource.process",
        /// Primary or secondary; of a file, also who.
        stakeholder: texts = "resource.stakeholder",
        owner: texts = "resource.owner",
        uploaded_by: texts = "resource.uploaded_by",
        split_view: boolean = "resource.split_view",
        state: text = "resource.state",
        status: text = "resource.status",
        operation: text = "resource.operation",
        signed: boolean = "resource.signed",
        document: text = "resource.document",
        initial: boolean = "resource.initial",
        is_final: boolean = "resource.final",
        to_final: boolean = "resource.to_final",
        target_final: boolean = "resource.target_final",
        to_stage: text = "resource.to_stage",
        internal: boolean = "resource.internal",
        change_stage: boolean = "resource.change_stage",
        stage_side: text = "resource.stage_side",
        external_role: text = "config.external-role",
        strict_state: boolean = "config.strict-state",
        strict_reset: boolean = "config.strict-reset",
    }
}

permesso_sdk::reasons! {
    /// Why not.
    pub enum Reason {
        NotForExternalMembers = "not-for-external-members" =>
            "External members act in the member portal and have no rights on the team's side.",
        ExternalDoesNotOwn = "external-does-not-own" =>
            "External members act for someone else and do not own applications.",
        ProcessNotAuthorized = "process-not-authorized" =>
            "You are not authorized for this process.",
        StakeholderNotAuthorized = "stakeholder-not-authorized" =>
            "You are not authorized to act for this stakeholder.",
        TeamStage = "team-stage" => "Only the team moves an application to another stage.",
        ApplicationClosed = "application-closed" => "The application is closed.",
        SignedDocument = "signed-document" => "A signed document cannot be reset.",
        NotPendingReview = "not-pending-review" => "Only a step that is pending review is approved.",
        NotApproved = "not-approved" => "There is no approval to cancel.",
        UnknownOperation = "unknown-operation" => "A step is approved, or its approval cancelled.",
        InitialAndFinal = "initial-and-final" => "A stage is not both initial and final.",
        InternalStage = "internal-stage" => "Only the team sees this stage.",
        SplitView = "split-view" => "Stakeholders of this application see only their own files.",
        UnknownState = "unknown-state" =>
            "The state of this is not known, and your team wants it known.",
    }
}

impl Permission {
    /// The 33 rights that refine agents and super-agents, one by one.
    pub(crate) fn is_processing_right(self) -> bool {
        !matches!(
            self,
            Self::OwnApplication
                | Self::ExternalUpload
                | Self::ExternalFillForms
                | Self::ExternalAdvance
                | Self::ExternalCreate
                | Self::ConfigureStage
                | Self::ViewStage
                | Self::ViewStakeholderFiles
                | Self::ManageApplications
                | Self::SendReceiveApplications
                | Self::ProcessTeammates
        )
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
