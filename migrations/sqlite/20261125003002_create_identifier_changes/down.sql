ALTER TABLE outbox DROP COLUMN change_id;
DROP TABLE identifier_changes;
