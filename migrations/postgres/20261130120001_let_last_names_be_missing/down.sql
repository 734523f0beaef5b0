-- Releases before this one need a last name: who has none is called twice by the first.
UPDATE registration_drafts SET last_name = first_name WHERE last_name IS NULL;
ALTER TABLE registration_drafts ALTER COLUMN last_name SET NOT NULL;
UPDATE users SET last_name = first_name WHERE last_name IS NULL;
ALTER TABLE users ALTER COLUMN last_name SET NOT NULL;
