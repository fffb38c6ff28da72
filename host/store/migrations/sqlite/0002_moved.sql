-- In which order the logs moved, so that one question tells what is new in any of them; and the
-- keys of all realms by their id, so that one is found whoever's it is. Writers are one at a
-- time, so what one counts on from is all that there is.

ALTER TABLE head ADD COLUMN moved BIGINT NOT NULL DEFAULT 0;
CREATE INDEX head_moved ON head (moved);

CREATE TRIGGER head_moves AFTER UPDATE OF revision ON head BEGIN
    UPDATE head SET moved = (SELECT MAX(moved) + 1 FROM head) WHERE realm = NEW.realm;
END;

CREATE INDEX object_key ON object (id) WHERE kind = 'key';
