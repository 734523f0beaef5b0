-- Locked in one order. The transaction is not flushed on its own: a server that loses power forgets the counts of its
-- last moments.
WITH wanted AS (
    SELECT * FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS wanted (kind, subject, seen, changed, place)
), held AS (
    SELECT place FROM wanted JOIN tripwires USING (kind, subject),
        (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed
    WHERE tripwires.state = wanted.seen
    ORDER BY place
    FOR UPDATE OF tripwires
)
UPDATE tripwires SET state = wanted.changed, touched_at = coalesce($5, touched_at)
FROM wanted
WHERE tripwires.kind = wanted.kind AND tripwires.subject = wanted.subject
    AND (SELECT count(*) FROM held) = cardinality($1)
