ALTER TABLE users DROP COLUMN new_device_told_at;
