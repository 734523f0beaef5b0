-- $1 to $4: the challenge that is done, the one that follows, now, and whose that one is, if it is somebody's.
WITH owner AS (
    -- The account first, so that whatever closes all its flows sees the next challenge, too.
    SELECT id FROM users WHERE id = $4 FOR NO KEY UPDATE
), closed AS (
    UPDATE challenges SET closed_at = $3, successor = $2
    WHERE id = $1 AND closed_at IS NULL AND expires_at > $3 AND tries < max_tries
        AND (SELECT count(*) FROM owner) >= 0
    RETURNING id
), started AS (
    INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, locale, session_id,
        epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, verified, known_device)
    SELECT started.*
    FROM unnest($5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24,
        $25) AS started
    WHERE EXISTS (SELECT FROM closed)
), posted AS (
    INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
        expires_at, change_id, leased_until, next_try_at)
    SELECT posted.*, posted.created_at
    FROM unnest($26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38)
        AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
            expires_at, change_id, leased_until)
    WHERE EXISTS (SELECT FROM closed)
)
INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
SELECT recorded.* FROM unnest($39, $40, $41, $42, $43, $44) AS recorded WHERE EXISTS (SELECT FROM closed)
