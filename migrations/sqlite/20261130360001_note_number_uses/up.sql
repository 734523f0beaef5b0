-- When a login last used the number, to the day; nobody knows of before, so what is there counts as used now.
ALTER TABLE users ADD COLUMN phone_used_at INTEGER;
UPDATE users SET phone_used_at = unixepoch() * 1000000;
