-- Numbers with more claims than the proof of them took away at once: those made until then are dropped in batches.
CREATE TABLE void_claims (
    phone text PRIMARY KEY,
    made_until timestamptz NOT NULL
);
