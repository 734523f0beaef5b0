-- Counts the times at which all sessions of an account were ended; device tokens from before are worth nothing.
ALTER TABLE users ADD COLUMN device_generation INTEGER NOT NULL DEFAULT 0 CHECK (device_generation BETWEEN 0 AND 4294967295);
