//! The tables as `migrations/sqlite` makes them.

diesel::table! {
    key_epochs (id) {
        id -> Integer,
        salt -> Binary,
        not_before -> BigInt,
        retired_at -> Nullable<BigInt>,
        root_check -> Nullable<Binary>,
    }
}

diesel::table! {
    users (id) {
        id -> Binary,
        first_name -> Text,
        last_name -> Nullable<Text>,
        email -> Text,
        email_key -> Text,
        phone -> Nullable<Text>,
        phone_verified_at -> Nullable<BigInt>,
        locale -> Text,
        status -> Text,
        totp_enabled_at -> Nullable<BigInt>,
        device_generation -> BigInt,
        new_device_notified_at -> Nullable<BigInt>,
        phone_used_at -> Nullable<BigInt>,
        verifier -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

diesel::table! {
    challenges (id) {
        id -> Binary,
        purpose -> Text,
        step -> Text,
        target_kind -> Text,
        target -> Text,
        target_key -> Text,
        phone_channels -> Text,
        subject -> Text,
        verified -> Text,
        user_id -> Nullable<Binary>,
        locale -> Text,
        session_id -> Nullable<Binary>,
        epoch -> Integer,
        digits -> Integer,
        tries -> Integer,
        max_tries -> Integer,
        sends -> Integer,
        sent_at -> BigInt,
        created_at -> BigInt,
        expires_at -> BigInt,
        closed_at -> Nullable<BigInt>,
        ends_at -> BigInt,
        known_device -> Nullable<Binary>,
        successor -> Nullable<Binary>,
    }
}

diesel::table! {
    registration_drafts (challenge_id) {
        challenge_id -> Binary,
        user_id -> Binary,
        first_name -> Text,
        last_name -> Nullable<Text>,
        email -> Text,
        email_key -> Text,
        phone -> Text,
        locale -> Text,
        verifier -> Text,
    }
}

diesel::table! {
    resource_servers (id) {
        id -> Binary,
        name -> Text,
        digest -> Binary,
        created_at -> BigInt,
        rotated_at -> BigInt,
    }
}

diesel::table! {
    sessions (id) {
        id -> Binary,
        user_id -> Binary,
        carrier -> Text,
        generation -> BigInt,
        rotated_at -> BigInt,
        methods -> Text,
        auth_time -> BigInt,
        created_at -> BigInt,
        last_seen_at -> BigInt,
        device -> Nullable<Text>,
        network -> Nullable<Text>,
        ended_at -> Nullable<BigInt>,
        fell_back_at -> Nullable<BigInt>,
        scope -> Text,
    }
}

diesel::table! {
    outbox (id) {
        id -> Binary,
        channel -> Text,
        recipient -> Text,
        locale -> Text,
        template -> Text,
        challenge_id -> Nullable<Binary>,
        epoch -> Nullable<Integer>,
        digits -> Nullable<Integer>,
        detail -> Nullable<Text>,
        change_id -> Nullable<Binary>,
        created_at -> BigInt,
        expires_at -> BigInt,
        tries -> BigInt,
        next_try_at -> Nullable<BigInt>,
        leased_until -> Nullable<BigInt>,
        failure -> Nullable<Text>,
        dead_since -> Nullable<BigInt>,
        provider -> Nullable<Text>,
        reference -> Nullable<Text>,
        failed_provider -> Nullable<Text>,
        sent_at -> Nullable<BigInt>,
        outcome -> Nullable<Text>,
        outcome_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    pending_authenticators (id) {
        id -> Binary,
        user_id -> Binary,
        seed -> Binary,
        epoch -> Integer,
        begun_at -> BigInt,
        due_at -> Nullable<BigInt>,
        step -> Nullable<BigInt>,
        replaces -> Nullable<Text>,
    }
}

diesel::table! {
    void_claims (phone) {
        phone -> Text,
        made_until -> BigInt,
    }
}

diesel::table! {
    pending_numbers (id) {
        id -> Binary,
        user_id -> Binary,
        phone -> Text,
        verified_at -> BigInt,
        due_at -> BigInt,
    }
}

diesel::table! {
    identifier_changes (id) {
        id -> Binary,
        user_id -> Binary,
        kind -> Text,
        old -> Nullable<Text>,
        old_verified_at -> Nullable<BigInt>,
        new -> Text,
        at -> BigInt,
    }
}

diesel::table! {
    audit_events (id) {
        id -> Binary,
        at -> BigInt,
        kind -> Text,
        user_id -> Nullable<Binary>,
        session_id -> Nullable<Binary>,
        challenge_id -> Nullable<Binary>,
    }
}

diesel::table! {
    buckets (kind, subject, window_seconds) {
        kind -> Text,
        subject -> Binary,
        window_seconds -> BigInt,
        state -> BigInt,
        consecutive -> BigInt,
        blocked_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    totp_authenticators (user_id) {
        user_id -> Binary,
        seed -> Binary,
        epoch -> Integer,
        created_at -> BigInt,
        confirmed_at -> Nullable<BigInt>,
        last_step -> Nullable<BigInt>,
        change_id -> Nullable<Binary>,
    }
}

diesel::table! {
    schema_floor (is_only) {
        is_only -> Integer,
        version -> Text,
    }
}

diesel::table! {
    sms_pause (is_paused) {
        is_paused -> Integer,
        since -> BigInt,
    }
}

diesel::table! {
    conversion_breakers (kind, subject) {
        kind -> Text,
        subject -> Text,
        state -> Text,
        touched_at -> BigInt,
    }
}

diesel::table! {
    check_counts (kind, slot) {
        kind -> Text,
        slot -> BigInt,
        failed -> BigInt,
        total -> BigInt,
    }
}

diesel::table! {
    recovery_codes (user_id, digest) {
        user_id -> Binary,
        digest -> Binary,
        made_at -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, sessions);
diesel::allow_tables_to_appear_in_same_query!(users, challenges);
diesel::allow_tables_to_appear_in_same_query!(registration_drafts, challenges);
diesel::allow_tables_to_appear_in_same_query!(challenges, sessions);
diesel::allow_tables_to_appear_in_same_query!(users, identifier_changes);
