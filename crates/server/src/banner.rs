//! What whoever starts the service by hand reads first.

use std::net::SocketAddr;

use todo_adapters::DatabaseEngine;
use todo_service::ChatEngine;

use crate::config::{Config, LogFormat};

/// How the service runs and where to go, when it stands alone. With PostgreSQL nobody watches, and
/// a collector of JSON wants nothing else on the standard output.
pub(crate) fn banner(config: &Config, address: SocketAddr) -> Option<String> {
    if config.database.engine == DatabaseEngine::Postgres || config.logs.format == LogFormat::Json {
        return None;
    }
    let assistant = match &config.chat.engine {
        ChatEngine::Offline => "offline, it understands simple sentences".to_owned(),
        ChatEngine::Cohere(settings) => format!("Cohere's {}", settings.model),
    };
    let advice = match &config.chat.engine {
        ChatEngine::Offline => "COHERE_API_KEY brings a language model. ",
        ChatEngine::Cohere(_) => "",
    };
    let storage = &config.database.url;
    let reach = if address.ip().is_loopback() { "this machine alone" } else { "the network" };
    Some(format!(
        "A todo list you talk to is running, for {reach}.

  API         http://{address}/docs
  storage     {storage}
  assistant   {assistant}

{advice}.env.example says how to make it a service for others. Ctrl-C stops it.
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
        banner(&config, ([127, 0, 0, 1], 8000).into())
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
    fn without_a_key_a_person_learns_what_one_is_good_for() {
        assert!(greeting(&[]).unwrap().contains("COHERE_API_KEY"));
        let text = greeting(&[("COHERE_API_KEY", "k-1"), ("COHERE_MODEL", "command-r")]).unwrap();
        assert!(text.contains("Cohere's command-r-08-2024"), "{text}");
        assert!(!text.contains("COHERE_API_KEY") && !text.contains("k-1"), "{text}");
    }

    #[test]
    fn a_machine_is_not_greeted() {
        assert_eq!(greeting(&[("LOG_FORMAT", "json")]), None);
    }
}
