DROP INDEX sessions_used;
DROP INDEX sessions_ended;
