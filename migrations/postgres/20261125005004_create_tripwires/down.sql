DROP TABLE tripwires;
