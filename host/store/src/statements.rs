//! The statements.
//!
//! SQLite and `PostgreSQL` take the same SQL here but for a few words. Whatever a record writes
//! goes in as one JSON array for each table, bound as `$2`, so that a record with a thousand users
//! costs as many statements as one with a single user. How many rows such an array has no planner
//! can know, and what is taken for many is joined by reading a whole table; so each dialect has
//! its own words for looking up one row after another, by the key.

/// The statements, for a dialect's way to read the `$rows` of a JSON array, to `$lock` a row, to
/// look up what each row names (`$in` … `$out`), to be `$any` … `$end` of several values, and
/// up to where it can be `$seen` that logs moved.
macro_rules! statements {
    (
        $rows:literal, $lock:literal, $in:literal, $out:literal, $any:literal, $end:literal,
        $seen:literal
    ) => {
        pub(super) const MAKE_HEAD: &str = "INSERT INTO head (realm, revision, at, hash) \
            VALUES ($1, 0, 0, $2) ON CONFLICT DO NOTHING";
        pub(super) const LOCK_HEAD: &str =
            concat!("SELECT revision, at, hash FROM head WHERE realm = $1", $lock);
        pub(super) const HEAD: &str = "SELECT revision, at, hash FROM head WHERE realm = $1";
        pub(super) const HEADS: &str =
            "SELECT realm, revision, at, hash FROM head WHERE revision > 0 ORDER BY realm";
        pub(super) const MOVE_HEAD: &str =
            "UPDATE head SET revision = $2, at = $3, hash = $4 WHERE realm = $1";
        pub(super) const SEEN: &str = concat!("SELECT ", $seen);
        pub(super) const MOVED: &str = "SELECT realm, revision, at, hash FROM head \
            WHERE moved >= $1 AND revision > 0";
        pub(super) const TENANTS: &str = "SELECT h.realm, h.revision, h.at, h.hash, \
            s.body, s.revision, c.body, c.revision \
            FROM head h CROSS JOIN object s CROSS JOIN object c \
            WHERE h.realm > $1 \
            AND s.realm = h.realm AND s.kind = 'settings' AND s.id = 'tenant' \
            AND c.realm = h.realm AND c.kind = 'catalog' AND c.id = 'product' \
            ORDER BY h.realm LIMIT $2";
        pub(super) const REALMS_OF_KEY: &str =
            "SELECT realm FROM object WHERE kind = 'key' AND id = $1 ORDER BY realm LIMIT 2";
        pub(super) const ANY_KEY: &str = "SELECT id FROM object WHERE kind = 'key' LIMIT 1";
        pub(super) const WRITE: &str = "INSERT INTO log \
            (realm, revision, at, actor, operation, request, content, previous, hash) \
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        pub(super) const OBJECTS: &str = concat!(
            "SELECT o.kind, o.id, o.body, o.revision FROM ", $rows, " CROSS JOIN ", $in,
            "object o WHERE o.realm = $1 AND o.kind = e.value->>0 AND o.id = e.value->>1", $out
        );
        pub(super) const WRITE_EDITS: &str = concat!(
            "INSERT INTO log_edit (realm, kind, id, revision) \
            SELECT $1, e.value->>0, e.value->>1, $3 FROM ", $rows
        );
        pub(super) const PUT: &str = concat!(
            "INSERT INTO object (realm, kind, id, body, revision) \
            SELECT $1, e.value->>0, e.value->>1, e.value->>2, $3 FROM ", $rows, " WHERE true \
            ON CONFLICT (realm, kind, id) \
            DO UPDATE SET body = excluded.body, revision = excluded.revision"
        );
        pub(super) const GONE: &str = concat!(
            "DELETE FROM object WHERE realm = $1 \
            AND kind", $any, "SELECT e.value->>0 FROM ", $rows, $end, " \
            AND id", $any, "SELECT e.value->>1 FROM ", $rows, $end, " \
            AND (kind, id) IN (SELECT e.value->>0, e.value->>1 FROM ", $rows, ")"
        );
        pub(super) const UNFACET: &str = concat!(
            "DELETE FROM user_facet WHERE realm = $1 \
            AND user_id", $any, "SELECT e.value->>0 FROM ", $rows, $end
        );
        pub(super) const FACET: &str = concat!(
            "INSERT INTO user_facet (realm, facet, value, user_id) \
            SELECT $1, e.value->>0, e.value->>1, e.value->>2 FROM ", $rows
        );
        pub(super) const USE: &str = concat!(
            "INSERT INTO facet_usage (realm, facet, value, listed, taking_part) \
            SELECT $1, e.value->>0, e.value->>1, CAST(e.value->>2 AS BIGINT), \
                CAST(e.value->>3 AS BIGINT) FROM ", $rows, " WHERE true \
            ON CONFLICT (realm, facet, value) DO UPDATE SET \
                listed = facet_usage.listed + excluded.listed, \
                taking_part = facet_usage.taking_part + excluded.taking_part"
        );
        pub(super) const UNDELEGATE: &str = concat!(
            "DELETE FROM delegation WHERE realm = $1 \
            AND id", $any, "SELECT e.value->>0 FROM ", $rows, $end
        );
        pub(super) const DELEGATE: &str = concat!(
            "INSERT INTO delegation (realm, id, from_user, to_user) \
            SELECT $1, e.value->>0, e.value->>1, e.value->>2 FROM ", $rows
        );
        // Users, delegations and invitations are stepped over, however many there are.
        pub(super) const CONTENTS: &str = concat!(
            contents!("kind < 'delegation'"), " UNION ALL ",
            contents!("kind > 'delegation' AND kind < 'invitation'"), " UNION ALL ",
            contents!("kind > 'invitation' AND kind < 'user'"), " UNION ALL ",
            contents!("kind > 'user'")
        );
        pub(super) const OBJECT: &str = "SELECT kind, id, body, revision FROM object \
            WHERE realm = $1 AND kind = $2 AND id = $3";
        pub(super) const PAGE: &str = "SELECT kind, id, body, revision FROM object \
            WHERE realm = $1 AND kind = $2 AND id > $3 ORDER BY id LIMIT $4";
        pub(super) const PAGE_HAVING: &str =
            "SELECT o.kind, o.id, o.body, o.revision FROM user_facet f \
            JOIN object o ON o.realm = f.realm AND o.kind = 'user' AND o.id = f.user_id \
            WHERE f.realm = $1 AND f.facet = $2 AND f.value = $3 AND f.user_id > $4 \
            ORDER BY f.user_id LIMIT $5";
        pub(super) const DELEGATED: &str = concat!(
            "SELECT o.to_user, o.id, o.from_user FROM ", $rows, " CROSS JOIN ", $in,
            "delegation o WHERE o.realm = $1 AND o.to_user = e.value->>0", $out
        );
        pub(super) const USAGE: &str = concat!(
            "SELECT o.facet, o.value, o.listed, o.taking_part FROM ", $rows, " CROSS JOIN ", $in,
            "facet_usage o WHERE o.realm = $1 AND o.facet = e.value->>0 AND o.value = e.value->>1",
            $out
        );
        pub(super) const TWINS: &str = concat!(
            "SELECT o.value, o.user_id FROM ", $rows, " CROSS JOIN ", $in,
            "user_facet o WHERE o.realm = $1 AND o.facet = 'folded' AND o.value = e.value->>0",
            $out, " UNION SELECT o.id, o.id FROM ", $rows, " CROSS JOIN ", $in,
            "object o WHERE o.realm = $1 AND o.kind = 'user' AND o.id = e.value->>0", $out
        );
        pub(super) const DELEGATES: &str = concat!(
            "SELECT DISTINCT o.to_user FROM ", $rows, " CROSS JOIN ", $in,
            "delegation o WHERE o.realm = $1 AND o.from_user = e.value->>0", $out
        );
        pub(super) const BETWEEN: &str = concat!(
            "SELECT o.id FROM ", $rows, " CROSS JOIN ", $in,
            "delegation o WHERE o.realm = $1 AND o.from_user = e.value->>0", $out,
            " UNION SELECT o.id FROM ", $rows, " CROSS JOIN ", $in,
            "delegation o WHERE o.realm = $1 AND o.to_user = e.value->>0", $out
        );
        pub(super) const SINCE: &str = concat!(log_columns!(), "FROM log l \
            WHERE l.realm = $1 AND l.revision > $2 ORDER BY l.revision LIMIT $3");
        pub(super) const LOG: [&str; 2] = [
            concat!(log_columns!(), "FROM log l ", log_filter!(), "ORDER BY l.revision LIMIT $8"),
            concat!(log_columns!(), "FROM log l ", log_filter!(),
                "ORDER BY l.revision DESC LIMIT $8"),
        ];
        pub(super) const LOG_OF: [&str; 2] = [
            concat!(log_columns!(), log_edits!(), log_filter!(), log_document!(),
                "ORDER BY l.revision LIMIT $8"),
            concat!(log_columns!(), log_edits!(), log_filter!(), log_document!(),
                "ORDER BY l.revision DESC LIMIT $8"),
        ];
        pub(super) const NEXT_EDIT: &str = concat!(log_columns!(), log_edits!(),
            "WHERE d.realm = $1 AND d.kind = $2 AND d.id = $3 AND d.revision > $4 \
            ORDER BY d.revision LIMIT 1");
        pub(super) const RECALL: &str = "SELECT fingerprint, answer, at FROM idempotency \
            WHERE realm = $1 AND key = $2";
        pub(super) const REMEMBER: &str = "INSERT INTO idempotency \
            (realm, key, fingerprint, answer, at) VALUES ($1, $2, $3, $4, $5)";
        pub(super) const FORGET: &str = "DELETE FROM idempotency WHERE at < $1";
    };
}

macro_rules! contents {
    ($kinds:literal) => {
        concat!("SELECT kind, id, body, revision FROM object WHERE realm = $1 AND ", $kinds)
    };
}

macro_rules! log_columns {
    () => {
        "SELECT l.realm, l.revision, l.at, l.actor, l.operation, l.request, l.content, \
        l.previous, l.hash "
    };
}

macro_rules! log_edits {
    () => {
        "FROM log_edit d JOIN log l ON l.realm = d.realm AND l.revision = d.revision "
    };
}

macro_rules! log_filter {
    () => {
        "WHERE l.realm = $1 AND l.revision > $2 AND l.revision < $3 AND l.at >= $4 AND l.at < $5 \
        AND ($6 = '' OR l.actor = $6) AND ($7 = '' OR l.operation LIKE $7) "
    };
}

macro_rules! log_document {
    () => {
        "AND d.kind = $9 AND ($10 = '' OR d.id = $10) "
    };
}

pub(crate) use {contents, log_columns, log_document, log_edits, log_filter, statements};
