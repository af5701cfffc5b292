//! The real service on a port of its own, and people who use it.

use std::{
    fmt,
    net::TcpListener,
    num::NonZeroUsize,
    sync::Arc,
    time::{Duration, Instant},
};

use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName, HeaderValue},
};
use secrecy::SecretString;
use serde_json::{Value, json};
use todo_adapters::{
    Argon2Cost, Database, DatabaseUrl, HashingLimits, RedisSettings, SharedMemory,
};
use todo_app::{Accounts, Chat, SignUp};
use todo_domain::{
    ModelPrices, TokenBudget, UserLimits,
    ports::{ChatModel, Clock, ModelHealth},
};
use todo_http::{CorsOrigins, HttpSettings, LimitSettings};
use todo_metrics::Metrics;
use todo_service::{AccessSettings, Parts, Service, ServiceSettings, Storage, StorageSettings};

use crate::{database::TestDatabase, http_client, redis::TestRedis};

/// What tokens are signed with.
pub const JWT_SECRET: &str = "a secret that is only good for tests";

/// A service to be started.
pub struct TestAppBuilder {
    database: Arc<TestDatabase>,
    settings: ServiceSettings,
    parts: Parts,
    limits: LimitSettings,
    machine_account: Option<SignUp>,
    http: HttpSettings,
    metrics: Metrics,
}

/// A running service. It stops when dropped.
pub struct TestApp {
    /// Its accounts, for what only an operator does with them.
    pub accounts: Accounts,
    /// Its chat, to see what runs.
    pub chat: Chat,
    /// Its database, to see what is in use.
    pub store: Database,
    /// Its shared memory, to see whether it is in use.
    pub memory: Option<SharedMemory>,
    base_url: String,
    client: reqwest::Client,
    server: actix_web::dev::ServerHandle,
    database: Arc<TestDatabase>,
}

impl TestApp {
    /// A service on SQLite with the offline assistant.
    #[must_use]
    pub fn sqlite() -> TestAppBuilder {
        Self::on(TestDatabase::sqlite())
    }

    /// A service on PostgreSQL with the offline assistant.
    #[must_use]
    pub async fn postgres() -> TestAppBuilder {
        Self::on(TestDatabase::postgres().await)
    }

    /// A service on this database with the offline assistant.
    #[must_use]
    pub fn on(database: impl Into<Arc<TestDatabase>>) -> TestAppBuilder {
        let database = database.into();
        let url =
            DatabaseUrl::parse(&database.service_url()).expect("test databases have valid URLs");
        let mut storage = StorageSettings::new(url);
        // A busy machine makes slow ones.
        storage.database.slow_query_threshold = Duration::from_secs(5);
        TestAppBuilder {
            database,
            settings: ServiceSettings::new(storage),
            parts: Parts {
                hashing_cost: Argon2Cost { memory_kib: 8, passes: 1, lanes: 1 },
                hashing_limits: HashingLimits {
                    longest_wait: Duration::from_secs(30),
                    ..HashingLimits::default()
                },
                guards_sign_in: false,
                ..Parts::default()
            },
            limits: LimitSettings::default(),
            machine_account: None,
            http: HttpSettings {
                cors: CorsOrigins::Listed(Vec::new()),
                web_page: Some(&todo_web::PAGE),
                workers: NonZeroUsize::new(2),
                ..HttpSettings::default()
            },
            metrics: Metrics::none(),
        }
    }

    /// Another service on the same PostgreSQL database.
    #[must_use]
    pub fn beside(&self) -> TestAppBuilder {
        Self::on(Arc::clone(&self.database))
    }

    /// Where it listens, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The database's URL.
    #[must_use]
    pub fn database_url(&self) -> String {
        self.database.url()
    }

    /// Somebody without an account.
    #[must_use]
    pub fn stranger(&self) -> Visitor {
        Visitor { client: self.client.clone(), ..Visitor::of(&self.base_url) }
    }

