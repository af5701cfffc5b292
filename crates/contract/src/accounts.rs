//! Users.

use todo_domain::{
    PageLimit, PasswordHash, TimeZone, TokenEpoch, UserChange, UserId, UserName,
    ports::{BeginOutcome, ConversationRef, CreateUser, EndOutcome, StepOutcome, StoreErrorKind},
};

use super::{
    AccountStores, LEASE, Stores, TaskStores, Users, at, call, new_user, titled, tokens::token,
};

/// Every field survives.
pub async fn a_user_comes_back_as_created(stores: AccountStores) {
    let new = new_user("ada@example.org");
    let CreateUser::Created(user) = stores.accounts.create(new.clone()).await.expect("works")
    else {
        unreachable!("nobody else is there")
    };
    assert_eq!(
        (&user.email, &user.name, &user.time_zone, user.created_at),
        (&new.email, &new.name, &new.time_zone, new.created_at)
    );
    assert_eq!(stores.accounts.user(user.id).await.expect("works"), Some(user.clone()));
    let credentials = stores.accounts.credentials(new.email).await.expect("works");
    assert!(credentials == Some((user, new.password_hash)));
}

/// Upper and lower case make no difference.
pub async fn an_email_address_is_taken_only_once_in_any_case(stores: AccountStores) {
    stores.user("ada").await;
    let again = stores.accounts.create(new_user("ADA@Example.ORG")).await;
    assert_eq!(again.expect("works"), CreateUser::EmailTaken);
    let upper = stores.accounts.credentials("Ada@EXAMPLE.org".parse().expect("an address")).await;
    assert!(upper.expect("works").is_some());
}

/// As many users as sign up.
pub async fn each_user_has_a_number_of_their_own(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    assert_ne!(ada, ben);
}

/// Absence is not an error.
pub async fn nobody_has_no_credentials(stores: AccountStores) {
    let nobody = UserId::new(4711).expect("a number");
    assert_eq!(stores.accounts.user(nobody).await.expect("works"), None);
    let address = "nobody@example.org".parse().expect("an address");
    assert!(stores.accounts.credentials(address).await.expect("works").is_none());
    let change = UserChange { time_zone: Some(TimeZone::UTC), ..UserChange::default() };
    assert_eq!(stores.accounts.update(nobody, change).await.expect("works"), None);
}

/// The others stay.
pub async fn a_change_touches_only_what_it_names(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    let before = stores.accounts.user(ada).await.expect("works").expect("Ada");
    let name = UserName::new("Ada King").expect("a name");
    let change = UserChange { name: Some(name.clone()), time_zone: None };
    let named = stores.accounts.update(ada, change).await.expect("works").expect("Ada");
    assert_eq!(named, todo_domain::User { name, ..before });
    let zone: TimeZone = "Asia/Tokyo".parse().expect("a zone");
    let change = UserChange { name: None, time_zone: Some(zone.clone()) };
    let moved = stores.accounts.update(ada, change).await.expect("works").expect("Ada");
    assert_eq!(moved, todo_domain::User { time_zone: zone, ..named });
    let unchanged = stores.accounts.update(ada, UserChange::default()).await.expect("works");
    assert_eq!(unchanged, Some(moved));
    let other = stores.accounts.user(ben).await.expect("works").expect("Ben");
    assert_eq!(other.name.as_str(), "Ada Lovelace");
}

/// Argon2's strings are long and full of punctuation.
pub async fn a_password_hash_is_kept_byte_for_byte(stores: AccountStores) {
    let phc = "$argon2id$v=19$m=19456,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";
    let hash = PasswordHash::new(phc.into());
    let new = todo_domain::NewUser { password_hash: hash.clone(), ..new_user("ada@example.org") };
    stores.accounts.create(new.clone()).await.expect("works");
    let (_, kept) = stores.accounts.credentials(new.email).await.expect("works").expect("Ada");
    assert!(kept == hash);
}

/// Their user may have been deleted a moment ago.
pub async fn nobody_can_have_a_task(stores: TaskStores) {
    let nobody = UserId::new(4711).expect("a number");
    let create = todo_domain::TaskChange::Create(titled("buy milk"));
    let error = stores.tasks.change(nobody, create.into(), at(0)).await.expect_err("no user");
    assert_eq!(error.kind, StoreErrorKind::NoUser);
}

/// Numbers are for those who are there.
pub async fn a_refused_sign_up_takes_no_number(stores: AccountStores) {
    let ada = stores.user("ada").await;
    for _ in 0..3 {
        let again = stores.accounts.create(new_user("ada@example.org")).await;
        assert_eq!(again.expect("works"), CreateUser::EmailTaken);
    }
    assert_eq!(stores.user("ben").await.get(), ada.get() + 1);
}

/// Who knows the former one shall not stay signed in.
pub async fn another_password_makes_all_tokens_void(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    stores.tokens.revoke(token(ada, 0), at(0)).await.expect("works");
    let hash = PasswordHash::new("$another".into());
    let user = stores.accounts.set_password(ada, hash.clone(), None).await.expect("works");
    assert_eq!(user.map(|user| user.token_epoch), Some(TokenEpoch::new(1)));
    let status = stores.tokens.status(ada).await.expect("works").expect("Ada");
    assert!(status.accepts(&token(ada, 1)) && !status.accepts(&token(ada, 0)));
    let email = "ada@example.org".parse().expect("an address");
    let (_, kept) = stores.accounts.credentials(email).await.expect("works").expect("Ada");
    assert!(kept == hash);
    let other = stores.accounts.user(ben).await.expect("works").expect("Ben");
    assert_eq!(other.token_epoch, TokenEpoch::new(0));
}

