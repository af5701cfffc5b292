//! Users.

use todo_domain::{
    PageLimit, PasswordHash, TimeZone, UserChange, UserId, UserName,
    ports::{CreateUser, StoreErrorKind},
};

use super::{Stores, new_user};

/// Every field survives.
pub async fn a_user_comes_back_as_created(stores: Stores) {
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
pub async fn an_email_address_is_taken_only_once_in_any_case(stores: Stores) {
    stores.user("ada").await;
    let again = stores.accounts.create(new_user("ADA@Example.ORG")).await;
    assert_eq!(again.expect("works"), CreateUser::EmailTaken);
    let upper = stores.accounts.credentials("Ada@EXAMPLE.org".parse().expect("an address")).await;
    assert!(upper.expect("works").is_some());
}

/// As many users as sign up.
pub async fn each_user_has_a_number_of_their_own(stores: Stores) {
    let (ada, ben) = (stores.user("ada").await, stores.user("ben").await);
    assert_ne!(ada, ben);
}

/// Neither skipping nor repeating anybody.
pub async fn users_are_listed_by_number_page_by_page(stores: Stores) {
    let all = [stores.user("ada").await, stores.user("ben").await, stores.user("cleo").await];
    let two = PageLimit::new(2).expect("a limit");
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = stores.accounts.list(two, after).await.expect("works");
        let Some(last) = page.last() else { break };
        after = Some(last.id);
        found.extend(page.into_iter().map(|user| user.id));
    }
    assert_eq!(found, all);
}

/// Absence is not an error.
pub async fn nobody_has_no_credentials(stores: Stores) {
    let nobody = UserId::new(4711).expect("a number");
    assert_eq!(stores.accounts.user(nobody).await.expect("works"), None);
    let address = "nobody@example.org".parse().expect("an address");
    assert!(stores.accounts.credentials(address).await.expect("works").is_none());
    let change = UserChange { time_zone: Some(TimeZone::UTC), ..UserChange::default() };
    assert_eq!(stores.accounts.update(nobody, change).await.expect("works"), None);
}

/// The others stay.
pub async fn a_change_touches_only_what_it_names(stores: Stores) {
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
pub async fn a_password_hash_is_kept_byte_for_byte(stores: Stores) {
    let phc = "$argon2id$v=19$m=19456,t=2,p=1$gZiV/M1gPc22ElAH/Jh1Hw$CWOrkoo7oJBQ/iyh7uJ0LO2aLEfrHwTWllSAxT0zRno";
    let hash = PasswordHash::new(phc.into());
    let new = todo_domain::NewUser { password_hash: hash.clone(), ..new_user("ada@example.org") };
    stores.accounts.create(new.clone()).await.expect("works");
    let (_, kept) = stores.accounts.credentials(new.email).await.expect("works").expect("Ada");
    assert!(kept == hash);
}

/// It is a bug of the caller, and reported as one.
pub async fn nobody_can_have_a_task(stores: Stores) {
    let nobody = UserId::new(4711).expect("a number");
    let create = todo_domain::TaskOperation::Create(super::titled("buy milk"));
    let error = stores.tasks.execute(nobody, create, super::at(0)).await.expect_err("no user");
    assert_eq!(error.kind, StoreErrorKind::Constraint);
}