    /// Somebody with an account.
    pub async fn sign_up(&self, name: &str) -> Visitor {
        self.stranger().sign_up(name).await
    }

    /// Its database, to be disturbed.
    #[must_use]
    pub fn database(&self) -> &TestDatabase {
        &self.database
    }
}

impl fmt::Debug for TestAppBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestAppBuilder").field("database", &self.database).finish_non_exhaustive()
    }
}

impl fmt::Debug for TestApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestApp").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        drop(self.server.stop(false));
    }
}

impl TestAppBuilder {
    /// With this model.
    #[must_use]
    pub fn model(mut self, model: Arc<dyn ChatModel>) -> Self {
        self.parts.model = Some(model);
        self
    }

    /// With somebody to ask how the model is.
    #[must_use]
    pub fn model_health(mut self, provider: Arc<dyn ModelHealth>) -> Self {
        self.parts.model_health = Some(provider);
        self
    }

    /// With this clock.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.parts.clock = clock;
        self
    }

    /// With turns that may take so long.
    #[must_use]
    pub fn chat_timeout(mut self, timeout: Duration) -> Self {
        self.settings.chat.turns.timeout = timeout;
        self
    }

    /// With so much time for the database.
    #[must_use]
    pub fn database_timeout(mut self, timeout: Duration) -> Self {
        self.settings.storage.database.timeout = timeout;
        self
    }

    /// With these query parameters of the database's URL.
    #[must_use]
    pub fn database_parameters(mut self, parameters: &str) -> Self {
        let url = TestDatabase::with_parameters(&self.database.service_url(), parameters);
        self.settings.storage.url = DatabaseUrl::parse(&url).expect("a valid URL");
        self
    }

    /// With these instruments. The model is measured with them by whoever made it.
    #[must_use]
    pub fn metrics(mut self, metrics: Metrics) -> Self {
        self.metrics = metrics;
        self
    }

    /// With connections that are kept for so long while nobody asks anything.
    #[must_use]
    pub fn keep_alive(mut self, keep_alive: Duration) -> Self {
        self.http.keep_alive = keep_alive;
        self
    }

    /// With turns and queries that are slow when they take longer than this.
    #[must_use]
    pub fn slow_threshold(mut self, threshold: Duration) -> Self {
        self.settings.chat.turns.slow_threshold = threshold;
        self.settings.storage.database.slow_query_threshold = threshold;
        self
    }

    /// For users who may keep so much.
    #[must_use]
    pub fn user_limits(mut self, user_limits: UserLimits) -> Self {
        self.settings.storage.database.user_limits = user_limits;
        self
    }

    /// For users who may spend so many tokens a day.
    #[must_use]
    pub fn token_budget(mut self, budget: TokenBudget) -> Self {
        self.settings.chat.turns.token_budget = Some(budget);
        self
    }

    /// With these prices of models.
    #[must_use]
    pub fn prices(mut self, prices: ModelPrices) -> Self {
        self.settings.chat.prices = prices;
        self
    }

    /// With imports of at most so many bytes.
    #[must_use]
    pub fn import_max_bytes(mut self, bytes: usize) -> Self {
        self.http.import_max_bytes = bytes;
        self
    }

    /// With so much time for a body, and for how far an import or export may fall behind.
    #[must_use]
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.http.request_timeout = timeout;
        self
    }

    /// With so much time for an import or export in all.
    #[must_use]
    pub fn archive_timeout(mut self, timeout: Duration) -> Self {
        self.http.archive_timeout = timeout;
        self
    }

    /// With passwords that are worked on one at a time, some ten milliseconds each.
    #[must_use]
    pub fn slow_hashing(mut self) -> Self {
        self.parts.hashing_cost = Argon2Cost::OWASP;
        self.parts.hashing_limits.at_once = NonZeroUsize::MIN;
        self
    }

    /// Without the web page.
    #[must_use]
    pub fn without_web_page(mut self) -> Self {
        self.http.web_page = None;
        self
    }

    /// With an account of its machine, which is made of this.
    #[must_use]
    pub fn machine_account(mut self, account: SignUp) -> Self {
        self.machine_account = Some(account);
        self
    }

    /// Usable from these origins.
    #[must_use]
    pub fn cors_origins(mut self, origins: &[&str]) -> Self {
        let origins = origins.iter().map(|origin| origin.parse().expect("an origin"));
        self.http.cors = CorsOrigins::Listed(origins.collect());
        self
    }

    /// With this Redis, and so much time for each of its answers.
    #[must_use]
    pub fn redis(mut self, redis: &TestRedis, timeout: Duration) -> Self {
        let url = redis.url().parse().expect("test servers have valid URLs");
        self.settings.storage.redis = Some(RedisSettings { url, timeout });
        self
    }

    /// With these limits of requests, where there are none otherwise, and slow for those who guess
    /// passwords.
    #[must_use]
    pub fn limits(mut self, limits: LimitSettings) -> Self {
        self.limits = limits;
        self.parts.guards_sign_in = true;
        self
    }

    /// Starts it.
    pub async fn start(self) -> TestApp {
        let service = Service::open(self.settings, self.parts, &self.metrics).await;
        let service = service.expect("it opens");
        let secret = SecretString::from(JWT_SECRET);
        let access = AccessSettings {
            limits: self.limits,
            machine_account: self.machine_account,
            ..AccessSettings::new(secret)
        };
        let (mut api, _) = service.api(access, None).expect("the secret is long enough");
        // Tests want to know how it is, and not how it was.
        api.health = api.health.cache_for(Duration::ZERO);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let server = todo_http::server(listener, api, self.http).expect("it starts");
        let handle = server.handle();
        tokio::spawn(server);
        let (Storage { database: store, memory, .. }, use_cases) =
            (service.storage, service.use_cases);
        TestApp {
            accounts: use_cases.accounts,
            chat: use_cases.chat,
            store,
            memory,
            base_url: format!("http://{address}"),
            client: http_client(),
            server: handle,
            database: self.database,
        }
    }
}

