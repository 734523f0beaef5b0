DROP INDEX challenges_open_session;
DROP INDEX sessions_user;
