/// Makes a test of every rule that a store must keep: `conformance!(fresh)`.
///
/// `fresh` is an `async fn() -> (Stores, Guard)` that gives an empty store; the guard, which
/// may be `()`, lives as long as the test. Tests are named `port::rule`.
#[macro_export]
macro_rules! conformance {
    ($fresh:expr) => {
        $crate::conformance_cases! { $fresh;
            users {
                nobody_is_found_where_nobody_is,
                an_address_is_compared_by_its_key,
                a_verifier_is_that_of_its_account,
                a_number_has_the_credentials_of_who_has_verified_it,
                a_number_has_one_owner_and_others_who_claim_it,
                at_most_100_claimants_are_told_of_the_oldest_first,
                disabled_accounts_are_found_too,
            }
            claims {
                all_of_250_claimants_lose_a_number_that_another_proves_in_batches_of_100,
                a_proof_that_names_all_claimants_leaves_no_void_claims,
                who_claims_a_number_after_it_was_verified_keeps_the_claim,
                who_has_verified_the_number_since_or_lost_it_is_not_dropped_or_told,
                of_many_who_drop_the_same_claims_at_once_one_does,
            }
            challenges {
                what_was_never_started_is_not_found,
                every_kind_of_challenge_reads_back_as_it_was_started,
                every_field_of_a_challenge_is_kept,
                a_wrong_try_is_counted_and_recorded,
                the_last_wrong_try_ends_the_challenge,
                a_challenge_ends_at_its_last_instant,
                a_closed_or_unknown_challenge_counts_nothing,
                of_200_wrong_tries_at_once_as_many_count_as_are_left,
                what_ended_before_is_forgotten_and_the_rest_is_kept,
                registrations_and_other_flows_are_forgotten_apart,
                the_draft_of_a_forgotten_registration_is_forgotten_too,
                no_more_are_forgotten_than_the_limit,
                what_many_purge_at_once_is_told_once,
            }
            flows {
                a_start_writes_challenge_message_and_event,
                a_flow_is_found_with_its_account_where_there_is_one,
                a_start_without_a_message_sends_nothing,
                a_start_that_fails_leaves_nothing,
                a_resend_is_counted_sent_and_recorded,
                a_resend_without_a_message_is_counted_and_sends_nothing,
                a_resend_that_saw_another_count_is_lost,
                a_resend_needs_an_open_challenge,
                of_many_resends_at_once_one_is_written,
                an_advance_closes_one_challenge_and_starts_the_next,
                an_advance_needs_an_open_challenge,
                an_advance_that_fails_closes_nothing,
                of_many_advances_at_once_one_wins,
            }
            repeats {
                the_same_submit_gets_the_same_successor_again,
                a_step_that_was_met_too_long_ago_is_not_repeated,
                a_step_that_is_open_or_unknown_is_not_repeated,
                a_successor_that_was_gone_on_with_is_not_given_again,
                what_is_cut_off_is_never_given_again_and_stays_open,
                a_registration_is_followed_by_its_continuation,
                a_right_password_is_followed_by_the_second_factor,
                of_many_submits_at_once_all_get_the_one_successor,
            }
            registrations {
                a_start_writes_challenge_draft_message_and_event,
                a_start_that_sends_nothing_leaves_all_but_a_message,
                a_start_makes_no_account,
                a_start_that_fails_leaves_nothing,
                an_unknown_registration_has_no_draft,
                one_address_may_be_registered_many_times_at_once,
                a_start_may_hold_its_message_for_its_process,
                a_draft_keeps_all_that_was_given,
            }
            completions {
                a_completion_makes_the_account,
                every_field_of_an_account_is_kept,
                a_completion_needs_an_open_challenge,
                a_completion_that_fails_leaves_nothing,
                other_registrations_of_the_address_end_and_are_forgotten,
                other_flows_about_the_address_go_on,
                a_taken_address_closes_the_challenge_and_makes_nothing,
                of_many_completions_at_once_one_makes_the_account,
                of_many_registrations_of_one_address_one_makes_an_account,
                a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all,
            }
            phone_logins {
                the_owner_of_a_number_gets_a_session,
                every_field_of_a_session_is_kept,
                a_login_whose_checked_password_has_changed_is_refused,
                a_login_whose_checked_password_is_still_good_is_opened,
                a_login_needs_an_open_challenge,
                a_disabled_account_is_refused_and_the_challenge_closed,
                an_account_that_does_not_carry_the_number_is_refused,
                a_claim_without_a_proof_is_refused,
                of_many_right_codes_at_once_one_opens_a_session,
                a_right_code_among_wrong_ones_wins_before_the_last_try_or_not_at_all,
            }
            phone_proofs {
                a_first_login_proves_the_number,
                a_number_that_nobody_else_carries_is_verified_with_a_notice_that_may_be_held,
                a_number_that_somebody_claims_meanwhile_is_verified_all_the_same,
                a_number_that_somebody_else_verified_is_lost_until_one_looks_again,
                whoever_lost_the_number_to_another_proof_is_refused,
                only_those_who_still_carry_the_number_lose_it_and_are_told,
                a_login_that_fails_leaves_nothing,
                of_many_accounts_that_prove_one_number_at_once_one_owns_it,
                a_number_is_verified_for_accounts_that_saw_nobody_else_one_at_a_time,
                many_first_logins_of_one_account_leave_it_the_owner,
            }
            profiles {
                new_names_are_kept,
                one_name_is_changed_and_the_other_left,
                a_last_name_is_removed_and_given_again,
                a_flow_that_is_started_changes_nothing_else,
                a_new_password_takes_the_place_of_the_old,
                a_new_password_ends_every_other_session,
                a_new_password_closes_open_challenges_before_its_own_flow_starts,
                a_new_password_closes_decoys_like_real_changes,
                other_changes_leave_sessions_and_flows_alone,
                a_password_that_changed_in_between_is_lost,
                a_change_in_a_session_that_has_ended_is_lost,
                no_flow_that_starts_at_the_same_time_outlives_a_new_password,
                an_account_that_is_not_active_is_not_changed,
                a_change_that_fails_leaves_nothing,
                of_many_changes_of_one_password_one_is_made,
                no_rotation_at_the_same_time_outlives_a_new_password,
            }
            new_addresses {
                the_new_address_takes_the_place_of_the_old,
                a_new_address_whose_session_has_ended_is_void,
                the_old_address_is_free_again,
                an_address_may_change_its_spelling,
                other_sessions_end_and_the_kept_one_goes_on,
                without_a_session_all_of_them_end,
                a_change_needs_an_open_challenge,
                the_challenge_of_a_disabled_account_is_closed,
                the_address_of_another_account_is_taken,
                a_change_that_fails_leaves_nothing,
                of_many_right_codes_at_once_one_changes_the_address,
                of_many_who_prove_one_address_at_once_one_gets_it,
            }
            new_devices {
                an_owner_is_told_of_a_new_device,
                an_owner_who_was_told_lately_is_told_of_no_other_device,
                a_login_that_proves_the_number_or_needs_room_tells_of_its_device,
                a_login_by_password_alone_tells_of_its_device,
                the_notice_of_a_device_may_be_held_for_its_process,
                a_login_that_opens_nothing_tells_of_no_device,
                of_many_logins_at_once_from_new_devices_one_is_told,
            }
            number_uses {
                a_login_notes_that_its_number_was_used,
                a_login_that_needs_room_notes_that_its_number_was_used,
                a_login_notes_the_use_and_tells_of_its_device,
                a_login_that_opens_nothing_notes_no_use,
                an_account_is_taken_over_with_the_use_of_its_number,
            }
            new_numbers {
                the_new_number_takes_the_place_of_the_old,
                a_new_number_whose_session_has_ended_is_void,
                those_who_carry_the_number_lose_it_and_are_told,
                other_sessions_end_and_the_kept_one_goes_on,
                without_a_session_all_of_them_end,
                a_change_needs_an_open_challenge,
                the_challenge_of_a_disabled_account_is_closed,
                a_number_that_somebody_else_verified_is_taken_until_one_looks_again,
                a_change_that_fails_leaves_nothing,
                of_many_right_codes_at_once_one_changes_the_number,
                of_many_who_prove_one_number_at_once_one_owns_it,
                a_login_and_a_change_that_prove_one_number_leave_one_owner,
            }
            sessions {
                a_rotation_moves_the_generation_on_and_notes_the_use,
                a_rotation_from_another_generation_is_lost,
                sessions_that_ended_or_never_were_are_not_rotated,
                of_many_rotations_at_once_one_moves_it_on,
                a_use_is_noted_and_never_moved_back,
                a_use_of_what_has_ended_is_not_noted,
                the_use_of_an_unknown_session_changes_nothing,
                of_many_uses_at_once_the_last_is_noted,
                an_end_is_kept_and_recorded,
                a_session_ends_once,
                of_many_ends_at_once_one_ends_it,
                no_rotation_brings_an_ending_session_back,
            }
            session_lookup {
                an_unknown_session_is_not_found,
                a_session_is_found_with_its_user,
                an_ended_session_is_found_too,
                a_reused_session_ends_and_its_owner_is_told,
                nobody_is_told_of_a_session_that_had_ended_or_never_was,
                an_end_that_fails_ends_nothing,
                of_many_reuses_at_once_one_writes_its_notice,
                of_ends_and_reuses_at_once_one_ends_it,
            }
            batches {
                of_takes_at_once_each_comes_to_its_own_outcome,
                looks_at_once_each_find_their_own,
                of_refreshes_at_once_those_that_are_good_succeed,
                of_refreshes_at_once_one_that_fails_fails_alone,
                callers_that_go_away_disturb_nobody,
                of_refreshes_at_once_one_that_fails_two_that_race_and_one_that_goes_away_disturb_nobody,
                of_settlements_at_once_each_comes_to_its_own_verdict,
                of_starts_at_once_one_that_fails_fails_alone,
                of_logins_at_once_each_comes_to_its_own_outcome,
                of_logins_at_once_one_that_fails_fails_alone,
            }
            own_sessions {
                an_account_lists_its_sessions_the_last_used_first,
                sessions_that_ended_or_were_not_used_since_are_not_listed,
                all_others_end_and_the_kept_one_goes_on,
                a_proof_is_noted_in_a_live_session_that_is_as_it_was_seen,
                one_that_may_only_bind_outlives_the_end_of_all_others,
                where_there_are_no_others_nothing_is_written,
                a_session_that_ended_or_is_anothers_ends_no_others,
                of_sessions_that_end_each_other_at_once_one_goes_on,
                a_fall_back_is_noted_once_between_two_uses,
                a_session_that_has_ended_does_not_fall_back,
                of_many_fall_backs_at_once_one_is_recorded,
                what_is_over_long_enough_is_forgotten_and_the_rest_is_kept,
                no_more_are_forgotten_than_the_limit,
                what_many_purge_at_once_is_told_once,
            }
            session_clients {
                clients_from_before_an_instant_are_forgotten_and_no_others,
                a_half_told_client_is_forgotten_and_one_of_which_nothing_is_kept_does_not_count,
                the_client_of_a_session_that_has_ended_is_forgotten_too,
                the_oldest_clients_are_forgotten_first_and_no_more_than_the_limit,
                clients_that_many_purge_at_once_are_told_of_once,
            }
            session_caps {
                one_session_too_many_ends_the_least_recently_used,
                a_login_that_proves_its_number_makes_room_too,
                one_that_may_only_bind_is_not_ended_for_room,
                nobody_is_told_where_there_is_room,
                sessions_that_ended_take_no_room,
                a_lower_limit_ends_several_and_tells_once,
                others_keep_their_sessions,
                a_login_that_fails_ends_nothing,
                of_64_logins_at_once_no_more_are_left_than_fit,
            }
            step_ups {
                a_step_up_moves_its_session_on,
                a_step_up_needs_an_open_challenge,
                a_session_that_moved_on_or_ended_is_lost,
                of_many_right_codes_at_once_one_steps_up,
                of_step_ups_and_renewals_at_once_one_moves_the_session_on,
            }
            accounts {
                a_disabled_account_keeps_all_but_its_status,
                disabling_ends_the_sessions_of_the_account,
                disabling_closes_the_open_challenges_of_the_account,
                disabling_closes_decoys_like_real_changes,
                an_enabled_account_starts_without_sessions,
                the_status_an_account_has_changes_nothing,
                an_unknown_account_is_not_found,
                of_many_operators_at_once_one_changes_the_status,
                no_login_at_the_same_time_leaves_a_session_behind,
                no_rotation_at_the_same_time_keeps_a_session_alive,
            }
            password_logins {
                a_right_password_starts_the_next_step,
                a_right_password_closes_the_step_that_asked_for_it,
                a_next_step_may_hold_its_message_for_its_process,
                what_goes_on_clears_its_lockouts_and_what_does_not_clears_none,
                a_right_password_opens_a_session,
                a_step_that_is_not_open_leads_nowhere,
                a_verifier_that_changed_in_between_is_lost,
                what_is_lost_is_said_before_what_is_closed,
                a_disabled_account_is_lost,
                a_step_that_fails_leaves_nothing,
                of_many_right_passwords_at_once_one_goes_on,
                no_more_sessions_than_its_room_are_opened_at_once,
                no_right_password_at_the_same_time_outlives_a_reset,
                a_rehash_changes_the_verifier_and_nothing_else,
                a_rehash_undoes_no_change_of_the_password,
                of_many_rehashes_at_once_one_is_written,
            }
            recoveries {
                an_account_is_found_by_the_key_of_its_address,
                an_address_that_was_changed_recovers_nothing_for_a_while,
                a_reset_closes_the_other_ones_of_its_account_and_nobody_elses,
                a_reset_sets_the_password_and_tells,
                a_reset_ends_every_session,
                a_reset_closes_all_that_is_under_way,
                a_reset_needs_an_open_challenge,
                the_challenge_of_a_disabled_account_is_closed,
                a_change_of_address_closes_open_resets,
                of_many_right_codes_at_once_one_sets_the_password,
                of_many_resets_of_one_account_at_once_one_sets_the_password,
            }
            bindings {
                a_right_code_opens_a_session_that_may_only_bind,
                a_session_that_may_only_bind_needs_an_open_challenge_and_an_active_account,
                a_session_that_may_only_bind_takes_room,
                of_many_right_codes_one_opens_a_session_that_may_only_bind,
                a_number_is_held_and_its_owner_told,
                a_number_is_not_held_for_a_session_that_has_ended_or_twice,
                a_later_number_takes_the_place_of_the_one_held_before,
                what_is_due_is_found_the_longest_due_first,
                a_held_number_takes_effect_once_and_ends_every_session,
                a_held_number_that_somebody_verified_meanwhile_is_looked_at_again,
                an_objection_ends_every_session_and_closes_all_that_is_under_way,
                what_closes_all_that_is_under_way_calls_off_a_held_number,
                an_app_that_is_confirmed_or_removed_calls_off_a_held_number_save_in_a_session_of_it,
                what_is_forgotten_takes_no_effect,
                of_an_effect_and_an_objection_at_once_one_is_made,
            }
            pending_authenticators {
                an_app_waits_beside_the_confirmed_one_and_is_held_by_its_first_code,
                nothing_is_held_where_there_is_no_account_or_no_session,
                an_app_that_was_held_where_there_was_none_is_the_first,
                an_app_that_is_confirmed_calls_off_any_that_was_begun_before,
                of_an_app_confirmed_and_one_due_at_once_one_counts,
                beginning_anew_takes_the_place_of_what_is_held,
                a_setup_is_held_and_waits_for_its_first_code_no_more,
                no_setup_is_held_of_another_seed_session_or_account,
                what_is_added_pushes_aside_what_replaces_nothing_and_nothing_else,
                an_app_that_is_added_counts_when_it_is_due_and_ends_no_session,
                an_app_that_replaces_the_number_outlives_what_is_done_in_its_sessions,
                an_app_that_is_added_is_called_off_by_a_new_password,
                apps_that_are_due_are_found_the_longest_due_first,
                an_app_that_is_due_replaces_the_lost_one_once,
                an_app_that_is_held_is_no_setup,
                an_app_that_waits_for_its_first_code_takes_no_effect,
                an_objection_keeps_the_app_and_ends_every_session,
                resets_removals_new_numbers_and_disabling_call_off_a_pending_authenticator,
                seeds_that_are_held_are_counted_and_moved_like_all,
                who_is_signed_out_or_deleted_has_nothing_held,
                neither_seed_of_a_user_is_missed_between_two_lists,
                a_seed_that_was_moved_is_held_as_it_is,
                a_seed_that_takes_effect_while_it_is_moved_is_moved,
                of_effects_and_objections_at_once_one_is_made,
            }
            undos {
                an_unknown_change_is_not_found,
                every_kind_of_change_reads_back_as_it_was_made,
                changes_are_found_with_later_ones_and_with_those_of_the_window_before,
                the_address_from_before_counts_again,
                the_number_from_before_counts_again,
                where_no_number_was_there_is_none_again,
                an_undo_ends_every_session_and_closes_all_that_is_under_way,
                a_change_is_undone_once,
                a_change_that_was_made_in_between_is_looked_at_again,
                what_somebody_else_has_verified_is_taken,
                a_disabled_account_gets_nothing_back,
                an_undo_that_fails_leaves_nothing,
                old_changes_are_forgotten_up_to_the_limit,
                of_many_undos_at_once_one_is_made,
                an_app_that_was_confirmed_since_goes_and_one_from_before_stays,
                an_app_that_was_added_is_undone_once,
                a_session_that_may_only_bind_is_undone_once_and_ended_or_not,
                an_undo_ends_all_that_a_thief_may_have_left,
                a_setup_that_waits_is_undone_too,
            }
            deletions {
                a_signed_out_account_has_no_session_and_no_open_challenge,
                those_who_are_signed_out_may_log_in_again,
                a_deleted_account_is_gone_with_all_it_had,
                address_and_number_of_a_deleted_account_are_free_again,
                what_belongs_to_others_outlives_a_deletion,
                nobody_is_signed_out_or_deleted_where_nobody_is,
                of_many_deletions_at_once_one_deletes,
                no_login_at_the_same_time_outlives_a_deletion,
            }
            imports {
                an_imported_account_is_as_it_was_given,
                a_taken_address_tells_since_when_and_changes_nothing,
                a_number_that_another_account_has_verified_is_taken,
                a_number_may_be_claimed_by_many_imported_accounts,
                one_that_cannot_be_made_does_not_keep_the_others_from_it,
                of_many_imports_of_one_address_one_makes_an_account,
            }
            setups {
                setups_from_before_an_instant_are_forgotten_and_confirmed_apps_are_not,
                setups_beside_another_app_are_forgotten_and_the_app_is_not,
                setups_that_many_purge_at_once_are_told_of_once,
            }
            authenticators {
                there_is_none_before_one_is_begun,
                an_app_that_is_begun_waits_and_is_no_factor,
                beginning_anew_takes_the_place_of_what_waits,
                a_confirmed_app_is_not_begun_anew,
                nothing_is_begun_for_an_account_that_is_not_active,
                nothing_is_changed_from_a_session_that_has_ended,
                nothing_is_changed_by_a_password_that_changed_in_between,
                a_confirmation_switches_the_app_on,
                a_confirmation_of_another_setup_is_lost,
                a_confirmation_that_fails_leaves_nothing,
                of_many_confirmations_at_once_one_counts,
                a_removal_takes_the_app_and_its_recovery_codes,
                a_removal_of_another_setup_is_lost,
                of_many_removals_at_once_one_counts,
            }
            totp_codes {
                a_right_code_moves_the_last_step_on,
                a_step_that_was_used_or_is_earlier_is_refused,
                no_code_counts_for_an_app_that_waits_or_is_another,
                of_32_uses_of_one_code_at_once_one_wins,
                a_right_code_puts_a_successor_in_the_place_of_its_step,
                a_code_for_a_step_that_is_closed_is_not_used_up,
                of_many_codes_for_one_step_at_once_one_wins_and_none_is_a_guess,
            }
            sealed_seeds {
                seeds_are_counted_and_listed_by_their_epoch,
                a_seed_that_is_another_one_now_is_left_alone,
                seeds_that_many_move_at_once_are_moved_once,
            }
            recovery_codes {
                a_recovery_code_proves_a_step_or_is_not_used_up,
                a_recovery_code_is_good_once_and_its_owner_is_told,
                any_of_the_digests_that_it_may_have_will_do,
                the_recovery_codes_of_another_user_are_none,
                no_recovery_code_counts_for_another_setup,
                new_codes_take_the_place_of_all_others,
                codes_are_not_made_for_another_setup,
                of_many_uses_of_one_code_at_once_one_wins,
            }
            outbox {
                an_empty_outbox_gives_nothing,
                every_kind_of_message_reads_back_as_it_was_written,
                a_message_is_due_at_once,
                the_oldest_due_are_claimed_first_and_no_more_than_the_limit,
                a_held_message_is_not_claimed_until_its_lease_ends,
                a_message_written_under_a_lease_is_its_holders_until_that_ends,
                what_is_done_is_forgotten,
                a_retry_counts_the_try_and_waits,
                what_waits_for_others_is_due_then_and_has_no_try_counted,
                a_retry_is_due_by_its_own_instant,
                a_dead_message_is_never_claimed_again,
                a_message_past_its_use_is_claimed_so_that_it_can_be_forgotten,
                a_settlement_under_another_lease_changes_nothing,
                a_late_settlement_holds_if_nobody_else_has_claimed,
                a_settlement_of_what_is_gone_changes_nothing,
                many_messages_are_settled_in_one_step,
                no_message_is_held_by_two_workers,
                of_many_settlements_at_once_one_counts,
            }
            outbox_entries {
                what_waits_is_listed_first_due_first,
                what_is_dead_is_listed_latest_first_with_the_reason,
                a_message_is_found_while_it_is_there,
                a_dead_message_that_is_revived_is_due_with_no_try_counted,
                what_is_not_dead_or_gone_is_not_retried,
                what_has_expired_stays_dead,
                all_that_is_dead_and_worth_sending_is_revived_in_one_step,
                of_many_revivals_at_once_one_counts,
                what_is_dead_is_forgotten_once_nobody_can_revive_it,
                no_more_of_the_dead_are_forgotten_than_the_limit,
            }
            buckets {
                an_unknown_bucket_is_full,
                all_buckets_are_taken_or_none,
                all_rates_of_a_limit_must_admit,
                a_refusal_tells_which_rows_and_when,
                a_refusal_takes_nothing,
                a_cost_above_the_burst_is_never_admitted,
                what_is_off_or_costs_nothing_is_admitted,
                a_bucket_named_twice_is_taken_twice,
                units_come_back_one_by_one,
                a_store_takes_as_the_arithmetic_says,
                a_lease_takes_its_units_and_tells_what_is_left,
                leases_are_granted_and_refused_each_by_itself,
                of_many_leases_at_once_no_more_is_leased_than_there_is,
                a_peek_takes_nothing,
                a_refund_gives_back_and_never_more_than_a_full_bucket,
                a_reset_fills_all_windows_of_one_bucket_alone,
                a_clock_that_steps_back_finds_a_bucket_no_fuller,
                a_smaller_limit_counts_at_once,
                kinds_and_subjects_have_buckets_of_their_own,
                full_rows_are_forgotten_and_no_others,
                no_more_are_forgotten_than_the_limit,
                of_200_takes_at_once_exactly_ten_are_admitted,
                of_many_takes_from_crossing_buckets_none_takes_a_part,
                of_many_refunds_at_once_each_gives_back_its_own,
                what_many_purge_at_once_is_told_once,
                no_forgetting_at_the_same_time_makes_a_bucket_fuller,
            }
            conversion_breakers {
                a_destination_that_was_never_sent_to_is_not_found,
                a_send_is_counted_on_every_wire,
                a_closed_destination_counts_on_none,
                closed_destinations_are_listed_and_no_others,
                a_code_that_came_back_is_counted_by_its_send,
                a_reopened_destination_starts_anew,
                untouched_destinations_are_forgotten_and_no_others,
                of_many_sends_at_once_fifty_pass,
                of_many_sends_over_crossing_destinations_none_counts_a_part,
            }
            check_counts {
                what_nodes_count_is_added_up_by_slot,
                kinds_are_counted_apart_and_forgotten_apart,
                of_many_that_add_at_once_none_is_lost,
            }
            lockouts {
                a_lockout_waits_and_ends_as_its_policy_says,
                a_try_that_is_not_compared_changes_nothing,
                keys_have_lockouts_of_their_own,
                a_try_counts_in_all_its_lockouts_or_in_none,
                a_cleared_lockout_starts_anew,
                an_authenticator_that_is_bound_anew_has_no_lockouts_of_anybody,
                a_try_that_was_never_compared_is_put_back_where_nothing_came_after_it,
                what_nobody_has_added_to_is_purged_even_if_it_is_disabled,
                of_many_tries_at_once_no_more_are_compared_than_one_after_the_other,
                of_many_tries_by_many_sessions_at_once_no_more_are_compared_than_all_may_have,
                of_many_tries_with_clears_among_them_none_deadlocks,
            }
            incidents {
                what_is_recorded_is_kept_as_it_was_told,
                a_notice_is_sent_with_its_event_or_neither_is_there,
            }
            sms_switch {
                sms_is_not_paused_at_first,
                a_pause_is_kept_and_recorded,
                a_second_pause_changes_nothing,
                a_resumption_is_recorded_once,
                of_many_who_turn_it_at_once_one_has_changed_it,
            }
            epochs {
                there_are_none_before_one_is_added,
                epochs_read_back_oldest_first,
                a_taken_number_keeps_its_epoch,
                nodes_that_add_one_number_at_once_all_see_one_epoch,
                a_retired_epoch_says_since_when,
                an_epoch_is_retired_once,
                an_unknown_epoch_is_not_retired,
                an_epoch_without_one_in_its_place_is_needed,
                of_many_that_retire_every_epoch_at_once_one_epoch_stays,
            }
            epoch_uses {
                nothing_depends_on_an_epoch_that_was_not_used,
                a_flow_depends_on_its_epoch_while_it_is_open,
                a_session_in_tokens_depends_on_the_epoch_of_its_last_rotation,
                a_session_by_cookie_depends_on_every_epoch_in_which_it_was_used,
                sessions_that_ended_or_were_long_unused_depend_on_nothing,
            }
            sealed_verifiers {
                verifiers_are_counted_by_their_key,
                registrations_count_while_they_are_open,
                verifiers_are_listed_by_user_in_batches,
                a_replaced_verifier_is_under_its_new_key_and_nothing_else_has_changed,
                a_verifier_that_has_changed_is_left_alone,
                nothing_to_replace_replaces_nothing,
                of_many_nodes_that_replace_one_verifier_one_does,
                batches_that_overlap_in_any_order_are_done,
                every_kind_of_verifier_is_told_once_while_it_is_on_file,
                where_nobody_has_a_verifier_there_is_no_kind,
            }
            resource_servers {
                what_was_never_registered_is_unknown,
                what_is_registered_reads_back,
                a_name_is_given_once,
                of_many_that_want_one_name_at_once_one_gets_it,
                a_new_secret_takes_the_place_of_the_old,
                an_unknown_one_gets_no_secret,
                what_is_removed_is_unknown_and_its_name_is_free,
                of_many_removals_at_once_one_is_done,
                no_secret_brings_a_removed_one_back,
            }
            audit {
                every_kind_of_event_reads_back_as_it_was_written,
                events_outlive_what_they_tell_of,
                events_from_before_an_instant_are_forgotten_and_no_others,
                the_oldest_events_are_forgotten_first_and_no_more_than_the_limit,
                events_that_many_purge_at_once_are_told_once,
            }
        }
    };
}

/// One module a port and one test a case; [`conformance!`](crate::conformance!) has the list.
#[doc(hidden)]
#[macro_export]
macro_rules! conformance_cases {
    ($fresh:expr; $($port:ident { $($case:ident,)* })*) => {$(
        mod $port {
            #[allow(unused_imports, reason = "the path of the store may be absolute")]
            use super::*;

            $(
                #[test]
                fn $case() {
                    $crate::conformance::run($fresh, $crate::conformance::$port::$case);
                }
            )*
        }
    )*};
}
