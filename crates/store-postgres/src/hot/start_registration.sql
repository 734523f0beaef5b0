-- Decoys, too, so that time does not tell them apart. $41 to $49: what was given.
WITH started AS (
    INSERT INTO challenges (id, purpose, step, target_kind, target, target_key, subject, user_id, locale, session_id,
        epoch, digits, tries, max_tries, sends, sent_at, created_at, expires_at, closed_at, verified, known_device)
    SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
), posted AS (
    INSERT INTO outbox (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
        expires_at, change_id, leased_until, next_try_at)
    SELECT posted.*, posted.created_at
    FROM unnest($22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34)
        AS posted (id, recipient_kind, recipient, locale, template, challenge_id, epoch, digits, detail, created_at,
            expires_at, change_id, leased_until)
), recorded AS (
    INSERT INTO audit_events (id, at, kind, user_id, session_id, challenge_id)
    SELECT * FROM unnest($35, $36, $37, $38, $39, $40)
)
INSERT INTO registration_drafts (challenge_id, user_id, first_name, last_name, email, email_key, phone, locale, verifier)
VALUES ($41, $42, $43, $44, $45, $46, $47, $48, $49)
