//! The list of all cases, and the tests that are made of it.

/// Makes a test of each case, in a module for each group of cases.
///
/// It takes the path of a function that opens a store and gives it to a case:
///
/// ```
/// # use todo_contract::Stores;
/// async fn with_stores(case: impl AsyncFnOnce(Stores)) {
/// #   let open = || unimplemented!();
///     case(open()).await;
/// }
/// # fn main() {}
/// todo_contract::contract_tests!(crate::with_stores);
/// ```
///
/// Whoever has some of the ports names them, and gives what their cases take: [`ChatStores`] for
/// `contract_tests!(crate::with_stores: tasks turns chat)`.
///
/// | cases of | need |
/// |---|---|
/// | `tasks` | [`TaskStores`]: a task store |
/// | `turns` | [`TurnStores`]: a turn store |
/// | `chat` | [`ChatStores`]: turn, task and conversation stores |
/// | `constraints` | [`ChatStores`], over rows that have rules of their own |
/// | `accounts`, `tokens` | [`AccountStores`]: account and token stores |
/// | `usage`, `oversight`, `archives`, `retention` | [`Stores`], with the chat's and that store |
/// | `service` | [`Stores`] |
///
/// [`AccountStores`]: crate::AccountStores
/// [`ChatStores`]: crate::ChatStores
/// [`Stores`]: crate::Stores
/// [`TaskStores`]: crate::TaskStores
/// [`TurnStores`]: crate::TurnStores
#[macro_export]
macro_rules! contract_tests {
    ($with:path) => {
        $crate::contract_tests! {
            $with: tasks turns chat constraints accounts tokens usage oversight archives retention service
        }
    };
    ($with:path: $($port:ident)+) => {
        $crate::__groups! {
            ($with, ($($port)+))
            accounts {
                tasks:
                nobody_can_have_a_task;
                accounts:
                a_user_comes_back_as_created
                an_email_address_is_taken_only_once_in_any_case
                each_user_has_a_number_of_their_own
                nobody_has_no_credentials
                a_change_touches_only_what_it_names
                a_password_hash_is_kept_byte_for_byte
                a_refused_sign_up_takes_no_number
                a_password_is_replaced_only_as_long_as_it_is_the_one_that_was_meant
                an_operator_is_one_until_demoted
                pages_of_users_neither_skip_nor_repeat;
                tokens:
                another_password_makes_all_tokens_void
                a_disabled_user_is_kept_out_until_enabled;
                service:
                a_deleted_user_is_gone_with_everything
                a_deleted_user_stops_their_turns;
            }
            tokens {
                tokens:
                tokens_are_good_until_they_are_signed_out
                a_sign_out_while_disabled_counts_once_enabled
                nobody_has_no_tokens
                a_clock_that_is_ahead_for_a_moment_forgets_no_sign_out
                tokens_long_expired_are_forgotten_once_there_are_many
                signing_out_everywhere_begins_another_epoch
                a_token_of_an_earlier_epoch_is_not_remembered
                one_token_too_many_signed_out_is_all_of_them
                who_signs_out_often_stays_signed_in_elsewhere
                a_refresh_token_is_traded_once
                two_tabs_may_show_the_same_refresh_token
                a_refresh_token_shown_again_later_ends_its_family_alone
                a_family_ends_with_its_time
                signing_out_everywhere_ends_all_families
                who_is_disabled_refreshes_nothing_until_enabled
                the_family_used_longest_ago_makes_room
                of_two_requests_with_one_refresh_token_one_comes_first;
            }
            tasks {
                tasks:
                a_task_comes_back_as_created
                a_due_date_comes_back_as_the_day_or_the_instant_it_is
                numbers_count_up_and_are_never_used_again
                what_an_action_tells_is_what_is_kept
                a_field_can_be_cleared
                a_deleted_task_is_not_found
                another_users_task_of_the_same_number_is_untouched
                an_outdated_version_changes_nothing
                one_of_several_expected_versions_is_enough
                texts_are_kept_character_by_character
                the_longest_texts_fit
                instants_are_exact;
            }
            batch {
                tasks:
                a_batch_tells_what_came_of_each_change
                a_change_sees_what_earlier_changes_of_its_batch_did
                a_batch_with_one_change_that_can_not_be_done_changes_nothing
                a_batch_fills_a_list_and_no_more
                a_batch_can_not_touch_another_users_tasks
                a_batch_with_a_key_is_carried_out_once
                a_refused_batch_does_not_use_up_its_key;
            }
            idempotency {
                turns:
                what_was_said_before_a_stop_or_a_failure_is_kept
                a_message_that_comes_again_means_the_day_it_first_came
                a_turn_that_was_resumed_is_the_one_to_follow
                an_interrupted_turn_goes_on_after_other_messages
                attempts_cost_what_their_answers_cost;
                chat:
                a_request_that_was_answered_gets_the_stored_answer
                a_key_is_for_one_request
                a_request_that_was_cancelled_stays_cancelled
                a_request_that_is_being_answered_has_to_wait
                a_failed_turn_goes_on_with_the_same_request
                a_recorded_step_of_an_earlier_attempt_is_not_carried_out_again
                of_many_equal_requests_at_once_one_begins;
                service:
                keys_go_with_their_conversation_and_after_a_day;
            }
            budget {
                turns:
                a_budget_that_is_spent_comes_back_at_midnight_in_utc
                a_message_without_a_budget_leaves_nothing_behind;
                chat:
                what_was_asked_is_paid_for_however_it_ends;
            }
            usage {
                usage:
                every_answer_of_a_model_is_counted_once
                a_turn_that_fails_midway_counts
                a_turn_that_was_interrupted_counts
                a_turn_over_midnight_counts_on_both_days;
                service:
                what_is_gone_was_taken_all_the_same;
            }
            oversight {
                oversight:
                turns_that_run_are_seen_until_they_end;
                service:
                what_all_users_take_is_summed_by_day_and_model;
            }
            user_limits {
                turns:
                calls_of_one_step_count_each_other
                a_call_may_make_room_for_the_next;
                chat:
                a_full_list_takes_no_task_until_one_is_deleted
                completed_tasks_count
                a_task_that_is_refused_takes_no_number
                of_many_tasks_added_at_once_no_more_are_kept_than_there_may_be
                everybody_has_room_of_their_own
                beyond_the_last_conversation_none_begins;
                archives:
                beyond_the_bound_one_that_goes_makes_no_room;
            }
            listing {
                tasks:
                filters_let_pass_what_matches_all_of_them
                due_filters_are_inclusive
                a_day_is_the_readers_whoever_wrote_the_task
                what_is_due_comes_by_the_readers_day
                overdue_begins_at_the_due_time_and_ends_when_done
                a_search_takes_its_text_literally
                a_search_ignores_case_in_every_script
                a_search_looks_at_title_and_description
                a_search_sees_changes
                every_order_goes_both_ways
                a_list_without_wishes_is_the_newest_fifty
                a_total_is_told_to_those_who_ask
                the_last_page_says_so
                a_cursor_of_another_order_gives_an_empty_page
                a_list_shows_nobody_elses_tasks;
            }
            tags {
                tasks:
                tags_change_one_by_one_or_all_at_once
                a_full_task_refuses_another_tag
                a_tag_filter_lets_pass_what_has_all_of_them
                tags_are_counted_done_or_not
                the_most_used_tags_are_told_when_there_are_many
                nobody_elses_tags_are_told;
            }
            conversations {
                chat:
                a_first_message_opens_a_conversation
                an_answer_is_the_next_message
                the_last_touched_conversation_is_first
                pages_of_conversations_neither_skip_nor_repeat
                pages_of_messages_neither_skip_nor_repeat
                before_the_first_message_there_is_an_empty_page
                a_title_that_was_given_stays
                updated_at_never_runs_backwards
                a_deleted_conversation_takes_its_messages_and_turns_along
                other_conversations_survive_a_deletion
                another_users_conversation_does_not_exist
                a_cursor_outlives_its_conversation;
            }
            search {
                chat:
                a_search_finds_what_was_said_and_answered
                a_search_of_conversations_knows_their_titles
                a_search_of_conversations_takes_its_text_literally
                pages_of_a_search_neither_skip_nor_repeat
                a_search_shows_nobody_elses_conversations;
            }
            scripts {
                tasks:
                a_task_is_found_by_any_way_to_write_a_part_of_it
                a_tag_is_found_by_any_way_to_write_it;
                chat:
                a_conversation_is_found_by_any_way_to_write_a_part_of_it;
            }
            turns {
                turns:
                a_turn_runs_until_it_is_answered
                a_late_runner_may_still_finish
                a_fence_has_to_fit_in_every_part
                a_turn_knows_the_id_of_its_answer_from_the_beginning
                a_cancelled_turn_costs_what_its_answers_cost
                a_recorded_step_of_a_cancelled_turn_is_counted_once
                a_turn_that_has_ended_is_not_cancelled
                another_users_turn_does_not_exist
                the_record_of_a_turn_tells_how_far_it_is;
                chat:
                a_failed_turn_keeps_its_code
                a_second_turn_of_a_conversation_has_to_wait
                a_turn_whose_lease_ran_out_is_interrupted_by_the_next
                a_turn_ends_once
                a_deleted_conversation_stops_its_runner
                a_turn_needs_a_user_and_a_conversation
                a_conversation_is_made_once_under_the_id_of_its_user
                a_cancelled_turn_does_nothing_more
                a_runner_learns_that_it_is_fenced_off
                a_turn_whose_lease_ran_out_does_not_count_as_running
                a_transcript_has_the_turns_of_its_messages;
            }
            history {
                turns:
                a_history_is_what_was_said_before_in_order
                a_history_is_no_longer_than_asked_for
                a_history_of_nothing_is_empty
                a_history_is_of_one_conversation
                a_failed_turn_tells_what_it_changed
                an_interrupted_turn_tells_what_it_changed
                a_failed_turn_without_changes_tells_nothing
                an_answered_turn_does_not_tell_its_changes_again
                a_forgotten_turn_tells_nothing;
            }
            ledger {
                turns:
                every_change_is_recorded_exactly
                every_look_is_recorded_exactly
                every_refusal_is_recorded_exactly
                a_call_that_names_several_tasks_has_an_outcome_for_each
                what_the_model_wrote_is_kept_character_by_character
                nul_characters_are_left_out
                a_turn_tells_its_steps_in_order
                a_call_sees_what_earlier_calls_of_its_step_did;
                chat:
                a_step_asked_for_again_is_not_carried_out_again
                a_list_is_kept_as_it_was_shown_and_no_longer
                an_empty_step_asked_for_again_stays_empty
                a_step_can_not_touch_another_users_tasks;
                constraints:
                a_step_that_breaks_a_rule_leaves_nothing_behind;
            }
            undo {
                turns:
                a_turn_without_changes_is_undone_without_effects
                a_running_turn_is_not_undone
                a_history_says_which_answers_were_undone;
                chat:
                an_undone_turn_leaves_the_list_as_it_was_before_it
                a_turn_is_undone_redone_and_undone_again
                undoing_twice_undoes_once
                an_undo_is_a_turn_of_its_own
                a_task_that_has_changed_since_refuses_an_undo
                turns_are_undone_one_after_another
                a_failed_turn_can_be_undone
                another_users_turn_is_not_undone
                deleted_tasks_do_not_return_to_a_full_list
                a_call_undoes_and_redoes_the_latest_turn
                the_turn_of_a_call_that_undid_another_can_be_undone
                a_call_that_meets_a_conflict_names_the_tasks
                a_conversation_goes_with_its_undos
                an_undo_and_an_edit_at_once_leave_no_half_of_either
                a_turn_undone_many_times_at_once_is_undone_once;
                retention:
                a_forgotten_turn_stays_undone;
            }
            actions {
                chat:
                a_step_that_is_asked_about_waits_and_does_nothing
                what_is_approved_is_carried_out_once
                what_is_rejected_is_not_carried_out
                a_decided_turn_without_an_answer_goes_on
                an_action_that_has_expired_closes_its_turn
                a_message_that_says_yes_carries_the_action_out
                another_message_closes_the_question
                a_task_that_has_changed_since_the_question_stays
                a_filter_is_resolved_when_the_question_is_asked
                a_turn_that_waits_can_be_cancelled_and_undone
                another_users_action_does_not_exist
                of_many_decisions_at_once_one_wins
                an_action_waits_for_the_turn_that_runs
                a_question_costs_what_its_answer_cost;
            }
            archives {
                archives:
                pages_of_an_archive_leave_nothing_out
                an_imported_list_goes_on_after_its_largest_number
                an_imported_conversation_goes_on
                only_an_empty_account_takes_an_import
                an_import_is_known_by_its_key
                an_import_that_breaks_a_rule_leaves_nothing_behind
                a_large_import_is_whole
                an_import_of_many_calls_is_whole
                an_imported_turn_is_told_as_it_was
                all_changes_of_an_imported_call_are_kept_in_order
                an_import_whose_lease_is_over_is_undone_by_others;
                service:
                what_is_imported_is_what_was_exported
                while_an_import_goes_on_nobody_else_writes_what_is_imported
                an_import_that_is_undone_leaves_nothing
                a_user_who_is_deleted_amid_an_import_is_gone;
            }
            retention {
                retention:
                a_turn_that_ended_before_is_forgotten_and_its_messages_stay
                a_turn_that_runs_is_not_forgotten
                turns_of_all_users_are_forgotten_little_by_little
                a_history_goes_on_without_the_turns_that_were_forgotten
                several_may_forget_at_once;
            }
            concurrency {
                tasks:
                fifty_tasks_added_at_once_have_fifty_numbers
                changes_of_one_task_happen_one_after_another;
                turns:
                of_two_turns_begun_at_once_one_begins
                many_users_talk_at_once;
                chat:
                the_same_step_run_twice_at_once_is_carried_out_once
                a_deletion_during_a_turn_leaves_no_half_of_it;
            }
        }
    };
}

