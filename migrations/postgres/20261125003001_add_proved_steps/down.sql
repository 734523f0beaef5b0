ALTER TABLE challenges DROP COLUMN proved;
