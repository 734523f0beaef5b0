ALTER TABLE challenges DROP COLUMN successor;
