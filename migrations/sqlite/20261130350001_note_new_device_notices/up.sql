-- When the owner was last told of a login from a device that the account did not know: that is told once a day.
ALTER TABLE users ADD COLUMN new_device_told_at INTEGER;
