-- What follows a right password: the next step of the flow, or a session.
-- most and the instants beside it: how many sessions the account may have, and which ones count, where one follows.
-- unless_notified_since: when its owner may have been told of a new device last, where the message tells of one.
WITH owner AS (
    -- Held against a new password, and against being disabled, until what follows is there to be closed by that, and
    -- against other logins; always before the challenge, as everybody locks the two in this order.
    SELECT * FROM users WHERE id = $owner AND status = 'active' AND verifier = $verifier FOR NO KEY UPDATE
), held AS (
    SELECT owner.*, coalesce(count_live_sessions(owner.id, $most, $used_after, $opened_after) >= $most, false) AS is_full
    FROM owner
), closed AS (
    UPDATE challenges SET closed_at = $now, successor = $next
    WHERE id = $done AND closed_at IS NULL AND expires_at > $now AND tries < max_tries
        AND (SELECT count(*) FROM held WHERE NOT is_full) > 0
    RETURNING id
), done AS (
    SELECT * FROM held WHERE NOT is_full AND ($done IS NULL OR EXISTS (SELECT FROM closed))
), opened AS (
    INSERT INTO sessions $sessions WHERE EXISTS (SELECT FROM done)
), started AS (
    INSERT INTO challenges $challenges WHERE EXISTS (SELECT FROM done)
), told AS (
    UPDATE users SET new_device_notified_at = $now FROM done
    WHERE users.id = done.id AND $unless_notified_since IS NOT NULL
        AND (done.new_device_notified_at IS NULL OR done.new_device_notified_at <= $unless_notified_since)
    RETURNING users.id, users.new_device_notified_at
), posted AS (
    INSERT INTO outbox $outbox
    WHERE EXISTS (SELECT FROM done) AND ($unless_notified_since IS NULL OR EXISTS (SELECT FROM told))
), recorded AS (
    INSERT INTO audit_events $audit_events WHERE EXISTS (SELECT FROM done)
)
SELECT held.id, held.first_name, held.last_name, held.email, held.email_key, held.phone, held.phone_verified_at,
    held.locale, held.status, held.totp_enabled_at, held.device_generation,
    coalesce(told.new_device_notified_at, held.new_device_notified_at) AS new_device_notified_at, held.phone_used_at, held.created_at,
    held.updated_at, held.is_full, EXISTS (SELECT FROM done) AS is_done
FROM held LEFT JOIN told ON told.id = held.id