/// Somebody who uses the service.
#[derive(Debug, Clone)]
pub struct Visitor {
    base_url: String,
    client: reqwest::Client,
    /// Their token, if they have an account.
    pub token: Option<String>,
    /// Their user id, if they have an account.
    pub id: i64,
}

impl Visitor {
    /// Somebody without an account, at the service that listens there.
    #[must_use]
    pub fn of(base_url: &str) -> Self {
        Self { base_url: base_url.to_owned(), client: http_client(), token: None, id: 0 }
    }

    /// The same person, at the service that listens there.
    #[must_use]
    pub fn at(&self, base_url: &str) -> Self {
        Self { token: self.token.clone(), id: self.id, ..Self::of(base_url) }
    }

    /// Gets an account.
    pub async fn sign_up(mut self, name: &str) -> Self {
        let email = format!("{name}@example.org");
        let body = json!({ "name": name, "email": email, "password": "correct horse" });
        let account = self.post("/api/auth/signup", &body).await.expect(201);
        self.token = account["access_token"].as_str().map(str::to_owned);
        self.id = account["user"]["id"].as_i64().expect("users have ids");
        self
    }

    /// Sends a request.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> Answer {
        self.try_send(method, path, headers, body).await.expect("the service answers")
    }

    /// The same to a service that may be gone.
    ///
    /// # Errors
    /// Where it does not answer.
    pub async fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<Vec<u8>>,
    ) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method, format!("{}{path}", self.base_url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                HeaderName::try_from(*name).expect("a header name"),
                HeaderValue::try_from(*value).expect("a header value"),
            );
        }
        request = request.headers(map);
        if let Some(body) = body {
            request = request.body(body);
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        Ok(Answer { status, headers, text: answer.text().await? })
    }

    /// Sends JSON.
    pub async fn send_json(&self, method: Method, path: &str, body: &Value) -> Answer {
        let json = [("content-type", "application/json")];
        self.send(method, path, &json, Some(body.to_string().into_bytes())).await
    }

    /// `GET`
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], None).await
    }

    /// `DELETE`
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], None).await
    }

    /// `POST` with JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    /// Sends a message while another one is answered, again each time after the wait that it is told.
    /// The first other answer, and how often it was refused before that.
    ///
    /// # Panics
    /// When that goes on for longer than this.
    pub async fn chat_in_turn(&self, message: &Value, longest: Duration) -> (Answer, usize) {
        let begun = Instant::now();
        for refusals in 0.. {
            let answer = self.post("/api/me/chat", message).await;
            if answer.status != 409 {
                return (answer, refusals);
            }
            assert!(begun.elapsed() < longest, "{}", answer.text);
            let wait = answer.header("retry-after").parse().expect("a number of seconds");
            answer.expect_problem(409, "turn_in_progress");
            tokio::time::sleep(Duration::from_secs(wait)).await;
        }
        unreachable!("nobody counts so far")
    }

    /// `POST` with JSON to a service that may be gone: `None` without an answer.
    pub async fn try_post(&self, path: &str, body: &Value) -> Option<Answer> {
        let json = [("content-type", "application/json")];
        let body = Some(body.to_string().into_bytes());
        self.try_send(Method::POST, path, &json, body).await.ok()
    }

    /// `GET` from a service that may be gone: `None` without an answer.
    pub async fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_send(Method::GET, path, &[], None).await.ok()
    }

    /// `PATCH` with JSON.
    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::PATCH, path, body).await
    }

    /// Says something in a new conversation and expects an answer.
    pub async fn say(&self, message: &str) -> Value {
        self.post("/api/me/chat", &json!({ "message": message })).await.expect(200)
    }

    /// Adds a task and expects it to be created.
    pub async fn add_task(&self, task: &Value) -> Value {
        self.post("/api/me/tasks", task).await.expect(201)
    }

    /// All tasks, by number.
    pub async fn tasks(&self) -> Vec<Value> {
        let tasks = self.get("/api/me/tasks?sort=created_at&limit=100").await.expect(200);
        let mut tasks = tasks.as_array().expect("lists are arrays").clone();
        tasks.sort_by_key(|task| task["id"].as_i64());
        tasks
    }
}

