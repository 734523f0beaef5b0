-- The factor that a pending authenticator takes the place of; none where it is added to an account that has no app.
ALTER TABLE pending_authenticators ADD COLUMN replaces text CHECK (replaces IN ('sms', 'totp'));
-- Until now apps were held only where they replace a factor.
UPDATE pending_authenticators SET replaces = 'sms';

-- The change that added the app; the key of its notice undoes it. None where no notice had a key.
ALTER TABLE totp_authenticators ADD COLUMN change_id uuid;
CREATE UNIQUE INDEX totp_authenticators_change ON totp_authenticators (change_id) WHERE change_id IS NOT NULL;
