//! A server over mocks, and a client of it.

use std::{
    net::TcpListener,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jsonwebtoken::{EncodingKey, Header, encode};
use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use secrecy::SecretString;
use serde_json::{Value, json};
use todo_app::{
    Accounts, Archives, Chat, ChatSettings, Conversations, Health, Oversight, ProviderMonitor,
    TaskReader, Tasks, UsageReports,
};
use todo_domain::{
    ModelPrices, NewTask, Task, TaskId, TaskTitle, Timestamp, TokenStatus, User,
    ports::{
        MockAccountStore, MockArchiveFormat, MockArchiveStore, MockChatModel, MockClock,
        MockConversationStore, MockIdGenerator, MockLimitStore, MockModelHealth,
        MockOversightStore, MockPasswordHasher, MockStoreHealth, MockTaskStore, MockTokenStore,
        MockTurnStore, MockUsageStore,
    },
};
use todo_http::{Api, HttpSettings, LimitSettings, Limits, MetricsPage, Tokens, server};
use todo_metrics::Metrics;
use tokio::runtime::Handle;

use todo_testkit::http_client;

use crate::contract;

pub(crate) const SECRET: &str = "the secret of a server in a test, not elsewhere";
pub(crate) const NOW: &str = "2026-11-22T09:00:00Z";

/// What stands in for everything outside. A mock that is called without being told what to answer
/// panics, and the client sees the connection close.
pub(crate) struct Mocks {
    pub(crate) accounts: MockAccountStore,
    pub(crate) tokens: MockTokenStore,
    pub(crate) hasher: MockPasswordHasher,
    pub(crate) tasks: MockTaskStore,
    pub(crate) conversations: MockConversationStore,
    pub(crate) turns: MockTurnStore,
    pub(crate) archives: MockArchiveStore,
    pub(crate) format: MockArchiveFormat,
    pub(crate) model: MockChatModel,
    pub(crate) health: MockStoreHealth,
    pub(crate) provider: Option<MockModelHealth>,
    pub(crate) metrics_page: Option<Arc<dyn MetricsPage>>,
}

impl Default for Mocks {
    /// Users 1 and 2 exist; nothing else is known.
    fn default() -> Self {
        let mut accounts = MockAccountStore::new();
        accounts.expect_user().returning(|id| Ok((id.get() <= 2).then(|| user(id.get()))));
        let mut tokens = MockTokenStore::new();
        tokens.expect_status().returning(|id| Ok((id.get() <= 2).then(TokenStatus::default)));
        Self {
            accounts,
            tokens,
            hasher: MockPasswordHasher::new(),
            tasks: MockTaskStore::new(),
            conversations: MockConversationStore::new(),
            turns: MockTurnStore::new(),
            archives: MockArchiveStore::new(),
            format: MockArchiveFormat::new(),
            model: MockChatModel::new(),
            health: MockStoreHealth::new(),
            provider: None,
            metrics_page: None,
        }
    }
}

impl Mocks {
    /// Serves them, to user 1.
    pub(crate) fn serve(self) -> Client {
        self.serve_with(HttpSettings::default())
    }

    pub(crate) fn serve_with(self, settings: HttpSettings) -> Client {
        self.serve_all(settings).0
    }

    /// The same, with what is to be told when the service stops.
    pub(crate) fn serve_with_health(self) -> (Client, Health) {
        self.serve_all(HttpSettings::default())
    }

    fn serve_all(self, settings: HttpSettings) -> (Client, Health) {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(now());
        let clock = Arc::new(clock);
        let (ids, count) = (MockIdGenerator::new(), AtomicU64::new(1));
        let mut ids = ids;
        ids.expect_next().returning(move || uuid(count.fetch_add(1, Ordering::Relaxed)));
        let ids = Arc::new(ids);
        let accounts = Arc::new(self.accounts);
        let turns = Arc::new(self.turns);
        let model = Arc::new(self.model);
        let timeouts = ChatSettings::new(Duration::from_secs(5), Duration::from_secs(1));
        let secret = SecretString::from(SECRET);
        let week = Duration::from_secs(604_800);
        let watch = self.provider.map(|provider| {
            ProviderMonitor::start(Arc::new(provider), clock.clone(), Handle::current())
        });
        let health = Health::new(Arc::new(self.health), model.clone(), watch);
        let api = Api {
            machine_account: None,
            accounts: Accounts::new(
                accounts.clone(),
                Arc::new(self.tokens),
                Arc::new(self.hasher),
                clock.clone(),
            ),
            archives: Archives::new(
                accounts,
                Arc::new(self.archives),
                Arc::new(self.format),
                clock.clone(),
                ids.clone(),
            ),
            tasks: Tasks::new(Arc::new(self.tasks), clock.clone()),
            task_reader: TaskReader::new(Arc::new(MockChatModel::new()), clock.clone()),
            conversations: Conversations::new(
                Arc::new(self.conversations),
                turns.clone(),
                clock.clone(),
            ),
            usage: UsageReports::new(
                Arc::new(MockUsageStore::new()),
                clock.clone(),
                ModelPrices::default(),
                None,
            ),
            oversight: Oversight::new(Arc::new(MockOversightStore::new()), ModelPrices::default()),
            chat: Chat::builder(turns, model, clock.clone(), ids.clone())
                .settings(timeouts)
                .runtime(Handle::current())
                .build(),
            health: health.clone(),
            tokens: Tokens::new(&secret, &[], week, clock.clone(), ids.clone()).unwrap(),
            limits: Limits::new(
                LimitSettings::default(),
                Arc::new(MockLimitStore::new()),
                &secret,
                Metrics::none().limits,
            ),
            clock,
            ids,
            metrics: Metrics::none().http,
            metrics_page: self.metrics_page,
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let settings = HttpSettings { workers: NonZeroUsize::new(1), ..settings };
        tokio::spawn(server(listener, api, settings).unwrap());
        (Client { base, http: http_client(), token: token_of(1) }, health)
    }
}

pub(crate) struct Client {
    base: String,
    http: reqwest::Client,
    pub(crate) token: String,
}

impl Client {
    /// A request without a token.
    pub(crate) fn anonymous(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.base))
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.anonymous(method, path).bearer_auth(&self.token)
    }

    pub(crate) fn address(&self) -> &str {
        self.base.trim_start_matches("http://")
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        Answer::of(self.request(Method::PATCH, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::DELETE, path)).await
    }
}

