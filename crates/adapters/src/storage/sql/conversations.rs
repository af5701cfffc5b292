//! Conversations.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use todo_domain::{
    Conversation, ConversationCursor, ConversationId, ConversationTitle, MessageCursor, PageLimit,
    SearchText, Timestamp, TurnId, TurnStatus, UserId, UserLimit,
    ports::{ConversationPage, ConversationStore, MessagePage, StoreError, Transcript},
};

use super::{
    Backend, Conn, Db, accounts::lock_user, actions, conversation_search::matching, database_now,
    messages, removal::empty_conversation, schema::conversations, search, split_page,
    turn_begin::running, turns,
};
use crate::storage::{
    columns::{SqlTimestamp, SqlUuid},
    error::{Corrupt, Result},
    observers::Written,
    replica::Freshness,
};

/// A conversation, as read and as written.
#[derive(Queryable, Selectable)]
#[diesel(table_name = conversations)]
struct ConversationRow {
    id: SqlUuid,
    title: String,
    created_at: SqlTimestamp,
    updated_at: SqlTimestamp,
}

impl TryFrom<ConversationRow> for Conversation {
    type Error = Corrupt;

    fn try_from(row: ConversationRow) -> Result<Self, Corrupt> {
        let title = ConversationTitle::stored(row.title);
        Ok(Self {
            id: ConversationId::new(row.id.0),
            title: title.map_err(|_| Corrupt("conversations.title"))?,
            created_at: row.created_at.0,
            updated_at: row.updated_at.0,
        })
    }
}

/// The key of a conversation's row.
fn key(user: UserId, id: ConversationId) -> (i64, SqlUuid) {
    (user.get(), SqlUuid(id.get()))
}

/// A conversation to be written.
#[derive(Insertable)]
#[diesel(table_name = conversations)]
pub(super) struct NewConversation<'a> {
    user_id: i64,
    id: SqlUuid,
    title: &'a str,
    search_text: String,
    last_message_seq: i64,
    created_at: SqlTimestamp,
    updated_at: SqlTimestamp,
}

impl<'a> NewConversation<'a> {
    /// A conversation in which nothing has been said yet.
    pub(super) fn of(user: UserId, conversation: &'a Conversation) -> Self {
        Self {
            user_id: user.get(),
            id: SqlUuid(conversation.id.get()),
            title: conversation.title.as_str(),
            search_text: search::column_of([conversation.title.as_str()]),
            last_message_seq: 0,
            created_at: SqlTimestamp(conversation.created_at),
            updated_at: SqlTimestamp(conversation.updated_at),
        }
    }
}

/// Creates an empty conversation; `false` where the user, who is locked, has one of this id.
pub(super) async fn create(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    title: ConversationTitle,
    now: Timestamp,
) -> Result<bool> {
    let conversation = Conversation { id, title, created_at: now, updated_at: now };
    let created = diesel::insert_into(conversations::table)
        .values(NewConversation::of(user, &conversation))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    Ok(created > 0)
}

/// Writes into a conversation, whose user is locked, the position of its last message.
pub(super) async fn set_last_position(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    position: MessageCursor,
) -> Result<()> {
    diesel::update(conversations::table.find(key(user, id)))
        .set(conversations::last_message_seq.eq(position.get()))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether a user, who is locked, may begin one more conversation.
pub(super) async fn has_room(conn: &mut Conn, user: UserId, max: UserLimit) -> Result<bool> {
    let last: Option<i64> = conversations::table
        .filter(conversations::user_id.eq(user.get()))
        .select(conversations::user_id)
        .offset(i64::from(max.get()) - 1)
        .first(conn)
        .await
        .optional()?;
    Ok(last.is_none())
}

/// Locks a conversation, whose user is locked; `false` where there is none.
pub(super) async fn lock(conn: &mut Conn, user: UserId, id: ConversationId) -> Result<bool> {
    let row = conversations::table.find(key(user, id)).select(conversations::user_id);
    let found: Option<i64> = for_update!(row).first(conn).await.optional()?;
    Ok(found.is_some())
}

async fn find(conn: &mut Conn, user: UserId, id: ConversationId) -> Result<Option<Conversation>> {
    let row: Option<ConversationRow> = conversations::table
        .find(key(user, id))
        .select(ConversationRow::as_select())
        .first(conn)
        .await
        .optional()?;
    Ok(row.map(Conversation::try_from).transpose()?)
}

/// Some conversations of a user.
pub(super) type Conversations = conversations::BoxedQuery<'static, Backend>;

fn all(user: UserId) -> Conversations {
    conversations::table.filter(conversations::user_id.eq(user.get())).into_boxed()
}

/// A page of some conversations, the last touched first.
async fn list(
    conn: &mut Conn,
    some: Conversations,
    limit: PageLimit,
    after: Option<ConversationCursor>,
) -> Result<ConversationPage> {
    let mut query = some.order((conversations::updated_at.desc(), conversations::id.desc()));
    if let Some(after) = after {
        let (instant, id) = (SqlTimestamp(after.updated_at), SqlUuid(after.id.get()));
        // The first comparison is implied by the second; alone it is one that an index can begin at.
        query = query
            .filter(conversations::updated_at.le(instant))
            .filter(conversations::updated_at.lt(instant).or(conversations::id.lt(id)));
    }
    let rows: Vec<ConversationRow> = query
        .limit(i64::from(limit.get()) + 1)
        .select(ConversationRow::as_select())
        .load(conn)
        .await?;
    let (rows, more) = split_page(rows, limit);
    let conversations = rows.into_iter().map(Conversation::try_from);
    let conversations = conversations.collect::<Result<Vec<_>, _>>()?;
    let next = conversations.last().filter(|_| more).map(|conversation| ConversationCursor {
        updated_at: conversation.updated_at,
        id: conversation.id,
    });
    Ok(ConversationPage { conversations, next })
}

/// Conversations after one of them, by id.
pub(super) async fn after(
    conn: &mut Conn,
    user: UserId,
    after: Option<ConversationId>,
    limit: PageLimit,
) -> Result<Vec<Conversation>> {
    let mut query = conversations::table
        .filter(conversations::user_id.eq(user.get()))
        .order(conversations::id)
        .limit(i64::from(limit.get()))
        .select(ConversationRow::as_select())
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(conversations::id.gt(SqlUuid(after.get())));
    }
    let rows: Vec<ConversationRow> = query.load(conn).await?;
    Ok(rows.into_iter().map(Conversation::try_from).collect::<Result<_, _>>()?)
}

