-- What stands in a verifier before its key tells what checking it takes: the kinds on file are read by it.
CREATE INDEX users_kind ON users (substr(verifier, 1, instr(verifier, 'keyid=') - 1));
