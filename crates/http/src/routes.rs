//! The list of everything there is. What is not listed here does not exist, neither for callers
//! nor in the OpenAPI document.

mod accounts;
mod actions;
mod admin;
mod archives;
mod batch;
mod chat;
mod conversations;
mod docs;
mod docs_files;
mod fallback;
mod health;
mod metrics;
mod static_file;
mod tags;
mod tasks;
mod turns;
mod usage;
pub(crate) mod web_page;

pub(crate) use docs::Document;
pub(crate) use docs_files::{DOCS_FILES, DocsFiles, docs_files};
pub(crate) use fallback::{Fallback, fallback};
pub use metrics::MetricsPage;
pub use web_page::{WebFile, WebPage};

use utoipa_actix_web::service_config::ServiceConfig;

/// Registers every route.
pub(crate) fn configure(routes: &mut ServiceConfig<'_>) {
    routes
        // Before those of users: `admin` is the number of nobody.
        .service(admin::users)
        .service(admin::disable)
        .service(admin::enable)
        .service(admin::usage)
        .service(admin::turns)
        .service(admin::health)
        .service(accounts::sign_up)
        .service(accounts::sign_in)
        .service(accounts::sign_in_options)
        .service(accounts::use_machine_account)
        .service(accounts::refresh)
        .service(accounts::sign_out)
        .service(accounts::sign_out_everywhere)
        .service(accounts::me)
        .service(accounts::update_me)
        .service(accounts::change_password)
        .service(accounts::delete_account)
        .service(chat::send)
        .service(chat::open)
        .service(chat::follow_chat)
        .service(chat::follow_turn)
        .service(chat::stop)
        .service(actions::approve)
        .service(actions::reject)
        .service(conversations::list)
        .service(conversations::open)
        .service(conversations::messages)
        .service(conversations::rename)
        .service(conversations::delete)
        .service(turns::get)
        .service(turns::cancel)
        .service(turns::undo)
        .service(tasks::list)
        .service(tasks::create)
        .service(batch::change)
        .service(tasks::read)
        .service(tasks::get)
        .service(tasks::update)
        .service(tasks::delete)
        .service(tasks::complete)
        .service(tasks::reopen)
        .service(tags::list)
        .service(usage::get)
        .service(archives::export)
        .service(archives::import)
        .configure(configure_for_operators)
        .service(docs::openapi)
        .service(docs::errors);
}

/// Registers what operators and their programs ask for.
pub(crate) fn configure_for_operators(routes: &mut ServiceConfig<'_>) {
    routes
        .service(health::live)
        .service(health::ready)
        .service(health::detailed)
        .service(metrics::metrics);
}

/// Whether [`configure_for_operators`] registers this path.
pub(crate) fn is_for_operators(path: &str) -> bool {
    path == "/metrics" || path == "/health" || path.starts_with("/health/")
}
