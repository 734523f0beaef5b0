-- Numbers with more claims than the proof of them took away at once: those made until then are dropped in batches.
CREATE TABLE void_claims (
    phone TEXT NOT NULL PRIMARY KEY,
    made_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
