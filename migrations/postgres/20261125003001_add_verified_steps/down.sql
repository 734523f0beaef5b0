ALTER TABLE challenges DROP COLUMN verified;