/// Of two who change it at once, one knew the former one only.
pub async fn a_password_is_replaced_only_as_long_as_it_is_the_one_that_was_meant(
    stores: AccountStores,
) {
    let ada = stores.user("ada").await;
    let first = new_user("ada@example.org").password_hash;
    let hash = |text: &str| PasswordHash::new(text.into());
    let set = |new, old| stores.accounts.set_password(ada, new, Some(old));
    assert!(set(hash("$two"), first.clone()).await.expect("works").is_some());
    assert!(set(hash("$three"), first).await.expect("works").is_none());
    let user = stores.accounts.user(ada).await.expect("works").expect("Ada");
    assert_eq!(user.token_epoch, TokenEpoch::new(1));
    let nobody = UserId::new(4711).expect("a number");
    assert!(stores.accounts.set_password(nobody, hash("$"), None).await.expect("works").is_none());
}

/// Since the first time, until they are let in again.
pub async fn a_disabled_user_is_kept_out_until_enabled(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    for since in [at(1), at(2)] {
        let user = stores.accounts.set_disabled(ada, Some(since)).await.expect("works");
        assert_eq!(user.and_then(|user| user.disabled_at), Some(at(1)));
    }
    let user = stores.accounts.user(ada).await.expect("works").expect("Ada");
    assert_eq!(user.disabled_at, Some(at(1)));
    let is_disabled = async |user| {
        let status = stores.tokens.status(user).await;
        status.expect("works").expect("they are there").is_disabled
    };
    assert!(is_disabled(ada).await && !is_disabled(ben).await);
    let user = stores.accounts.set_disabled(ada, None).await.expect("works").expect("Ada");
    assert_eq!(user.disabled_at, None);
    assert!(!is_disabled(ada).await);
    let nobody = UserId::new(4711).expect("a number");
    assert_eq!(stores.accounts.set_disabled(nobody, None).await.expect("works"), None);
}

/// Since the first time, and whether or not they are kept out.
pub async fn an_operator_is_one_until_demoted(stores: AccountStores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    for since in [at(1), at(2)] {
        let user = stores.accounts.set_operator(ada, Some(since)).await.expect("works");
        assert_eq!(user.and_then(|user| user.operator_since), Some(at(1)));
    }
    stores.accounts.set_disabled(ada, Some(at(3))).await.expect("works");
    let is_operator = async |user| {
        let user = stores.accounts.user(user).await.expect("works");
        user.expect("they are there").is_operator()
    };
    assert!(is_operator(ada).await && !is_operator(ben).await);
    let user = stores.accounts.set_operator(ada, None).await.expect("works").expect("Ada");
    assert_eq!((user.operator_since, user.disabled_at), (None, Some(at(3))));
    assert!(!is_operator(ada).await);
    let nobody = UserId::new(4711).expect("a number");
    assert_eq!(stores.accounts.set_operator(nobody, Some(at(1))).await.expect("works"), None);
}

/// And nobody else.
pub async fn a_deleted_user_is_gone_with_everything(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    for user in [ada, ben] {
        let turn = stores.begin(user, "add milk").await;
        let create = todo_domain::TaskChange::Create(titled("milk"));
        stores.recorded(&turn, 1, vec![call(create)]).await;
        stores.finish(&turn, "Done.").await;
        stores.tokens.revoke(token(user, 0), at(0)).await.expect("works");
    }
    assert!(stores.accounts.delete(ada).await.expect("works"));
    assert!(!stores.accounts.delete(ada).await.expect("works"));
    assert_eq!(stores.accounts.user(ada).await.expect("works"), None);
    assert_eq!(stores.tokens.status(ada).await.expect("works"), None);
    let lists = async |user| {
        let page = stores.conversations.list(user, PageLimit::MAX, None).await.expect("works");
        let tasks = stores.list(user, todo_domain::TaskQuery::default()).await.tasks;
        (page.conversations.len(), tasks.len())
    };
    assert_eq!((lists(ada).await, lists(ben).await), ((0, 0), (1, 1)));
    assert!(stores.user("ada").await > ben);
}

/// It finds out with its next step.
pub async fn a_deleted_user_stops_their_turns(stores: Stores) {
    let ada = stores.user("ada").await;
    let turn = stores.begin(ada, "add milk").await;
    assert!(stores.accounts.delete(ada).await.expect("works"));
    let create = todo_domain::TaskChange::Create(titled("milk"));
    assert_eq!(stores.step(&turn, 1, vec![call(create)]).await, StepOutcome::FencedOff);
    assert_eq!(stores.finish(&turn, "Done.").await, EndOutcome::FencedOff);
    let code = todo_domain::FailureCode::Internal;
    assert_eq!(stores.fail(&turn, code).await, EndOutcome::FencedOff);
    let conversation = ConversationRef::Existing(turn.fence.conversation_id);
    assert_eq!(stores.say(ada, conversation, "hello", LEASE).await, BeginOutcome::UserNotFound);
}

/// In the order of their numbers.
pub async fn pages_of_users_neither_skip_nor_repeat(stores: AccountStores) {
    let mut ids = Vec::new();
    for name in ["ada", "ben", "eve", "joe", "zoe"] {
        ids.push(stores.user(name).await);
    }
    let limit = PageLimit::new(2).expect("a length");
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = stores.accounts.list(limit, after).await.expect("works");
        assert!(page.users.len() <= 2);
        listed.extend(page.users.iter().map(|user| user.id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, ids);
    let whole = stores.accounts.list(PageLimit::new(5).expect("a length"), None).await;
    assert_eq!(whole.expect("works").next, None);
}