/// A module for each group of cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __groups {
    ($given:tt $($group:ident { $($port:ident: $($case:ident)*;)* })*) => {
        $(mod $group {
            $($crate::__tests! { $given $group $port $($case)* })*
        })*
    };
}

/// The tests of those cases whose port is among the given ones.
#[doc(hidden)]
#[macro_export]
macro_rules! __tests {
    (($with:path, (tasks $($port:ident)*)) $group:ident tasks $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (turns $($port:ident)*)) $group:ident turns $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (chat $($port:ident)*)) $group:ident chat $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (constraints $($port:ident)*)) $group:ident constraints $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (accounts $($port:ident)*)) $group:ident accounts $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (tokens $($port:ident)*)) $group:ident tokens $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (usage $($port:ident)*)) $group:ident usage $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (oversight $($port:ident)*)) $group:ident oversight $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (archives $($port:ident)*)) $group:ident archives $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (retention $($port:ident)*)) $group:ident retention $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, (service $($port:ident)*)) $group:ident service $($case:ident)*) => {
        $crate::__tests! { @ $with, $group $($case)* }
    };
    (($with:path, ($other:ident $($port:ident)*)) $($of:ident)*) => {
        $crate::__tests! { ($with, ($($port)*)) $($of)* }
    };
    (($with:path, ()) $($of:ident)*) => {};
    (@ $with:path, $group:ident $($case:ident)*) => {
        $(#[test]
        fn $case() {
            $crate::run($with(async |stores| $crate::$group::$case(stores.into()).await));
        })*
    };
}

