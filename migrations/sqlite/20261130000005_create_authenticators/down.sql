DROP TABLE recovery_codes;
DROP TABLE pending_authenticators;
DROP TABLE totp_authenticators;
