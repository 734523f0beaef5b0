-- What the sweep goes by.
CREATE INDEX audit_events_at ON audit_events (at);
