//! Signing up, in and out, and who somebody is.

mod sign_in_guard;
mod sign_out;
mod standings;

use std::{fmt, sync::Arc, time::Duration};

use todo_domain::{
    Email, NewUser, Password, TimeZone, User, UserChange, UserId, UserName,
    ports::{AccountStore, Clock, CreateUser, HashError, PasswordHasher, StoreError, TokenStore},
};

pub use self::sign_in_guard::{SignInGuard, SignInOrigin};
use self::{sign_in_guard::TooManyAttempts, standings::Standings};

/// Accounts of users.
#[derive(Clone)]
pub struct Accounts {
    store: Arc<dyn AccountStore>,
    tokens: Arc<dyn TokenStore>,
    hasher: Arc<dyn PasswordHasher>,
    clock: Arc<dyn Clock>,
    standings: Standings,
    guard: Option<SignInGuard>,
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
    /// Others have failed too often; the password was not looked at.
    #[error("too many attempts to sign in")]
    TooManyAttempts {
        /// When to try again.
        retry_after: Duration,
    },
    /// The password was not verified.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
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
        Self { store, tokens, hasher, clock, standings: Standings::new(), guard: None }
    }

    /// Slows down whoever guesses passwords.
    #[must_use]
    pub fn guarded(mut self, guard: SignInGuard) -> Self {
        self.guard = Some(guard);
        self
    }

    /// Creates an account.
    ///
    /// # Errors
    /// [`SignUpError::EmailTaken`], or when store or hasher fail.
    pub async fn sign_up(&self, sign_up: SignUp) -> Result<User, SignUpError> {
        let password_hash = self.hasher.hash(sign_up.password).await?;
        let user = NewUser {
            email: sign_up.email,
            name: sign_up.name,
            password_hash,
            time_zone: sign_up.time_zone,
            created_at: self.clock.now(),
        };
        match self.store.create(user).await? {
            CreateUser::Created(user) => Ok(user),
            CreateUser::EmailTaken => Err(SignUpError::EmailTaken),
        }
    }

    /// Finds the user with these credentials. It takes as long whether or not there is one.
    ///
    /// # Errors
    /// [`SignInError::WrongCredentials`], [`SignInError::TooManyAttempts`], or when store or hasher
    /// fail.
    pub async fn sign_in(
        &self,
        email: Email,
        password: Password,
        origin: SignInOrigin,
    ) -> Result<User, SignInError> {
        let Some(guard) = &self.guard else { return self.verify(email, password).await };
        let attempt = guard
            .admit(origin)
            .await
            .map_err(|TooManyAttempts(retry_after)| SignInError::TooManyAttempts { retry_after })?;
        let outcome = self.verify(email, password).await;
        match &outcome {
            Ok(_) => attempt.succeeded().await,
            Err(SignInError::Hash(_) | SignInError::Store(_)) => attempt.not_made().await,
            Err(SignInError::WrongCredentials | SignInError::TooManyAttempts { .. }) => {}
        }
        outcome
    }

    async fn verify(&self, email: Email, password: Password) -> Result<User, SignInError> {
        let (user, hash) = self.store.credentials(email).await?.unzip();
        let right = self.hasher.verify(password, hash).await?;
        user.filter(|_| right).ok_or(SignInError::WrongCredentials)
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
