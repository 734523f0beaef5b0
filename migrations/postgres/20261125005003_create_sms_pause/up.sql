-- While there is a row, an operator has stopped all SMS, on every node.
CREATE TABLE sms_pause (
    is_paused boolean PRIMARY KEY CHECK (is_paused),
    since timestamptz NOT NULL
);
