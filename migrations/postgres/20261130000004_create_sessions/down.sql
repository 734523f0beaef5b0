DROP FUNCTION is_full_of_sessions (uuid, integer, timestamptz, timestamptz);
DROP TABLE sessions;
