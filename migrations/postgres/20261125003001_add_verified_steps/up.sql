-- The channels that verified the steps before this one, with blanks between.
ALTER TABLE challenges ADD COLUMN verified text NOT NULL DEFAULT '';
