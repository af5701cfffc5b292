//! What whoever starts the service by hand reads first.

use std::net::SocketAddr;

use todo_adapters::DatabaseEngine;

use crate::config::{ChatEngine, Config, LogFormat};

/// How the service runs and where to go, when it stands alone. With PostgreSQL nobody watches, and
/// a collector of JSON wants nothing else on the standard output.
pub(crate) fn welcome(config: &Config, address: SocketAddr) -> Option<String> {
    if config.database.engine == DatabaseEngine::Postgres || config.logs.format == LogFormat::Json {
        return None;
    }
    let ChatEngine::Offline = config.chat.engine;
    let storage = &config.database.url;
    let reach = if address.ip().is_loopback() { "this machine alone" } else { "the network" };
    Some(format!(
        "A todo list you talk to is running, for {reach}.

  API         http://{address}/docs
  storage     {storage}
  assistant   offline, it understands simple sentences

.env.example says how to make it a service for others. Ctrl-C stops it.
"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Variables;

    fn greeting(pairs: &[(&str, &str)]) -> Option<String> {
        let environment = pairs.iter().map(|(name, value)| (name.into(), value.into()));
        let config = Config::read(Variables::new(environment).unwrap()).unwrap();
        welcome(&config, ([127, 0, 0, 1], 8000).into())
    }

    #[test]
    fn a_person_learns_where_to_go() {
        let text = greeting(&[]).unwrap();

        for part in ["http://127.0.0.1:8000/docs", "this machine", "./data/todo.sqlite", "offline"]
        {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_machine_is_not_greeted() {
        assert_eq!(greeting(&[("LOG_FORMAT", "json")]), None);
    }
}
