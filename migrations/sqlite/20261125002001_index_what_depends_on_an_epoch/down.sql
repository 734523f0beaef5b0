DROP INDEX sessions_live_created;
DROP INDEX registration_drafts_key;
DROP INDEX users_key;
