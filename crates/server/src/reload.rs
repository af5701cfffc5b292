//! SIGHUP: secrets are read again and taken over while the service runs (S26, S89). All of the
//! configuration must be right, or nothing is taken over.

use std::{
    error::Error,
    fs::File,
    io::{self, IsTerminal},
    sync::Arc,
};

use secrecy::{ExposeSecret, SecretString};
use todo_adapters::{CohereModel, error_chain};
use todo_app::ProviderMonitor;
use todo_http::{Api, Limits, Tokens};
use todo_service::ChatEngine;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    config::{Config, ConfigError, ConfigProblem, Values, Variables},
    signing_secret::{ObtainedSecret, SigningSecretError},
};

/// What tokens are signed and verified with.
const OF_TOKENS: [&str; 2] = ["JWT_SECRET", "JWT_PREVIOUS_SECRETS"];
/// Who we are to Cohere.
const OF_COHERE: &str = "COHERE_API_KEY";

/// Cohere's model and who watches it: both get a new key.
#[derive(Clone)]
pub(crate) struct Cohere {
    pub(crate) model: Arc<CohereModel>,
    pub(crate) watch: ProviderMonitor,
}

/// Takes new secrets over.
pub(crate) struct Rotation {
    hang_up: Signal,
    /// The terminal the service was started from may be closed; which sends the same signal.
    in_terminal: bool,
    tokens: Tokens,
    /// Their keys are made of the signing secret.
    limits: Limits,
    signing: SecretString,
    /// Kept locked.
    signing_file: Option<File>,
    /// `None` with another engine.
    cohere: Option<Cohere>,
    /// What the service runs with.
    values: Values,
}

/// Why nothing was taken over.
#[derive(Debug, thiserror::Error)]
enum RotationError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    SigningSecret(#[from] SigningSecretError),
}

/// What a SIGHUP has brought.
struct Changes {
    taken_over: Vec<&'static str>,
    needing_restart: Vec<&'static str>,
}

impl Rotation {
    /// From now on SIGHUP no longer ends the process. The service was started with this
    /// configuration.
    pub(crate) fn listen(
        config: &Config,
        signing: ObtainedSecret,
        api: &Api,
        cohere: Option<Cohere>,
    ) -> io::Result<Self> {
        Ok(Self {
            hang_up: signal(SignalKind::hangup())?,
            in_terminal: io::stdin().is_terminal(),
            tokens: api.tokens.clone(),
            limits: api.limits.clone(),
            signing: signing.secret,
            signing_file: signing.file,
            cohere,
            values: config.values.clone(),
        })
    }

    /// Answers one signal after the other, until one of them says that the terminal was closed.
    pub(crate) async fn run(mut self) {
        while self.hang_up.recv().await.is_some() {
            if self.in_terminal && !io::stdin().is_terminal() {
                // Nobody reads what would be said, and whoever closes a terminal means it.
                return;
            }
            match tokio::task::spawn_blocking(read_again).await {
                Ok(Ok((config, signing))) => match self.take_over(config, signing) {
                    Ok(changes) => report(&changes),
                    Err(error) => refuse(error.as_ref()),
                },
                Ok(Err(RotationError::Config(ConfigError(faults)))) => {
                    for ConfigProblem { variable, problem } in faults {
                        tracing::error!(%variable, problem, "SIGHUP: nothing was taken over");
                    }
                }
                Ok(Err(RotationError::SigningSecret(error))) => refuse(&error),
                // The panic is in the log.
                Err(error) => refuse(&error),
            }
        }
    }

    fn take_over(
        &mut self,
        config: Config,
        signing: ObtainedSecret,
    ) -> Result<Changes, Box<dyn Error>> {
        tell_of_exposed(&config, &signing);
        let ObtainedSecret { secret: signing, file, .. } = signing;
        let mut rotated = OF_TOKENS.to_vec();
        // The key first: tokens can't fail after the configuration has been found right.
        if let (Some(cohere), ChatEngine::Cohere(settings)) = (&self.cohere, config.chat.engine) {
            cohere.model.replace_api_key(settings.api_key)?;
            rotated.push(OF_COHERE);
        }
        self.tokens.replace_secrets(&signing, &config.tokens.previous)?;
        let is_new = signing.expose_secret() != self.signing.expose_secret();
        if is_new {
            self.limits.replace_secret(&signing);
        }

        let differences = self.values.differences(&config.values);
        let (mut taken_over, needing_restart): (Vec<_>, Vec<_>) =
            differences.into_iter().partition(|name| rotated.contains(name));
        // The secret that the service made itself may have been replaced in its file.
        if is_new && !taken_over.contains(&OF_TOKENS[0]) {
            taken_over.push(OF_TOKENS[0]);
        }
        if let Some(cohere) = self.cohere.as_ref().filter(|_| taken_over.contains(&OF_COHERE)) {
            cohere.watch.ask_anew();
        }
        self.values.take_over(&rotated, &config.values);
        (self.signing, self.signing_file) = (signing, file);
        Ok(Changes { taken_over, needing_restart })
    }
}

/// Files are read, so this blocks.
fn read_again() -> Result<(Config, ObtainedSecret), RotationError> {
    let config = Config::read(Variables::new(std::env::vars_os())?)?;
    let signing = config.tokens.secret.obtain()?;
    Ok((config, signing))
}

/// Warns of files with secrets that more people come near than need be.
pub(crate) fn tell_of_exposed(config: &Config, signing: &ObtainedSecret) {
    let kept = signing.warning.map(|how| ("DATA_DIR", format!("has a jwt_secret that {how}")));
    let named = config.warnings.iter().map(|it| (it.variable.as_ref(), it.problem.clone()));
    for (variable, problem) in named.chain(kept) {
        tracing::warn!(variable, problem, "A secret file is accessible to other users");
    }
}

fn report(Changes { taken_over, needing_restart }: &Changes) {
    if taken_over.is_empty() {
        tracing::info!("SIGHUP: no secret has changed");
    } else {
        tracing::info!(variables = taken_over.join(", "), "SIGHUP: new secrets were taken over");
    }
    if !needing_restart.is_empty() {
        tracing::warn!(
            variables = needing_restart.join(", "),
            "SIGHUP: these were changed too, and need a restart"
        );
    }
}

fn refuse(error: &dyn Error) {
    tracing::error!(error = error_chain(error), "SIGHUP: nothing was taken over");
}
