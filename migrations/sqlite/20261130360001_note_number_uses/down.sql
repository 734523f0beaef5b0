ALTER TABLE users DROP COLUMN phone_used_at;
