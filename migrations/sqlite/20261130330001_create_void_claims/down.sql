DROP TABLE void_claims;
