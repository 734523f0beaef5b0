-- While there is a row, an operator has stopped all SMS, on every node.
CREATE TABLE sms_pause (
    is_paused INTEGER NOT NULL PRIMARY KEY CHECK (is_paused = 1),
    since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
