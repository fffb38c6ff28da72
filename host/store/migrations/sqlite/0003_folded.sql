-- Users are found by how their ids look, so that two that nobody can tell apart are noticed. What
-- looks otherwise than it is written has a row; of what was written before, that is told here as
-- far as case goes, and a user who is written anew gets what is right.

INSERT INTO user_facet (realm, facet, value, user_id)
    SELECT realm, 'folded', lower(id), id FROM object WHERE kind = 'user' AND lower(id) <> id;
