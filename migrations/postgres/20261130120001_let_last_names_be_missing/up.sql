-- Many people have one name.
ALTER TABLE users ALTER COLUMN last_name DROP NOT NULL;
ALTER TABLE registration_drafts ALTER COLUMN last_name DROP NOT NULL;
