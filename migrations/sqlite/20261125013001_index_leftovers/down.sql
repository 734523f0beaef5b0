DROP INDEX pending_authenticators_setup;
DROP INDEX totp_authenticators_setup;

DROP INDEX challenges_end_register;
