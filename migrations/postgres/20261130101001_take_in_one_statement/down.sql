DROP INDEX conversion_breakers_closed;
ALTER TABLE buckets DROP COLUMN fill;