/// An answer; its body is a JSON string where it is not JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        let answer = Self { status: status.as_u16(), headers, body };
        if status.is_client_error() || status.is_server_error() && answer.body.get("code").is_some()
        {
            answer.check_problem(status);
        }
        contract::check(&method, &path, &answer);
        answer
    }

    /// Whatever goes wrong, the answer has this form.
    fn check_problem(&self, status: StatusCode) {
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        assert_eq!(self.body["status"], status.as_u16(), "{self:?}");
        assert_eq!(self.body["type"], format!("/docs/errors#{}", self.code()));
        assert_eq!(self.body["request_id"].as_str(), self.header("x-request-id"));
        for member in ["title", "detail"] {
            assert!(self.body[member].as_str().is_some_and(|text| !text.is_empty()), "{self:?}");
        }
        let names_fields = ["validation_failed", "batch_rejected"].contains(&self.code());
        assert_eq!(self.body["errors"].is_array(), names_fields, "{self:?}");
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the code of a problem.
    pub(crate) fn problem(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    /// The fields that `errors` names.
    pub(crate) fn fields(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
        errors.iter().filter_map(|error| error["field"].as_str()).collect()
    }
}

pub(crate) fn token_of(user: i64) -> String {
    let now = now().as_microsecond() / 1_000_000;
    signed(&json!({ "sub": user.to_string(), "iat": now, "exp": now + 60 }), SECRET)
}

pub(crate) fn signed(claims: &Value, secret: &str) -> String {
    encode(&Header::default(), claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

pub(crate) fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The nth id.
pub(crate) fn uuid<T: std::str::FromStr<Err: std::fmt::Debug>>(n: u64) -> T {
    format!("00000000-0000-7000-8000-{n:012x}").parse().unwrap()
}

pub(crate) fn user(id: i64) -> User {
    let time_zone = "Asia/Tokyo".parse().unwrap();
    User { time_zone, created_at: now(), ..todo_testkit::user(id) }
}

pub(crate) fn task(number: i64) -> Task {
    let new = NewTask::titled(TaskTitle::new("buy milk").unwrap());
    new.decide(TaskId::new(number).unwrap(), now()).unwrap().task().clone()
}
