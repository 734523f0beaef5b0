//! The tables as Diesel reads them; the migrations are what makes them.

diesel::table! {
    key_epochs (id) {
        id -> Integer,
        salt -> Binary,
        not_before -> Timestamptz,
        retired_at -> Nullable<Timestamptz>,
        root_check -> Nullable<Binary>,
    }
}

diesel::table! {
    users (id) {
        id -> Uuid,
        first_name -> Text,
        last_name -> Nullable<Text>,
        email -> Text,
        email_key -> Text,
        phone -> Nullable<Text>,
        phone_verified_at -> Nullable<Timestamptz>,
        locale -> Text,
        status -> Text,
        totp_enabled_at -> Nullable<Timestamptz>,
        device_generation -> BigInt,
        new_device_notified_at -> Nullable<Timestamptz>,
        phone_used_at -> Nullable<Timestamptz>,
        verifier -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    challenges (id) {
        id -> Uuid,
        purpose -> Text,
        step -> Text,
        target_kind -> Text,
        target -> Text,
        target_key -> Text,
        phone_channels -> Text,
        subject -> Text,
        verified -> Text,
        user_id -> Nullable<Uuid>,
        locale -> Text,
        session_id -> Nullable<Uuid>,
        epoch -> Integer,
        digits -> SmallInt,
        tries -> SmallInt,
        max_tries -> SmallInt,
        sends -> SmallInt,
        sent_at -> Timestamptz,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        known_device -> Nullable<Binary>,
        successor -> Nullable<Uuid>,
    }
}

diesel::table! {
    registration_drafts (challenge_id) {
        challenge_id -> Uuid,
        user_id -> Uuid,
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
        id -> Uuid,
        name -> Text,
        digest -> Binary,
        created_at -> Timestamptz,
        rotated_at -> Timestamptz,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        user_id -> Uuid,
        carrier -> Text,
        generation -> BigInt,
        rotated_at -> Timestamptz,
        methods -> Text,
        auth_time -> Timestamptz,
        created_at -> Timestamptz,
        last_seen_at -> Timestamptz,
        device -> Nullable<Text>,
        network -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
        fell_back_at -> Nullable<Timestamptz>,
        scope -> Text,
    }
}

diesel::table! {
    outbox (id) {
        id -> Uuid,
        channel -> Text,
        recipient -> Text,
        locale -> Text,
        template -> Text,
        challenge_id -> Nullable<Uuid>,
        epoch -> Nullable<Integer>,
        digits -> Nullable<SmallInt>,
        detail -> Nullable<Text>,
        change_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        tries -> BigInt,
        next_try_at -> Nullable<Timestamptz>,
        leased_until -> Nullable<Timestamptz>,
        failure -> Nullable<Text>,
        dead_since -> Nullable<Timestamptz>,
        provider -> Nullable<Text>,
        reference -> Nullable<Text>,
        failed_provider -> Nullable<Text>,
        sent_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        outcome_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    pending_authenticators (id) {
        id -> Uuid,
        user_id -> Uuid,
        seed -> Bytea,
        epoch -> Integer,
        begun_at -> Timestamptz,
        due_at -> Nullable<Timestamptz>,
        step -> Nullable<BigInt>,
        replaces -> Nullable<Text>,
    }
}

diesel::table! {
    void_claims (phone) {
        phone -> Text,
        made_until -> Timestamptz,
    }
}

diesel::table! {
    pending_numbers (id) {
        id -> Uuid,
        user_id -> Uuid,
        phone -> Text,
        verified_at -> Timestamptz,
        due_at -> Timestamptz,
    }
}

diesel::table! {
    identifier_changes (id) {
        id -> Uuid,
        user_id -> Uuid,
        kind -> Text,
        old -> Nullable<Text>,
        old_verified_at -> Nullable<Timestamptz>,
        new -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    buckets (kind, subject, window_seconds) {
        kind -> Text,
        subject -> Binary,
        window_seconds -> BigInt,
        state -> BigInt,
        fill -> BigInt,
        consecutive -> BigInt,
        blocked_until -> Nullable<BigInt>,
    }
}

diesel::table! {
    schema_floor (is_only) {
        is_only -> Bool,
        version -> Text,
    }
}

diesel::table! {
    sms_pause (is_paused) {
        is_paused -> Bool,
        since -> Timestamptz,
    }
}

diesel::table! {
    conversion_breakers (kind, subject) {
        kind -> Text,
        subject -> Text,
        state -> Text,
        touched_at -> Timestamptz,
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
    totp_authenticators (user_id) {
        user_id -> Uuid,
        seed -> Bytea,
        epoch -> Integer,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        last_step -> Nullable<BigInt>,
        change_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    recovery_codes (user_id, digest) {
        user_id -> Uuid,
        digest -> Bytea,
        made_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(sessions -> users (user_id));
diesel::allow_tables_to_appear_in_same_query!(challenges, sessions);
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(challenges, users);
diesel::allow_tables_to_appear_in_same_query!(identifier_changes, users);
