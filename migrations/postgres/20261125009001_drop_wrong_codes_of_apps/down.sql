ALTER TABLE totp_authenticators
    ADD COLUMN wrong smallint NOT NULL DEFAULT 0 CHECK (wrong BETWEEN 0 AND 255),
    ADD COLUMN wrong_since timestamptz;
