-- $1 to $5: account, verifier, the challenge that is done if there is one, now, and the challenge that follows if one does.
WITH owner AS (
    -- Held against a new password, and against being disabled, until what follows is there to be closed by that, and
    -- against other logins; always before the challenge, as everybody locks the two in this order.
    SELECT * FROM users WHERE id = $1 AND status = 'active' AND verifier = $2 FOR NO KEY UPDATE
), closed AS (
    UPDATE challenges SET closed_at = $4, successor = $5
    WHERE id = $3 AND closed_at IS NULL AND expires_at > $4 AND tries < max_tries
        AND (SELECT count(*) FROM owner) > 0
    RETURNING id
), done AS (
    SELECT FROM owner WHERE $3 IS NULL OR EXISTS (SELECT FROM closed)
), started AS (
    INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, locale, session_id,
        epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, verified, known_device)
    SELECT started.*
    FROM unnest($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25,
            $26) AS started, done
), posted AS (
    INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
        expires_at, change_id, leased_until, next_try_at)
    SELECT posted.*, posted.created_at
    FROM unnest($27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39)
        AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
            expires_at, change_id, leased_until),
        done
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT recorded.* FROM unnest($40, $41, $42, $43, $44, $45) AS recorded, done
)
SELECT owner.id, first_name, last_name, email, phone, phone_verified_at, locale, status, totp_enabled_at, device_generation,
    new_device_told_at, phone_used_at, created_at, updated_at, EXISTS (SELECT FROM done) AS is_done
FROM owner
