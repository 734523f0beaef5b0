-- The key that a hash is sealed under, six characters of its PHC text: what is to be sealed anew is found by it.
CREATE INDEX users_key ON users (substring(verifier FROM 'keyid=(.{6})'), id);
CREATE INDEX registration_drafts_key ON registration_drafts (substring(verifier FROM 'keyid=(.{6})'));
-- By when it was opened, which never changes: a use of a session must not touch an index.
CREATE INDEX sessions_live_created ON sessions (created_at) WHERE ended_at IS NULL;
