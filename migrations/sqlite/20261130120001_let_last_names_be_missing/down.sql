-- Releases before this one need a last name: who has none is called twice by the first.
ALTER TABLE registration_drafts RENAME COLUMN last_name TO optional_last_name;
ALTER TABLE registration_drafts ADD COLUMN last_name TEXT NOT NULL DEFAULT '';
UPDATE registration_drafts SET last_name = coalesce(optional_last_name, first_name);
ALTER TABLE registration_drafts DROP COLUMN optional_last_name;

ALTER TABLE users RENAME COLUMN last_name TO optional_last_name;
ALTER TABLE users ADD COLUMN last_name TEXT NOT NULL DEFAULT '';
UPDATE users SET last_name = coalesce(optional_last_name, first_name);
ALTER TABLE users DROP COLUMN optional_last_name;
