-- Those that have ended, too: what they started is closed with what the others did.
CREATE INDEX sessions_user ON sessions (user_id);
CREATE INDEX challenges_open_session ON challenges (session_id) WHERE session_id IS NOT NULL AND closed_at IS NULL;
