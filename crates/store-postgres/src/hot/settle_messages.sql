WITH settled AS (
    SELECT settled.*
    FROM unnest($ids, $leases, $verdicts, $instants, $reasons, $providers, $references, $outcomes, $outcome_instants)
            AS settled (id, leased_until, verdict, at, reason, provider, reference, outcome, outcome_at),
        (SELECT set_config('synchronous_commit', 'off', true)) AS unflushed
), done AS (
    DELETE FROM outbox USING settled
    WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until AND verdict = 'done'
)
-- What was reported on already was sent, whatever this try has seen.
UPDATE outbox
SET leased_until = NULL,
    tries = tries + CASE WHEN verdict IN ('retry', 'dead') AND outbox.outcome IS NULL THEN 1 ELSE 0 END,
    failure = CASE WHEN outbox.outcome IS NULL THEN coalesce(reason, failure) ELSE failure END,
    next_try_at = CASE WHEN verdict IN ('wait', 'retry') AND outbox.outcome IS NULL THEN at END,
    dead_since = CASE WHEN verdict = 'dead' AND outbox.outcome IS NULL THEN at END,
    provider = coalesce(settled.provider, outbox.provider),
    reference = coalesce(settled.reference, outbox.reference),
    sent_at = coalesce(sent_at, CASE WHEN verdict = 'sent' THEN at END),
    outcome = coalesce(outbox.outcome, settled.outcome),
    outcome_at = coalesce(outbox.outcome_at, settled.outcome_at)
FROM settled
WHERE outbox.id = settled.id AND outbox.leased_until = settled.leased_until AND verdict <> 'done'
