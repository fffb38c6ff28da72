-- One append-only log for each realm, and the tables that it feeds. Names are compared byte by
-- byte, so that pages come in the same order on every server.

CREATE TABLE head (
    realm    TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    revision BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    hash     BYTEA  NOT NULL
);

CREATE TABLE log (
    realm     TEXT COLLATE "C" NOT NULL,
    revision  BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    actor     TEXT   NOT NULL,
    operation TEXT   NOT NULL,
    request   TEXT   NOT NULL,
    content   TEXT   NOT NULL,
    previous  BYTEA  NOT NULL,
    hash      BYTEA  NOT NULL,
    PRIMARY KEY (realm, revision)
);
CREATE INDEX log_at ON log (realm, at);

CREATE FUNCTION log_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the log is append-only';
END;
$$;
CREATE TRIGGER log_keeps BEFORE UPDATE OR DELETE ON log
    FOR EACH ROW EXECUTE FUNCTION log_is_append_only();

CREATE TABLE log_edit (
    realm    TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id, revision)
);

CREATE TABLE object (
    realm    TEXT COLLATE "C" NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    id       TEXT COLLATE "C" NOT NULL,
    body     TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    PRIMARY KEY (realm, kind, id)
);

CREATE TABLE user_facet (
    realm   TEXT COLLATE "C" NOT NULL,
    facet   TEXT COLLATE "C" NOT NULL,
    value   TEXT COLLATE "C" NOT NULL,
    user_id TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (realm, facet, value, user_id)
);
CREATE INDEX user_facet_user ON user_facet (realm, user_id);

CREATE TABLE facet_usage (
    realm       TEXT COLLATE "C" NOT NULL,
    facet       TEXT COLLATE "C" NOT NULL,
    value       TEXT COLLATE "C" NOT NULL,
    listed      BIGINT NOT NULL,
    taking_part BIGINT NOT NULL,
    PRIMARY KEY (realm, facet, value)
);

CREATE TABLE delegation (
    realm     TEXT COLLATE "C" NOT NULL,
    id        TEXT COLLATE "C" NOT NULL,
    from_user TEXT COLLATE "C" NOT NULL,
    to_user   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (realm, id)
);
CREATE INDEX delegation_from ON delegation (realm, from_user);
CREATE INDEX delegation_to ON delegation (realm, to_user);

CREATE TABLE idempotency (
    realm       TEXT COLLATE "C" NOT NULL,
    key         TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT   NOT NULL,
    answer      TEXT   NOT NULL,
    at          BIGINT NOT NULL,
    PRIMARY KEY (realm, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
