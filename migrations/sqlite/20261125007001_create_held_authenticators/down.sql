DROP TABLE held_authenticators;
