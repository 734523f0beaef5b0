WITH owner AS (
    -- The account first, so that whatever closes all its flows sees the next challenge, too.
    SELECT id FROM users WHERE id = $owner FOR NO KEY UPDATE
), closed AS (
    UPDATE challenges SET closed_at = $now, successor = $next
    WHERE id = $done AND closed_at IS NULL AND expires_at > $now AND tries < max_tries
        AND (SELECT count(*) FROM owner) >= 0
    RETURNING id
), started AS (
    INSERT INTO challenges $challenges WHERE EXISTS (SELECT FROM closed)
), posted AS (
    INSERT INTO outbox $outbox WHERE EXISTS (SELECT FROM closed)
)
INSERT INTO audit_events $audit_events WHERE EXISTS (SELECT FROM closed)
