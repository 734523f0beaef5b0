WITH asked AS (
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9)
        AS asked (session_id, generation, now, event_id, event_at, event_kind, event_user, event_session, event_challenge)
), rotated AS (
    UPDATE sessions
    SET generation = asked.generation + 1, rotated_at = asked.now, last_seen_at = greatest(last_seen_at, asked.now)
    FROM asked, users
    WHERE sessions.id = asked.session_id AND sessions.generation = asked.generation AND sessions.ended_at IS NULL
        AND users.id = sessions.user_id AND users.status = 'active'
    RETURNING sessions.id
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT event_id, event_at, event_kind, event_user, event_session, event_challenge
    FROM asked JOIN rotated ON rotated.id = asked.session_id
)
SELECT id FROM rotated
