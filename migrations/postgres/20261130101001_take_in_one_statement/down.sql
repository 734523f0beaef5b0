DROP INDEX tripwires_closed;
ALTER TABLE budgets DROP COLUMN fill;
