DROP TABLE recovery_codes;
DROP TABLE totp_authenticators;
ALTER TABLE users DROP COLUMN totp_enabled_at;
