//! What the service is made of besides its settings.

use std::{fmt, sync::Arc};

use todo_adapters::{Argon2Cost, HashingLimits, SystemClock, UuidV7};
use todo_domain::ports::{ChatModel, Clock, IdGenerator, ModelHealth};

/// What the service is made of besides its settings. The default is the real thing; a test puts
/// doubles instead.
#[derive(Clone)]
pub struct Parts {
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Names things.
    pub ids: Arc<dyn IdGenerator>,
    /// What hashing a password costs.
    pub hashing_cost: Argon2Cost,
    /// How many passwords are hashed at a time, and how long the others wait.
    pub hashing_limits: HashingLimits,
    /// Whether those who guess passwords are slowed down.
    pub guards_sign_in: bool,
    /// Answers instead of the engine of the settings.
    pub model: Option<Arc<dyn ChatModel>>,
    /// Says how the provider of the model is, instead of that model.
    pub model_health: Option<Arc<dyn ModelHealth>>,
}

impl Default for Parts {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            ids: Arc::new(UuidV7),
            hashing_cost: Argon2Cost::default(),
            hashing_limits: HashingLimits::default(),
            guards_sign_in: true,
            model: None,
            model_health: None,
        }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").finish_non_exhaustive()
    }
}
