DROP TABLE held_numbers;
ALTER TABLE sessions DROP COLUMN scope;
