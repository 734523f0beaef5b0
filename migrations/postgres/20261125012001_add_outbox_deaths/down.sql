DROP INDEX outbox_dead;
ALTER TABLE outbox DROP COLUMN dead_since;
