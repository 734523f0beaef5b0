-- $1 to $13: the account; $14 to $16: the challenge that is done, the one that follows, and now.
WITH held AS (
    -- The open registrations of the address, locked in one order: of two that are completed at once the later one finds
    -- its own closed, and neither waits for the other in a circle.
    SELECT id FROM challenges
    WHERE target_key = $5 AND purpose = 'register' AND closed_at IS NULL AND expires_at > $16 AND tries < max_tries
    ORDER BY id
    FOR UPDATE
), closed AS (
    UPDATE challenges SET closed_at = $16, successor = $15
    WHERE id = $14 AND closed_at IS NULL AND expires_at > $16 AND tries < max_tries
        AND (SELECT count(*) FROM held) >= 0
    RETURNING id
), made AS (
    INSERT INTO users (id, first_name, last_name, email, email_key, phone, phone_verified_at, locale, status, verifier,
        created_at, updated_at, totp_enabled_at)
    SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 FROM closed
    ON CONFLICT (email_key) DO NOTHING
    RETURNING id
), siblings AS (
    UPDATE challenges SET closed_at = $16
    FROM held
    WHERE challenges.id = held.id AND held.id <> $14 AND EXISTS (SELECT FROM made)
), forgotten AS (
    DELETE FROM registration_drafts WHERE email_key = $5 AND EXISTS (SELECT FROM made)
), continued AS (
    INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, locale, session_id,
        epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, verified, known_device)
    SELECT continued.*
    FROM unnest($17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35,
            $36, $37) AS continued, made
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT recorded.* FROM unnest($38, $39, $40, $41, $42, $43) AS recorded, made
)
SELECT EXISTS (SELECT FROM closed) AS was_open, EXISTS (SELECT FROM made) AS is_made
