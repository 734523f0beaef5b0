DROP INDEX conversion_breakers_closed;
ALTER TABLE budgets DROP COLUMN fill;