async fn open(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    limit: PageLimit,
) -> Result<Option<(Conversation, MessagePage)>> {
    let Some(conversation) = find(conn, user, id).await? else { return Ok(None) };
    let page = messages::page(conn, user, id, limit, None).await?;
    Ok(Some((conversation, page)))
}

async fn transcript(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    limit: PageLimit,
    before: Option<MessageCursor>,
) -> Result<Option<Transcript>> {
    let Some(conversation) = find(conn, user, id).await? else { return Ok(None) };
    let page = messages::page(conn, user, id, limit, before).await?;
    let mut ids: Vec<TurnId> = page.messages.iter().map(|message| message.turn_id).collect();
    ids.dedup();
    let turns = turns::of_ids(conn, user, &ids).await?;
    let running = match running(conn, user, id).await? {
        Some((turn, lease_until)) if lease_until > database_now(conn).await?.0 => Some(turn),
        _ => None,
    };
    // A turn that waits is the last one, so that an earlier page does not have it.
    let is_waiting = match before {
        None => turns.iter().any(|turn| turn.status == TurnStatus::Waiting),
        Some(_) => !actions::waiting_in(conn, user, id).await?.is_empty(),
    };
    Ok(Some(Transcript { conversation, page, turns, running, is_waiting }))
}

async fn page(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    limit: PageLimit,
    before: Option<MessageCursor>,
) -> Result<Option<MessagePage>> {
    let page = messages::page(conn, user, id, limit, before).await?;
    if page.messages.is_empty() && find(conn, user, id).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(page))
}

async fn rename(
    conn: &mut Conn,
    user: UserId,
    id: ConversationId,
    title: ConversationTitle,
    now: Timestamp,
) -> Result<Option<Conversation>> {
    lock_user(conn, user).await?;
    let Some(mut conversation) = find(conn, user, id).await? else { return Ok(None) };
    conversation.title = title;
    conversation.updated_at = conversation.updated_at.max(now);
    diesel::update(conversations::table.find(key(user, id)))
        .set((
            conversations::title.eq(conversation.title.as_str()),
            conversations::search_text.eq(search::column_of([conversation.title.as_str()])),
            conversations::updated_at.eq(SqlTimestamp(conversation.updated_at)),
        ))
        .execute(conn)
        .await?;
    Ok(Some(conversation))
}

async fn delete(conn: &mut Conn, user: UserId, id: ConversationId) -> Result<bool> {
    lock_user(conn, user).await?;
    empty_conversation(conn, user, id).await?;
    Ok(diesel::delete(conversations::table.find(key(user, id))).execute(conn).await? > 0)
}

#[async_trait]
impl ConversationStore for Db {
    async fn list(
        &self,
        user: UserId,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        let read = |limit, after| {
            self.select("conversation.list", Freshness::ForCache(user), move |conn| {
                list(conn, all(user), limit, after).boxed()
            })
        };
        match &self.conversation_cache {
            Some(cache) => cache.list(user, limit, after, read).await,
            None => read(limit, after).await,
        }
    }

    async fn search(
        &self,
        user: UserId,
        text: SearchText,
        limit: PageLimit,
        after: Option<ConversationCursor>,
    ) -> Result<ConversationPage, StoreError> {
        self.search("conversation.search", user, Freshness::OwnWrites(user), move |conn| {
            async move { list(conn, matching(user, &text), limit, after).await }.boxed()
        })
        .await
    }

    async fn open(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
    ) -> Result<Option<(Conversation, MessagePage)>, StoreError> {
        self.read("conversation.open", Freshness::OwnWrites(user), move |conn| {
            open(conn, user, id, limit).boxed()
        })
        .await
    }

    async fn transcript(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<Transcript>, StoreError> {
        self.read("conversation.transcript", Freshness::OwnWrites(user), move |conn| {
            transcript(conn, user, id, limit, before).boxed()
        })
        .await
    }

    async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        limit: PageLimit,
        before: Option<MessageCursor>,
    ) -> Result<Option<MessagePage>, StoreError> {
        // What tells an empty page from no conversation is asked only where the page is empty.
        self.select("conversation.messages", Freshness::OwnWrites(user), move |conn| {
            page(conn, user, id, limit, before).boxed()
        })
        .await
    }

    async fn rename(
        &self,
        user: UserId,
        id: ConversationId,
        title: ConversationTitle,
        now: Timestamp,
    ) -> Result<Option<Conversation>, StoreError> {
        self.write("conversation.rename", Written::ConversationsOf(user), move |conn| {
            rename(conn, user, id, title, now).boxed()
        })
        .await
    }

    async fn delete(&self, user: UserId, id: ConversationId) -> Result<bool, StoreError> {
        self.write_bulk("conversation.delete", Written::ConversationsOf(user), move |conn| {
            delete(conn, user, id).boxed()
        })
        .await
    }
}
