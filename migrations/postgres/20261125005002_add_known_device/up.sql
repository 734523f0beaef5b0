-- The keyed digest of the device that started the flow, when it has logged in to the account before.
ALTER TABLE challenges ADD COLUMN known_device bytea CHECK (octet_length(known_device) = 32);
