//! The account of a machine: whose list it is where nobody signs in.

use todo_domain::{Email, PageLimit, User, ports::StoreError};

use super::{Accounts, SignUp, SignUpError};

impl Accounts {
    /// The account of this machine, which is made if there is no account at all. `None` where there
    /// are others only: they have passwords.
    ///
    /// # Errors
    /// [`SignUpError::Disabled`] if it would have to be made, or when store or hasher fail.
    pub async fn machine_account(&self, account: SignUp) -> Result<Option<User>, SignUpError> {
        let email = account.email.clone();
        if let Some(user) = self.find(email.clone()).await? {
            return Ok(Some(user));
        }
        if !self.is_empty().await? {
            return Ok(None);
        }
        match self.sign_up(account, None).await {
            Ok(user) => Ok(Some(user)),
            // Somebody else was quicker.
            Err(SignUpError::EmailTaken) => Ok(self.find(email).await?),
            Err(error) => Err(error),
        }
    }

    /// Whether [`Self::machine_account`] would find or make the account of this address, and nobody
    /// keeps it out.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn offers_machine_account(&self, email: Email) -> Result<bool, StoreError> {
        match self.find(email).await? {
            Some(user) => Ok(user.disabled_at.is_none()),
            None => Ok(self.takes_sign_ups && self.is_empty().await?),
        }
    }

    /// Whether people may create accounts.
    #[must_use]
    pub fn takes_sign_ups(&self) -> bool {
        self.takes_sign_ups
    }

    async fn is_empty(&self) -> Result<bool, StoreError> {
        Ok(self.list(PageLimit::MIN, None).await?.users.is_empty())
    }
}
