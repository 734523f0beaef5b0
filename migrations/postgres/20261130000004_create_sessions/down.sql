DROP FUNCTION count_live_sessions (uuid, integer, timestamptz, timestamptz);
DROP TABLE sessions;
