-- The channels that proved the steps before this one, with blanks between.
ALTER TABLE challenges ADD COLUMN proved TEXT NOT NULL DEFAULT '';
