//! Signing up, in and out, and who somebody is.

mod machine;
mod operator;
mod password;
mod refresh;
mod sign_in_guard;
mod sign_out;
mod token_status;

use std::{fmt, sync::Arc};

use todo_domain::{
    Email, NewUser, Password, TimeZone, User, UserChange, UserId, UserName,
    ports::{
        AccountStore, Clock, CreateUser, HashError, HashRequester, PasswordHasher, StoreError,
        TokenStore,
    },
};

pub use self::sign_in_guard::{SignInGuard, SignInOrigin};
use self::token_status::TokenStatusCache;
pub use self::{
    operator::SetPasswordError,
    password::{CheckError, ConfirmError},
};

/// Accounts of users.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    tokens: Arc<dyn TokenStore>,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
    token_status: TokenStatusCache,
    guard: Option<SignInGuard>,
    takes_sign_ups: bool,
}

impl fmt::Debug for Accounts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts").finish_non_exhaustive()
    }
}

/// What somebody signs up with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignUp {
    /// What they want to be called.
    pub name: UserName,
    /// How they will sign in.
    pub email: Email,
    /// What only they know.
    pub password: Password,
    /// Where their days begin and end.
    pub time_zone: TimeZone,
}

/// Why somebody could not sign up.
#[derive(Debug, thiserror::Error)]
pub enum SignUpError {
    /// Nobody can.
    #[error("nobody can sign up")]
    Disabled,
    /// Another user has this e-mail address, in whatever case.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// The password was not hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why somebody could not sign in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// No such user, or not their password: nobody learns which.
    #[error("wrong e-mail address or password")]
    WrongCredentials,
    /// It is their password, but the operator keeps them out.
    #[error("the account is disabled")]
    Disabled,
    /// The password was not looked at, or in vain.
    #[error(transparent)]
    Check(#[from] CheckError),
}

impl Accounts {
    /// Accounts and their tokens, kept in these stores.
    #[must_use]
    pub fn new(
        store: Arc<dyn AccountStore>,
        tokens: Arc<dyn TokenStore>,
        hasher: Arc<dyn PasswordHasher>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            tokens,
            hasher,
            clock,
            token_status: TokenStatusCache::new(),
            guard: None,
            takes_sign_ups: true,
        }
    }

    /// Slows down whoever guesses passwords.
    #[must_use]
    pub fn guarded(mut self, guard: SignInGuard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Lets nobody sign up.
    #[must_use]
    pub fn without_sign_ups(mut self) -> Self {
        self.takes_sign_ups = false;
        self
    }

    /// Creates an account, for somebody who is at home at this address from now on.
    ///
    /// # Errors
    /// [`SignUpError::Disabled`], [`SignUpError::EmailTaken`], or when store or hasher fail.
    pub async fn sign_up(
        &self,
        sign_up: SignUp,
        origin: Option<SignInOrigin>,
    ) -> Result<User, SignUpError> {
        if !self.takes_sign_ups {
            return Err(SignUpError::Disabled);
        }
        let requester =
            origin.as_ref().map_or_else(HashRequester::operator, SignInOrigin::requester);
        let password_hash = self.hasher.hash(sign_up.password, requester).await?;
        let user = NewUser {
            email: sign_up.email,
            name: sign_up.name,
            password_hash,
            time_zone: sign_up.time_zone,
            created_at: self.clock.now(),
        };
        let CreateUser::Created(user) = self.store.create(user).await? else {
            return Err(SignUpError::EmailTaken);
        };
        if let (Some(guard), Some(origin)) = (&self.guard, origin) {
            guard.know(origin).await;
        }
        Ok(user)
    }

    /// Finds the user with these credentials. It takes as long whether or not there is one.
    ///
    /// # Errors
    /// [`SignInError::WrongCredentials`], [`SignInError::Disabled`], or when the password could not
    /// be checked.
    pub async fn sign_in(
        &self,
        email: Email,
        password: Password,
        origin: SignInOrigin,
    ) -> Result<User, SignInError> {
        match self.check(email, password, origin).await? {
            Some((user, _)) if user.disabled_at.is_none() => Ok(user),
            Some(_) => Err(SignInError::Disabled),
            None => Err(SignInError::WrongCredentials),
        }
    }

    /// A user.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.user(id).await
    }

    /// Changes a user's name or time zone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn update(&self, id: UserId, change: UserChange) -> Result<Option<User>, StoreError> {
        self.store.update(id, change).await
    }
}
