DROP INDEX totp_authenticators_change;
ALTER TABLE totp_authenticators DROP COLUMN change_id;
ALTER TABLE pending_authenticators DROP COLUMN replaces;