/// What [`contract_tests!`](crate::contract_tests) names: the ports that cases need.
pub const PORTS: [&str; 11] = [
    "tasks", "turns", "chat", "constraints", "accounts", "tokens", "usage", "oversight",
    "archives", "retention", "service",
];

/// Runs a test on a runtime of its own, with as many threads as the machine has cores.
///
/// # Panics
/// Where the test does, or there are no threads for it.
pub fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(test);
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    #[test]
    fn every_port_of_the_list_has_its_name() {
        let lines =
            include_str!("cases.rs").lines().filter(|line| line.starts_with("                "));
        let ports = lines.filter_map(|line| line.trim().strip_suffix(':'));
        assert_eq!(ports.collect::<BTreeSet<_>>(), BTreeSet::from(super::PORTS));
    }

    /// A case that is not on the list would never run.
    #[test]
    fn every_case_is_on_the_list() {
        let list = include_str!("cases.rs");
        let words = list.split(|it: char| !it.is_alphanumeric() && it != '_');
        let listed: Vec<&str> = words.collect();
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut cases = 0;
        for file in fs::read_dir(sources).unwrap() {
            let source = fs::read_to_string(file.unwrap().path()).unwrap();
            for function in source.split("\npub async fn ").skip(1) {
                let name = function.split('(').next().unwrap_or_default();
                assert!(listed.contains(&name), "{name}");
                cases += 1;
            }
        }
        assert!(cases > 200, "{cases}");
    }
}
