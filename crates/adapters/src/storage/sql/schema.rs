//! The tables. Instants, days and UUIDs have different column types in the two engines; everything
//! else is the same. A test compares this with migrated databases.

use super::column;

diesel::table! {
    use super::column::*;

    users (id) {
        id -> BigInt,
        email -> Text,
        name -> Text,
        password_hash -> Text,
        time_zone -> Text,
        last_task_number -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        token_epoch -> BigInt,
        disabled_at -> Nullable<Instant>,
        // These two are the version before's: it may run beside this one.
        tokens_day -> Nullable<Day>,
        tokens_spent -> BigInt,
        import_id -> Nullable<Id>,
        import_lease_until -> Nullable<Instant>,
        operator_since -> Nullable<Instant>,
    }
}

diesel::table! {
    use super::column::*;

    revoked_tokens (user_id, token_id) {
        user_id -> BigInt,
        token_id -> Id,
        expires_at -> Instant,
    }
}

diesel::allow_tables_to_appear_in_same_query!(users, revoked_tokens);

diesel::table! {
    use super::column::*;

    refresh_tokens (user_id, family_id) {
        user_id -> BigInt,
        family_id -> Id,
        generation -> BigInt,
        rotated_at -> Instant,
        expires_at -> Instant,
    }
}

diesel::table! {
    use super::column::*;

    tasks (user_id, id) {
        user_id -> BigInt,
        id -> BigInt,
        title -> Text,
        description -> Nullable<Text>,
        priority -> SmallInt,
        status -> SmallInt,
        due_day -> Nullable<Day>,
        due_at -> Nullable<Instant>,
        search_text -> Text,
        version -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        completed_at -> Nullable<Instant>,
        due_first -> Day,
        due_last -> Day,
        tags -> Text,
    }
}

diesel::table! {
    use super::column::*;

    conversations (user_id, id) {
        user_id -> BigInt,
        id -> Id,
        title -> Text,
        last_message_seq -> BigInt,
        created_at -> Instant,
        updated_at -> Instant,
        search_text -> Nullable<Text>,
    }
}

diesel::table! {
    use super::column::*;

    turns (user_id, id) {
        user_id -> BigInt,
        id -> Id,
        conversation_id -> Id,
        status -> Text,
        failure_code -> Nullable<Text>,
        attempt -> Integer,
        lease_until -> Instant,
        engine -> Nullable<Text>,
        model -> Nullable<Text>,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
        started_at -> Instant,
        finished_at -> Nullable<Instant>,
        answer_id -> Nullable<Id>,
        undo_of -> Nullable<Id>,
        undo_number -> Nullable<Integer>,
    }
}

diesel::table! {
    use super::column::*;

    messages (user_id, conversation_id, seq) {
        user_id -> BigInt,
        conversation_id -> Id,
        seq -> BigInt,
        id -> Id,
        role -> Text,
        body -> Text,
        turn_id -> Id,
        created_at -> Instant,
        search_text -> Nullable<Text>,
    }
}

diesel::table! {
    use super::column::*;

    turn_steps (user_id, turn_id, number) {
        user_id -> BigInt,
        turn_id -> Id,
        number -> Integer,
        plan -> Nullable<Text>,
        reasoning -> Nullable<Text>,
        engine -> Text,
        model -> Text,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
        created_at -> Instant,
    }
}

diesel::table! {
    use super::column::*;

    tool_calls (user_id, turn_id, step, ordinal) {
        user_id -> BigInt,
        turn_id -> Id,
        step -> Integer,
        ordinal -> Integer,
        call_id -> Text,
        name -> Text,
        arguments -> Text,
        outcome -> Text,
        duration_us -> BigInt,
    }
}

diesel::table! {
    use super::column::*;

    effects (user_id, turn_id, step, ordinal, task_id, position) {
        user_id -> BigInt,
        turn_id -> Id,
        step -> Integer,
        ordinal -> Integer,
        task_id -> BigInt,
        before_image -> Nullable<Text>,
        after_image -> Nullable<Text>,
        position -> Integer,
    }
}

diesel::table! {
    use super::column::*;

    actions (user_id, id) {
        user_id -> BigInt,
        id -> Id,
        turn_id -> Id,
        attempt -> Integer,
        step -> Integer,
        expires_at -> Instant,
        time_zone -> Text,
        calls -> Text,
        decision -> Nullable<Text>,
        decided_turn_id -> Nullable<Id>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(actions, turns);

diesel::table! {
    use super::column::*;

    partial_answers (user_id, turn_id) {
        user_id -> BigInt,
        turn_id -> Id,
        body -> Text,
    }
}

diesel::table! {
    use super::column::*;

    idempotency_keys (user_id, key) {
        user_id -> BigInt,
        key -> Text,
        request -> Binary,
        turn_id -> Nullable<Id>,
        answer -> Nullable<Text>,
        created_at -> Instant,
    }
}

diesel::table! {
    use super::column::*;

    model_usage (user_id, day, engine, model) {
        user_id -> BigInt,
        day -> Day,
        engine -> Text,
        model -> Text,
        calls -> BigInt,
        input_tokens -> BigInt,
        output_tokens -> BigInt,
    }
}
