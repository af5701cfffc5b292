//! The server.

use std::{
    io, iter, net::TcpListener, num::NonZeroUsize, thread::available_parallelism, time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::{Condition, from_fn},
    web,
};
use utoipa_actix_web::AppExt;

use crate::{
    Api, CorsOrigins,
    connection::{self, ConnectionRules},
    extract::{BodyTimeout, MaxLines},
    limits,
    openapi::{openapi, routes_of},
    pace::MinimumPace,
    request,
    routes::{
        self, DOCS_FILES, DocsFiles, Document, Fallback, docs_files, fallback,
        web_page::{self, ReadyPage, WebPage},
    },
    ui_stream::Heartbeat,
};

/// How long a client may take to close its side of a connection.
const DISCONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Where operators see metrics and the details of the health.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OperatorPages {
    /// At the API's own address.
    #[default]
    Here,
    /// At an address of their own, served by [`operator_server`]: then the API's answers `/metrics`
    /// with 404 and leaves the details of `/health/detailed` out.
    Elsewhere,
}

/// How to serve.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Whose pages may call the API from a browser.
    pub cors: CorsOrigins,
    /// What is served at `/` to people; `None` for nothing.
    pub web_page: Option<&'static WebPage>,
    /// Where operators see metrics and the details of the health.
    pub operator_pages: OperatorPages,
    /// How many threads take requests; `None` for one per processor.
    pub workers: Option<NonZeroUsize>,
    /// How long a client may take to send the head of a request, and again to send its body.
    pub request_timeout: Duration,
    /// How large a file may be that is imported, in bytes.
    pub import_max_bytes: usize,
    /// How long an import may take to arrive, and an export to be taken. Either must move on by 8 KiB
    /// a second and never fall behind by more than `request_timeout`.
    pub archive_timeout: Duration,
    /// How long a connection may idle between two requests: longer than the proxies in front of us
    /// keep theirs (60 s is common), so that none is closed while a request is on its way.
    pub keep_alive: Duration,
    /// How many connections there may be at a time, over all threads; more are left waiting. Each
    /// thread takes an equal share, of one at least.
    pub max_connections: usize,
    /// How many of them one address may have, or one network of IPv6 (/64); more are closed at once.
    /// Trusted proxies have as many as they like. `None` for no such bound.
    pub max_connections_per_address: Option<NonZeroUsize>,
    /// How long requests may go on after the server was told to stop, in whole seconds: longer than
    /// a turn of the chat takes, by the time the store may need for its last step and for its end.
    pub shutdown_timeout: Duration,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            cors: CorsOrigins::default(),
            web_page: None,
            operator_pages: OperatorPages::default(),
            workers: None,
            request_timeout: Duration::from_secs(10),
            import_max_bytes: 64 * 1024 * 1024,
            archive_timeout: Duration::from_secs(300),
            keep_alive: Duration::from_secs(75),
            max_connections: 10_000,
            max_connections_per_address: None,
            shutdown_timeout: Duration::from_secs(45),
        }
    }
}

/// Serves the API on this listener once the returned [`Server`] is awaited. Signals are the
/// caller's: it stops the server through its [`actix_web::dev::ServerHandle`].
///
/// # Errors
/// When the listener can't be used.
pub fn server(listener: TcpListener, api: Api, settings: HttpSettings) -> io::Result<Server> {
    let HttpSettings {
        cors,
        request_timeout,
        keep_alive,
        import_max_bytes,
        operator_pages,
        web_page,
        ..
    } = settings;
    let pace = MinimumPace { grace: request_timeout, total: settings.archive_timeout };
    let workers = settings.workers.or_else(|| available_parallelism().ok()).map_or(1, usize::from);
    let longest_idle = keep_alive + request_timeout;
    let rules = ConnectionRules {
        longest_idle,
        per_address: settings.max_connections_per_address,
        trusted_proxies: api.limits.trusted_proxies().to_vec(),
        metrics: api.metrics.clone(),
    };
    let api = web::Data::new(api);
    let document = openapi();
    let page_paths = web_page.iter().flat_map(|_| web_page::paths());
    let read_only = page_paths.chain([DOCS_FILES]);
    let fallback_paths = web::Data::new(Fallback::new(&routes_of(&document), read_only));
    let document = web::Data::new(Document::new(&document));
    let files = web::Data::new(DocsFiles::new());
    let page = web_page.map(|page| web::Data::new(ReadyPage::new(page)));
    let factory = move || {
        App::new()
            .into_utoipa_app()
            .configure(routes::configure)
            .into_app()
            .app_data(api.clone())
            .app_data(document.clone())
            .app_data(files.clone())
            .app_data(fallback_paths.clone())
            .app_data(BodyTimeout(request_timeout))
            .app_data(MaxLines(import_max_bytes))
            .app_data(web::Data::new(operator_pages))
            .app_data(pace)
            .app_data(Heartbeat::within(longest_idle))
            .service(web::redirect("/docs", "/docs/").permanent())
            .service(docs_files())
            .configure(|routes| {
                if let Some(page) = &page {
                    web_page::configure(page, routes);
                }
            })
            .default_service(web::to(fallback))
            .wrap(from_fn(limits::handle))
            .wrap(Condition::new(!cors.is_none(), cors.middleware()))
            .wrap(from_fn(request::handle))
            .wrap(from_fn(connection::handle))
    };
    let server = HttpServer::new(factory)
        .workers(workers)
        .max_connections((settings.max_connections / workers).max(1))
        .on_connect(connection::watch(rules))
        .client_request_timeout(request_timeout)
        .keep_alive(keep_alive)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .shutdown_timeout(settings.shutdown_timeout.as_secs_f64().ceil() as u64)
        .disable_signals();
    Ok(server.listen(listener)?.run())
}

/// How many connections [`operator_server`] takes at a time.
const OPERATOR_CONNECTIONS: usize = 64;

/// Serves `/metrics` and everything below `/health` on this listener, for operators alone: nothing
/// is limited there, and nothing else is answered. Like [`server`], it runs once it is awaited.
///
/// # Errors
/// When the listener can't be used.
pub fn operator_server(
    listener: TcpListener,
    api: Api,
    settings: &HttpSettings,
) -> io::Result<Server> {
    let &HttpSettings { request_timeout, keep_alive, .. } = settings;
    let rules = ConnectionRules {
        longest_idle: keep_alive + request_timeout,
        per_address: None,
        trusted_proxies: Vec::new(),
        metrics: api.metrics.clone(),
    };
    let api = web::Data::new(api);
    let paths =
        routes_of(&openapi()).into_iter().filter(|route| routes::is_for_operators(&route.path));
    let fallback_paths = web::Data::new(Fallback::new(&paths.collect::<Vec<_>>(), iter::empty()));
    let factory = move || {
        App::new()
            .into_utoipa_app()
            .configure(routes::configure_for_operators)
            .into_app()
            .app_data(api.clone())
            .app_data(web::Data::new(OperatorPages::Here))
            .app_data(fallback_paths.clone())
            .default_service(web::to(fallback))
            .wrap(from_fn(request::handle))
            .wrap(from_fn(connection::handle))
    };
    let server = HttpServer::new(factory)
        .workers(1)
        .max_connections(OPERATOR_CONNECTIONS)
        .on_connect(connection::watch(rules))
        .client_request_timeout(request_timeout)
        .keep_alive(keep_alive)
        .client_disconnect_timeout(DISCONNECT_TIMEOUT)
        .shutdown_timeout(1)
        .disable_signals();
    Ok(server.listen(listener)?.run())
}
