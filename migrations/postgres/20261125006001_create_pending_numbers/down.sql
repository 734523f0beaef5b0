DROP TABLE pending_numbers;
ALTER TABLE sessions DROP COLUMN scope;
