-- Wrong codes of apps are in `failure_rows`, as wrong passwords are.
ALTER TABLE totp_authenticators DROP COLUMN wrong;
ALTER TABLE totp_authenticators DROP COLUMN wrong_since;
