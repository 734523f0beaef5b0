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
), opened AS (
    INSERT INTO sessions (id, user_id, carrier, generation, rotated_at, methods, auth_time, created_at, last_seen_at,
        device, network, ended_at, fell_back_at, scope)
    SELECT opened.* FROM unnest($6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) AS opened, done
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT recorded.* FROM unnest($20, $21, $22, $23, $24, $25) AS recorded, done
)
SELECT owner.id, first_name, last_name, email, phone, phone_verified_at, locale, status, totp_enabled_at, device_generation,
    new_device_told_at, phone_used_at, created_at, updated_at, EXISTS (SELECT FROM done) AS is_done
FROM owner
