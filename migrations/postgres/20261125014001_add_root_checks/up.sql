-- What the root secret makes of the salt: another root secret is noticed by it. None where nobody noted it.
ALTER TABLE key_epochs ADD COLUMN root_check bytea CHECK (octet_length(root_check) = 32);
