//! What the family is asked about, reads and answers with.

permesso_sdk::names! {
    /// What the family can be asked about.
    pub enum Permission {
        View = "record.view",
        Export = "record.export",
        Move = "record.move",
    }
}

permesso_sdk::names! {
    /// The kinds that the rules tell apart. Any other is taken for a record.
    pub enum Kind {
        /// A record about a person.
        Record = "record",
        /// Numbers about many, which name nobody.
        Aggregate = "aggregate",
    }
}

permesso_sdk::names! {
    /// What is demanded besides the permission asked about.
    pub enum Demand {
        /// Taking a record out of its region.
        Transfer = "record.transfer",
    }
}

permesso_sdk::inputs! {
    /// What the rules read.
    pub struct Inputs {
        /// The regions that the subject works from.
        regions: texts = "subject.regions",
        /// The region that the record is pinned to; null if it is known to have none.
        region: text = "resource.region",
        /// Where a record that is moved shall go.
        target: text = "resource.target_region",
        /// Until when nobody sees the record; null if it is known to have no embargo.
        embargo: instant = "resource.embargo_until",
        /// For a region of records, the regions of people who may see them.
        allowed: table = "config.allowed",
        unpinned_open: boolean = "config.unpinned-open",
        now: instant = "now",
    }
}

permesso_sdk::reasons! {
    /// Why not.
    pub enum Reason {
        UnknownRegion = "unknown-region" => "The region of this record is not known.",
        Unpinned = "unpinned" => "This record belongs to no region, and your workspace opens none \
            of those.",
        OutsideRegion = "outside-region" =>
            "This record is not seen from any of the regions that you work from.",
        UnknownEmbargo = "unknown-embargo" =>
            "Whether this is under an embargo is not known.",
        Embargo = "embargo" => "This is under an embargo.",
        UnknownTarget = "unknown-target" => "Say to which region this record shall move.",
        TargetNotAllowed = "target-not-allowed" =>
            "Records of this region do not move to that one.",
    }
}

permesso_sdk::obligations! {
    /// What callers do when they let someone pass.
    pub enum Duty {
        /// Seen from another region, a record shows nobody.
        MaskIdentifiers = "mask-identifiers" => ["name", "email", "address"],
        /// What leaves its region is written down.
        LogTransfer = "log-transfer" => ["record", "from", "to"],
    }
}
