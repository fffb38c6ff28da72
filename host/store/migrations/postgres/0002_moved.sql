-- In which transaction each log moved last, so that one question tells what is new in any of
-- them; and the keys of all realms by their id, so that one is found whoever's it is.

ALTER TABLE head ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
CREATE INDEX head_moved ON head (moved);

CREATE FUNCTION head_moves() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.moved := pg_current_xact_id()::text::bigint;
    RETURN NEW;
END;
$$;
CREATE TRIGGER head_moves BEFORE UPDATE OF revision ON head
    FOR EACH ROW EXECUTE FUNCTION head_moves();

CREATE INDEX object_key ON object (id, realm) WHERE kind = 'key';
