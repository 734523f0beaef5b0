ALTER TABLE totp_authenticators ADD COLUMN wrong INTEGER NOT NULL DEFAULT 0 CHECK (wrong BETWEEN 0 AND 255);
ALTER TABLE totp_authenticators ADD COLUMN wrong_since INTEGER;
