WITH asked AS (
    SELECT * FROM unnest($sessions, $generations, $instants, $events) AS asked (session_id, generation, now, event_id)
), rotated AS (
    UPDATE sessions
    SET generation = asked.generation + 1, rotated_at = asked.now, last_seen_at = greatest(last_seen_at, asked.now)
    FROM asked, users
    WHERE sessions.id = asked.session_id AND sessions.generation = asked.generation AND sessions.ended_at IS NULL
        AND users.id = sessions.user_id AND users.status = 'active'
    RETURNING sessions.id, asked.event_id
), recorded AS (
    INSERT INTO audit_events $audit_events JOIN rotated ON rotated.event_id = new.id
)
SELECT id FROM rotated
