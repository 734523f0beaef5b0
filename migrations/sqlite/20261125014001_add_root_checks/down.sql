ALTER TABLE key_epochs DROP COLUMN root_check;
