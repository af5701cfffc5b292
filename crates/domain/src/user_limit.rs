//! How much one user may keep.

/// A number outside the bounds of a [`UserLimit`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a whole number from 1 to 1000000")]
pub struct UserLimitError;

/// How many things of a kind a user may have: 1 to 1,000,000.
///
/// ```
/// use todo_domain::UserLimit;
///
/// let three = UserLimit::new(3)?;
/// assert_eq!((three.room(1), three.room(3)), (2, 0));
/// // Whoever had more before the bound was lowered keeps it all and gets nothing new.
/// assert_eq!(three.room(5), 0);
/// assert!(UserLimit::new(0).is_err() && UserLimit::new(1_000_001).is_err());
/// # Ok::<(), todo_domain::UserLimitError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserLimit(u32);

impl UserLimit {
    /// The largest one.
    pub const MAX: Self = Self(1_000_000);

    /// Checks and wraps a number of things.
    ///
    /// # Errors
    /// [`UserLimitError`] outside 1 to 1,000,000.
    pub const fn new(things: u32) -> Result<Self, UserLimitError> {
        if things == 0 || things > Self::MAX.0 { Err(UserLimitError) } else { Ok(Self(things)) }
    }

    /// The number of things.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// How many more there may be besides those that are held.
    #[must_use]
    pub const fn room(self, held: u64) -> u64 {
        (self.0 as u64).saturating_sub(held)
    }
}

/// What a user may keep of each kind. Lowering a bound deletes nothing: it only refuses new ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserLimits {
    /// Tasks, completed ones included.
    pub tasks: UserLimit,
    /// Conversations.
    pub conversations: UserLimit,
}

impl Default for UserLimits {
    /// 10,000 tasks and 1,000 conversations.
    fn default() -> Self {
        Self { tasks: UserLimit(10_000), conversations: UserLimit(1_000) }
    }
}
