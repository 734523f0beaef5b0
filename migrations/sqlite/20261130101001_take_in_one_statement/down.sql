DROP INDEX tripwires_closed;