/// What the service answered.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub text: String,
}

impl Answer {
    /// The body, if this is the status.
    ///
    /// # Panics
    /// If the status is another.
    #[track_caller]
    pub fn expect(self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.json()
    }

    /// The body as JSON; null if there is none.
    ///
    /// # Panics
    /// If there is a body that is not JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Value {
        if self.text.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// A header's text; empty without it.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The path of the next page; `None` on the last one.
    #[must_use]
    pub fn next_page(&self) -> Option<String> {
        let (target, parameters) = self.header("link").strip_prefix('<')?.split_once('>')?;
        assert!(parameters.contains("rel=\"next\""), "{parameters}");
        Some(target[target.find("/api/")?..].to_owned())
    }

    /// Checks that this is a problem with this status and code.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn expect_problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text);
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        problem
    }

    /// Checks that this is a 422 that names this field.
    ///
    /// # Panics
    /// If it is not.
    #[track_caller]
    pub fn expect_invalid(self, field: &str) {
        let problem = self.expect_problem(422, "validation_failed");
        let errors = problem["errors"].as_array().expect("errors are listed");
        assert!(errors.iter().any(|error| error["field"] == field), "{field}: {problem}");
    }
}

/// Runs each test on SQLite and on PostgreSQL: `async fn name(app: TestAppBuilder) { … }`.
#[macro_export]
macro_rules! on_both_stores {
    ($($(#[$doc:meta])* async fn $name:ident($app:ident) $body:block)*) => {
        $($(#[$doc])* async fn $name($app: $crate::app::TestAppBuilder) $body)*

        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::app::TestApp::sqlite()).await; })*
        }

        mod on_postgres {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() { super::$name($crate::app::TestApp::postgres().await).await; })*
        }
    };
}
