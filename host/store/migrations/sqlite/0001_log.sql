-- One append-only log for each realm, and the tables that it feeds.

CREATE TABLE head (
    realm    TEXT   NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    hash     BLOB   NOT NULL
) WITHOUT ROWID;

CREATE TABLE log (
    realm     TEXT   NOT NULL,
    revision  BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    operation TEXT   NOT NULL,
    request   TEXT   NOT NULL,
    content   TEXT   NOT NULL,
    previous  BLOB   NOT NULL,
    hash      BLOB   NOT NULL,
    PRIMARY KEY (realm, revision)
);
CREATE INDEX log_at ON log (realm, at);

CREATE TRIGGER log_keeps BEFORE UPDATE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN
    SELECT RAISE(ABORT, 'the log is append-only');
END;

CREATE TABLE log_edit (
    realm    TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id, revision)
) WITHOUT ROWID;

CREATE TABLE object (
    realm    TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    id       TEXT   NOT NULL,
    body     TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id)
) WITHOUT ROWID;

CREATE TABLE user_facet (
    realm   TEXT NOT NULL,
    facet   TEXT NOT NULL,
    value   TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (realm, facet, value, user_id)
) WITHOUT ROWID;
CREATE INDEX user_facet_user ON user_facet (realm, user_id);

CREATE TABLE facet_usage (
    realm       TEXT   NOT NULL,
    facet       TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    listed      BIGINT NOT NULL,
    taking_part BIGINT NOT NULL,
    PRIMARY KEY (realm, facet, value)
) WITHOUT ROWID;

CREATE TABLE delegation (
    realm     TEXT NOT NULL,
    id        TEXT NOT NULL,
    from_user TEXT NOT NULL,
    to_user   TEXT NOT NULL,
    PRIMARY KEY (realm, id)
) WITHOUT ROWID;
CREATE INDEX delegation_from ON delegation (realm, from_user);
CREATE INDEX delegation_to ON delegation (realm, to_user);

CREATE TABLE idempotency (
    realm       TEXT   NOT NULL,
    key         TEXT   NOT NULL,
    fingerprint TEXT   NOT NULL,
    answer      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (realm, key)
) WITHOUT ROWID;
CREATE INDEX idempotency_at ON idempotency (at);
