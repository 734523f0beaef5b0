-- Decoys, too, so that time does not tell them apart.
WITH started AS (
    INSERT INTO challenges $challenges
), posted AS (
    INSERT INTO outbox $outbox
), recorded AS (
    INSERT INTO audit_events $audit_events
)
INSERT INTO registration_drafts $registration_drafts
