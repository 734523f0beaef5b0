DROP TABLE identifier_changes;
DROP TABLE pending_numbers;
DROP TABLE void_claims;
DROP TABLE users;
