-- When two factors last ceased to count together; what was verified until then counts as one.
ALTER TABLE sessions ADD COLUMN fell_back_at INTEGER;
