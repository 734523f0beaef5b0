-- Whether an account has so many live sessions already; those that may only bind take no room. A statement that has waited for the lock of the account
-- does not see what was committed meanwhile; a function does, as it looks anew.
CREATE FUNCTION is_full_of_sessions(account uuid, most integer, used_after timestamptz, opened_after timestamptz)
RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    RETURN most <= (
        SELECT count(*) FROM (
            SELECT FROM sessions
            WHERE user_id = account AND ended_at IS NULL AND scope = 'full' AND last_seen_at > used_after AND created_at > opened_after
            LIMIT most
        ) AS live
    );
END
$$;
