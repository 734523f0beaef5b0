DROP TABLE pending_authenticators;
