WITH asked AS (
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
            $23)
        AS asked (challenge_id, now, number, proves, verifier, most, used_after, opened_after, notes_use,
            session_id, user_id, carrier, generation, rotated_at, methods, auth_time, created_at, last_seen_at, device,
            network, ended_at, fell_back_at, scope)
), event AS (
    SELECT * FROM unnest($24, $25, $26, $27, $28, $29, $30)
        AS event (owner_id, id, at, kind, user_id, session_id, challenge_id)
), notice AS (
    -- Of a number that is verified, and of a device, whose owner must not have been told of another one after unless_notified_since.
    SELECT * FROM unnest($31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45)
        AS notice (owner_id, unless_notified_since, id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits,
            detail, created_at, expires_at, change_id, leased_until)
), owner AS (
    -- Held against being disabled until the session is there to be ended, and against other logins; always before
    -- the challenge, as everybody locks the two in this order.
    SELECT users.* FROM users JOIN asked ON asked.user_id = users.id
    WHERE users.status = 'active'
        AND (asked.number IS NULL OR (users.phone = asked.number AND (asked.proves OR users.phone_verified_at IS NOT NULL)))
        AND (asked.verifier IS NULL OR users.verifier = asked.verifier)
    ORDER BY users.id
    FOR NO KEY UPDATE OF users
), counted AS (
    SELECT owner.*, asked.most, asked.proves,
        count_live_sessions(owner.id, asked.most, asked.used_after, asked.opened_after) AS live_sessions
    FROM owner JOIN asked ON asked.user_id = owner.id
), held AS (
    -- More is to be done where a session must end for this one, or others carry the number that is verified.
    SELECT counted.*, coalesce(live_sessions >= most, false)
        OR (proves AND EXISTS (SELECT FROM users WHERE users.phone = counted.phone AND users.id <> counted.id)) AS is_more
    FROM counted
), closed AS (
    UPDATE challenges SET closed_at = asked.now
    FROM asked LEFT JOIN held ON held.id = asked.user_id
    WHERE challenges.id = asked.challenge_id
        AND challenges.closed_at IS NULL AND challenges.expires_at > asked.now AND challenges.tries < challenges.max_tries
        AND held.is_more IS NOT TRUE
        AND (SELECT count(*) FROM held) >= 0
    RETURNING challenges.id
), opened AS (
    INSERT INTO sessions (id, user_id, carrier, generation, rotated_at, methods, auth_time, created_at, last_seen_at,
        device, network, ended_at, fell_back_at, scope)
    SELECT asked.session_id, asked.user_id, asked.carrier, asked.generation, asked.rotated_at, asked.methods,
        asked.auth_time, asked.created_at, asked.last_seen_at, asked.device, asked.network, asked.ended_at,
        asked.fell_back_at, asked.scope
    FROM asked JOIN closed ON closed.id = asked.challenge_id JOIN held ON held.id = asked.user_id
    RETURNING user_id
), due AS (
    SELECT notice.* FROM notice JOIN held ON held.id = notice.owner_id
    WHERE unless_notified_since IS NULL OR held.new_device_notified_at IS NULL OR held.new_device_notified_at <= unless_notified_since
), noted AS (
    UPDATE users SET phone_verified_at = CASE WHEN asked.proves THEN asked.now ELSE users.phone_verified_at END,
        updated_at = CASE WHEN asked.proves THEN asked.now ELSE users.updated_at END,
        phone_used_at = CASE WHEN asked.notes_use THEN asked.now ELSE users.phone_used_at END,
        new_device_notified_at = CASE WHEN device.id IS NULL THEN users.new_device_notified_at ELSE asked.now END
    FROM opened JOIN asked ON asked.user_id = opened.user_id
        LEFT JOIN due AS device ON device.owner_id = opened.user_id AND device.unless_notified_since IS NOT NULL
    WHERE users.id = opened.user_id AND (asked.proves OR asked.notes_use OR device.id IS NOT NULL)
    RETURNING users.id, users.phone_verified_at, users.phone_used_at, users.new_device_notified_at, users.updated_at
), posted AS (
    INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
        expires_at, change_id, leased_until, next_try_at)
    SELECT due.id, due.recipient_kind, due.recipient, due.locale, due.template, due.challenge_id, due.epoch, due.digits,
        due.detail, due.created_at, due.expires_at, due.change_id, due.leased_until, due.created_at
    FROM due JOIN opened ON opened.user_id = due.owner_id
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT event.id, event.at, event.kind, event.user_id, event.session_id, event.challenge_id
    FROM event JOIN opened ON opened.user_id = event.owner_id
)
SELECT asked.session_id, closed.id IS NOT NULL AS is_closed, held.is_more IS TRUE AS is_more, held.live_sessions,
    held.id, held.first_name, held.last_name, held.email, held.phone,
    coalesce(noted.phone_verified_at, held.phone_verified_at) AS phone_verified_at, held.locale, held.status,
    held.totp_enabled_at, held.device_generation,
    coalesce(noted.new_device_notified_at, held.new_device_notified_at) AS new_device_notified_at,
    coalesce(noted.phone_used_at, held.phone_used_at) AS phone_used_at, held.created_at,
    coalesce(noted.updated_at, held.updated_at) AS updated_at
FROM asked
LEFT JOIN closed ON closed.id = asked.challenge_id
LEFT JOIN held ON held.id = asked.user_id
LEFT JOIN noted ON noted.id = asked.user_id
