DROP TABLE sms_pause;
DROP TABLE conversion_breakers;
DROP TABLE check_counts;
DROP TABLE buckets;
