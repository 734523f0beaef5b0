-- Many people have one name. SQLite changes no constraint of a column, so another one takes its place.
ALTER TABLE users RENAME COLUMN last_name TO former_last_name;
ALTER TABLE users ADD COLUMN last_name TEXT;
UPDATE users SET last_name = former_last_name;
ALTER TABLE users DROP COLUMN former_last_name;

ALTER TABLE registration_drafts RENAME COLUMN last_name TO former_last_name;
ALTER TABLE registration_drafts ADD COLUMN last_name TEXT;
UPDATE registration_drafts SET last_name = former_last_name;
ALTER TABLE registration_drafts DROP COLUMN former_last_name;
