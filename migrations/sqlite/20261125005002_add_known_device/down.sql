ALTER TABLE challenges DROP COLUMN known_device;
