-- When they were made: an undo takes those with it that somebody else made. None for those from before.
ALTER TABLE recovery_codes ADD COLUMN made_at INTEGER;
