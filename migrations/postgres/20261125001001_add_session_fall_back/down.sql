ALTER TABLE sessions DROP COLUMN fell_back_at;
