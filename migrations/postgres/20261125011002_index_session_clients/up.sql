-- What the sweep goes by: sessions that still tell of their client, by when they were opened, which never changes.
CREATE INDEX sessions_client ON sessions (created_at) WHERE device IS NOT NULL OR network IS NOT NULL;
