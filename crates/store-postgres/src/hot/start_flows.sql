WITH started AS (
    INSERT INTO challenges $challenges
), posted AS (
    INSERT INTO outbox $outbox
)
INSERT INTO audit_events $audit_events
