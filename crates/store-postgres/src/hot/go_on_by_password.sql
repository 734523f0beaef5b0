-- What follows a right password: the next step of the flow, or a session.
-- $1 to $5: account, verifier, the challenge that is done if there is one, now, and the challenge that follows if one does.
-- $6 to $8: the most sessions of the account, and which ones count, where a session follows.
-- $9: when its owner may have been told of a new device last, where the message tells of one.
WITH owner AS (
    -- Held against a new password, and against being disabled, until what follows is there to be closed by that, and
    -- against other logins; always before the challenge, as everybody locks the two in this order.
    SELECT * FROM users WHERE id = $1 AND status = 'active' AND verifier = $2 FOR NO KEY UPDATE
), held AS (
    SELECT owner.*, coalesce(count_live_sessions(owner.id, $6, $7, $8) >= $6, false) AS is_full FROM owner
), closed AS (
    UPDATE challenges SET closed_at = $4, successor = $5
    WHERE id = $3 AND closed_at IS NULL AND expires_at > $4 AND tries < max_tries
        AND (SELECT count(*) FROM held WHERE NOT is_full) > 0
    RETURNING id
), done AS (
    SELECT * FROM held WHERE NOT is_full AND ($3 IS NULL OR EXISTS (SELECT FROM closed))
), opened AS (
    INSERT INTO sessions (id, user_id, carrier, generation, rotated_at, methods, auth_time, created_at, last_seen_at,
        device, network, ended_at, fell_back_at, scope)
    SELECT opened.* FROM unnest($10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) AS opened
    WHERE EXISTS (SELECT FROM done)
), started AS (
    INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, locale, session_id,
        epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, verified, known_device)
    SELECT started.*
    FROM unnest($24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43,
        $44) AS started
    WHERE EXISTS (SELECT FROM done)
), told AS (
    UPDATE users SET new_device_notified_at = $4 FROM done
    WHERE users.id = done.id AND $9 IS NOT NULL AND (done.new_device_notified_at IS NULL OR done.new_device_notified_at <= $9)
    RETURNING users.id, users.new_device_notified_at
), posted AS (
    INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
        expires_at, change_id, leased_until, next_try_at)
    SELECT posted.*, posted.created_at
    FROM unnest($45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57)
        AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
            expires_at, change_id, leased_until)
    WHERE EXISTS (SELECT FROM done) AND ($9 IS NULL OR EXISTS (SELECT FROM told))
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT recorded.* FROM unnest($58, $59, $60, $61, $62, $63) AS recorded WHERE EXISTS (SELECT FROM done)
), cleared AS (
    -- In the order in which tries are counted in them.
    SELECT authenticator, caller
    FROM lockouts JOIN unnest($64, $65) WITH ORDINALITY AS cleared (authenticator, caller, place)
        USING (authenticator, caller)
    WHERE EXISTS (SELECT FROM done)
    ORDER BY place
    FOR UPDATE OF lockouts
), unlocked AS (
    DELETE FROM lockouts USING cleared
    WHERE lockouts.authenticator = cleared.authenticator AND lockouts.caller = cleared.caller
)
SELECT held.id, held.first_name, held.last_name, held.email, held.phone, held.phone_verified_at, held.locale, held.status,
    held.totp_enabled_at, held.device_generation,
    coalesce(told.new_device_notified_at, held.new_device_notified_at) AS new_device_notified_at, held.phone_used_at, held.created_at,
    held.updated_at, held.is_full, EXISTS (SELECT FROM done) AS is_done
FROM held LEFT JOIN told ON told.id = held.id
