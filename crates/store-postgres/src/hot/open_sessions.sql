WITH asked AS (
    SELECT * FROM unnest($challenges, $opened, $owners, $instants, $numbers, $verifies_number, $verifiers, $most, $used_after,
            $opened_after, $notes_use)
        AS asked (challenge_id, session_id, user_id, now, number, verifies_number, verifier, most, used_after, opened_after, notes_use)
), event AS (
    SELECT * FROM unnest($events, $event_owners) AS event (id, owner_id)
), notice AS (
    -- Of a number that is verified, and of a device, whose owner must not have been told of another one after unless_notified_since.
    SELECT * FROM unnest($notices, $notice_owners, $unless_notified_since) AS notice (id, owner_id, unless_notified_since)
), owner AS (
    -- Held against being disabled until the session is there to be ended, and against other logins; always before
    -- the challenge, as everybody locks the two in this order.
    SELECT users.* FROM users JOIN asked ON asked.user_id = users.id
    WHERE users.status = 'active'
        AND (asked.number IS NULL OR (users.phone = asked.number AND (asked.verifies_number OR users.phone_verified_at IS NOT NULL)))
        AND (asked.verifier IS NULL OR users.verifier = asked.verifier)
    ORDER BY users.id
    FOR NO KEY UPDATE OF users
), counted AS (
    SELECT owner.*, asked.most, asked.verifies_number,
        count_live_sessions(owner.id, asked.most, asked.used_after, asked.opened_after) AS live_sessions
    FROM owner JOIN asked ON asked.user_id = owner.id
), held AS (
    -- More is to be done where a session must end for this one, or others carry the number that is verified.
    SELECT counted.*, coalesce(live_sessions >= most, false)
        OR (verifies_number AND EXISTS (SELECT FROM users WHERE users.phone = counted.phone AND users.id <> counted.id)) AS is_more
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
    INSERT INTO sessions $sessions
    JOIN asked ON asked.session_id = new.id JOIN closed ON closed.id = asked.challenge_id JOIN held ON held.id = asked.user_id
    RETURNING user_id
), due AS (
    SELECT notice.* FROM notice JOIN held ON held.id = notice.owner_id
    WHERE unless_notified_since IS NULL OR held.new_device_notified_at IS NULL OR held.new_device_notified_at <= unless_notified_since
), noted AS (
    UPDATE users SET phone_verified_at = CASE WHEN asked.verifies_number THEN asked.now ELSE users.phone_verified_at END,
        updated_at = CASE WHEN asked.verifies_number THEN asked.now ELSE users.updated_at END,
        phone_used_at = CASE WHEN asked.notes_use THEN asked.now ELSE users.phone_used_at END,
        new_device_notified_at = CASE WHEN device.id IS NULL THEN users.new_device_notified_at ELSE asked.now END
    FROM opened JOIN asked ON asked.user_id = opened.user_id
        LEFT JOIN due AS device ON device.owner_id = opened.user_id AND device.unless_notified_since IS NOT NULL
    WHERE users.id = opened.user_id AND (asked.verifies_number OR asked.notes_use OR device.id IS NOT NULL)
    RETURNING users.id, users.phone_verified_at, users.phone_used_at, users.new_device_notified_at, users.updated_at
), posted AS (
    INSERT INTO outbox $outbox JOIN due ON due.id = new.id JOIN opened ON opened.user_id = due.owner_id
), recorded AS (
    INSERT INTO audit_events $audit_events JOIN event ON event.id = new.id JOIN opened ON opened.user_id = event.owner_id
)
SELECT asked.session_id, closed.id IS NOT NULL AS is_closed, held.is_more IS TRUE AS is_more, held.live_sessions,
    held.id, held.first_name, held.last_name, held.email, held.email_key, held.phone,
    coalesce(noted.phone_verified_at, held.phone_verified_at) AS phone_verified_at, held.locale, held.status,
    held.totp_enabled_at, held.device_generation,
    coalesce(noted.new_device_notified_at, held.new_device_notified_at) AS new_device_notified_at,
    coalesce(noted.phone_used_at, held.phone_used_at) AS phone_used_at, held.created_at,
    coalesce(noted.updated_at, held.updated_at) AS updated_at
FROM asked
LEFT JOIN closed ON closed.id = asked.challenge_id
LEFT JOIN held ON held.id = asked.user_id
LEFT JOIN noted ON noted.id = asked.user_id
