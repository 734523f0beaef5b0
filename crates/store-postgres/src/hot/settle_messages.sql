WITH settled AS (
    SELECT settled.*
    FROM unnest($1, $2, $3, $4, $5) AS settled (id, leased_until, verdict, at, reason),
        (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed
), done AS (
    DELETE FROM outbox USING settled
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until AND verdict = 'done'
)
UPDATE outbox
SET leased_until = NULL, tries = tries + CASE WHEN verdict = 'wait' THEN 0 ELSE 1 END, failure = coalesce(reason, failure),
    next_try_at = CASE WHEN verdict = 'dead' THEN NULL ELSE at END,
    dead_since = CASE WHEN verdict = 'dead' THEN at END
FROM settled
WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until AND verdict <> 'done'
