-- What the sweeps go by: registrations are kept for a time of their own.
CREATE INDEX challenges_end_register ON challenges (ends_at) WHERE purpose = 'register';

-- Setups of apps that nobody has confirmed.
CREATE INDEX totp_authenticators_setup ON totp_authenticators (created_at) WHERE confirmed_at IS NULL;
CREATE INDEX pending_authenticators_setup ON pending_authenticators (begun_at) WHERE due_at IS NULL;
