DROP TABLE sms_pause;
