-- Locked in one order. The transaction is not flushed on its own: a server that loses power forgets the counts of its
-- last moments.
WITH wanted AS (
    SELECT * FROM unnest($kinds, $subjects, $seen, $changed) WITH ORDINALITY AS wanted (kind, subject, seen, changed, place)
), held AS (
    SELECT place FROM wanted JOIN conversion_breakers USING (kind, subject),
        (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed
    WHERE conversion_breakers.state = wanted.seen
    ORDER BY place
    FOR UPDATE OF conversion_breakers
)
UPDATE conversion_breakers SET state = wanted.changed, touched_at = coalesce($touched_at, touched_at)
FROM wanted
WHERE conversion_breakers.kind = wanted.kind AND conversion_breakers.subject = wanted.subject
    AND (SELECT count(*) FROM held) = (SELECT count(*) FROM wanted)
