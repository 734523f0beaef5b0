-- When a login last used the number, to the day; nobody knows of before, so what is there counts as used now.
ALTER TABLE users ADD COLUMN phone_used_at timestamptz DEFAULT now();
ALTER TABLE users ALTER COLUMN phone_used_at DROP DEFAULT;
