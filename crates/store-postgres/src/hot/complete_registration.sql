WITH held AS (
    -- The open registrations of the address, locked in one order: of two that are completed at once the later one finds
    -- its own closed, and neither waits for the other in a circle.
    SELECT id FROM challenges
    WHERE target_key = $email_key AND purpose = 'register' AND closed_at IS NULL AND expires_at > $now AND tries < max_tries
    ORDER BY id
    FOR UPDATE
), closed AS (
    UPDATE challenges SET closed_at = $now, successor = $next
    WHERE id = $done AND closed_at IS NULL AND expires_at > $now AND tries < max_tries
        AND (SELECT count(*) FROM held) >= 0
    RETURNING id
), made AS (
    INSERT INTO users $users WHERE EXISTS (SELECT FROM closed)
    ON CONFLICT (email_key) DO NOTHING
    RETURNING id
), siblings AS (
    UPDATE challenges SET closed_at = $now
    FROM held
    WHERE challenges.id = held.id AND held.id <> $done AND EXISTS (SELECT FROM made)
), forgotten AS (
    DELETE FROM registration_drafts WHERE email_key = $email_key AND EXISTS (SELECT FROM made)
), continued AS (
    INSERT INTO challenges $challenges WHERE EXISTS (SELECT FROM made)
), recorded AS (
    INSERT INTO audit_events $audit_events WHERE EXISTS (SELECT FROM made)
)
SELECT EXISTS (SELECT FROM closed) AS was_open, EXISTS (SELECT FROM made) AS is_made
