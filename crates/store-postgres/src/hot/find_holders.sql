SELECT asked.number, holder.*
FROM unnest($numbers) AS asked (number)
CROSS JOIN LATERAL (
    SELECT id, first_name, last_name, email, email_key, phone, phone_verified_at, locale, status, totp_enabled_at,
        device_generation, new_device_notified_at, phone_used_at, created_at, updated_at
    FROM users WHERE users.phone = asked.number
    -- As the index has them: the owner, then the claimants.
    ORDER BY phone_verified_at, created_at, id
    LIMIT $most
) AS holder
