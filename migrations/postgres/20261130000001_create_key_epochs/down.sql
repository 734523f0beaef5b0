DROP TABLE key_epochs;
