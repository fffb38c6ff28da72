-- Tenants are found by how their ids look, as users are: what looks otherwise than it is written
-- has a row among what is the platform's.

INSERT INTO user_facet (realm, facet, value, user_id)
    SELECT '', 'folded', lower(realm), realm FROM object
    WHERE kind = 'settings' AND id = 'tenant' AND lower(realm) <> realm;
