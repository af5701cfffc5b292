//! Messages of a conversation, in the order of saying.

use diesel::{dsl::case_when, prelude::*};
use diesel_async::RunQueryDsl;
use todo_domain::{
    ConversationId, Message, MessageCursor, MessageId, PageLimit, Role, Timestamp, TurnId, UserId,
    ports::MessagePage,
};

use super::{
    Conn,
    column::Instant,
    schema::{conversations, messages},
    search, split_page,
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
};

/// A message, as read and as written.
#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
pub(super) struct MessageRow {
    user_id: i64,
    conversation_id: SqlUuid,
    seq: i64,
    id: SqlUuid,
    role: String,
    body: String,
    turn_id: SqlUuid,
    created_at: SqlTimestamp,
}

/// A message as it is written.
#[derive(Insertable)]
#[diesel(table_name = messages)]
pub(super) struct NewMessageRow {
    #[diesel(embed)]
    row: MessageRow,
    search_text: String,
}

impl NewMessageRow {
    /// A message of a conversation.
    pub(super) fn of(user: UserId, conversation: ConversationId, message: Message) -> Self {
        let search_text = search::column_of([message.text.as_str()]);
        let row = MessageRow {
            user_id: user.get(),
            conversation_id: SqlUuid(conversation.get()),
            seq: message.position.get(),
            id: SqlUuid(message.id.get()),
            role: message.role.as_str().to_owned(),
            body: message.text,
            turn_id: SqlUuid(message.turn_id.get()),
            created_at: SqlTimestamp(message.created_at),
        };
        Self { row, search_text }
    }
}

impl TryFrom<MessageRow> for Message {
    type Error = Corrupt;

    fn try_from(row: MessageRow) -> Result<Self, Corrupt> {
        let role = [Role::User, Role::Assistant].into_iter().find(|role| role.as_str() == row.role);
        Ok(Self {
            id: MessageId::new(row.id.0),
            position: MessageCursor::new(row.seq),
            role: role.ok_or(Corrupt("messages.role"))?,
            text: row.body,
            turn_id: TurnId::new(row.turn_id.0),
            created_at: row.created_at.0,
        })
    }
}

/// A message to be said.
pub(super) struct NewMessage<'a> {
    pub(super) id: MessageId,
    pub(super) role: Role,
    pub(super) text: &'a str,
    pub(super) turn_id: TurnId,
    pub(super) now: Timestamp,
}

/// Says something in a conversation whose lock is held, and touches the conversation.
pub(super) async fn say(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    message: NewMessage<'_>,
) -> Result<Message> {
    let now = SqlTimestamp(message.now);
    // A clock that runs backwards does not take the conversation along.
    let touched = case_when(conversations::updated_at.lt(now), now.into_sql::<Instant>())
        .otherwise(conversations::updated_at);
    let seq: i64 = diesel::update(conversations::table)
        .filter(conversations::user_id.eq(user.get()))
        .filter(conversations::id.eq(SqlUuid(conversation.get())))
        .set((
            conversations::last_message_seq.eq(conversations::last_message_seq + 1),
            conversations::updated_at.eq(touched),
        ))
        .returning(conversations::last_message_seq)
        .get_result(conn)
        .await?;
    let message = Message {
        id: message.id,
        position: MessageCursor::new(seq),
        role: message.role,
        text: message.text.to_owned(),
        turn_id: message.turn_id,
        created_at: message.now,
    };
    let row = NewMessageRow::of(user, conversation, message.clone());
    diesel::insert_into(messages::table).values(row).execute(conn).await?;
    Ok(message)
}

/// A page of a conversation's messages, latest first.
pub(super) async fn page(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    limit: PageLimit,
    before: Option<MessageCursor>,
) -> Result<MessagePage> {
    let rows = usize::from(limit.get()) + 1;
    let (messages, more) =
        split_page(before_position(conn, user, conversation, rows, before).await?, limit);
    let next = messages.last().filter(|_| more).map(|message| message.position);
    Ok(MessagePage { messages, next })
}

/// A message by its id.
pub(super) async fn find(conn: &mut Conn, user: UserId, id: MessageId) -> Result<Option<Message>> {
    let row: Option<MessageRow> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::id.eq(SqlUuid(id.get())))
        .select(MessageRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Message::try_from).transpose()?)
}

/// The position of the message that a turn answers, most likely one of the last of its conversation.
pub(super) async fn position_of_question(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    turn: TurnId,
) -> Result<MessageCursor> {
    let position: i64 = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(messages::turn_id.eq(SqlUuid(turn.get())))
        .filter(messages::role.eq(Role::User.as_str()))
        .order(messages::seq.desc())
        .select(messages::seq)
        .first(conn)
        .await?;
    Ok(MessageCursor::new(position))
}

/// The text of the message that a turn answers.
pub(super) async fn question_of(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    turn: TurnId,
) -> Result<String> {
    let position = position_of_question(conn, user, conversation, turn).await?.get();
    let row = messages::table.find((user.get(), SqlUuid(conversation.get()), position));
    Ok(row.select(messages::body).first(conn).await?)
}

/// The last messages before a position, or of all, latest first.
pub(super) async fn before_position(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    limit: usize,
    before: Option<MessageCursor>,
) -> Result<Vec<Message>> {
    let position = before.map_or(i64::MAX, MessageCursor::get);
    let rows: Vec<MessageRow> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(messages::seq.lt(position))
        .order(messages::seq.desc())
        .limit(limit as i64)
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Message::try_from).collect::<Result<_, _>>()?)
}

/// The answer of a turn, if it has one. The latest messages are looked at first.
pub(super) async fn answer_of(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    turn: TurnId,
) -> Result<Option<Message>> {
    let row: Option<MessageRow> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(messages::turn_id.eq(SqlUuid(turn.get())))
        .filter(messages::role.eq(Role::Assistant.as_str()))
        .order(messages::seq.desc())
        .select(MessageRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Message::try_from).transpose()?)
}

/// Messages after a position, or from the first, in the order of saying.
pub(super) async fn after_position(
    conn: &mut Conn,
    user: UserId,
    conversation: ConversationId,
    after: Option<MessageCursor>,
    limit: PageLimit,
) -> Result<Vec<Message>> {
    let position = after.map_or(0, MessageCursor::get);
    let rows: Vec<MessageRow> = messages::table
        .filter(messages::user_id.eq(user.get()))
        .filter(messages::conversation_id.eq(SqlUuid(conversation.get())))
        .filter(messages::seq.gt(position))
        .order(messages::seq)
        .limit(i64::from(limit.get()))
        .select(MessageRow::as_select())
        .load(conn)
        .await?;
    Ok(rows.into_iter().map(Message::try_from).collect::<Result<_, _>>()?)
}
