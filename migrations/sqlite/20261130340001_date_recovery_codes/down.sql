ALTER TABLE recovery_codes DROP COLUMN made_at;
