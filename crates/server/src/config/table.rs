//! Every variable of the service: its name, its kind with the bounds, and a sentence. From this
//! table `.env.example` is printed, with the defaults that the readers beside this file take from
//! the settings that the values become.
//!
//! In a sentence `{}` stands for the bounds. Where it has `{default}` the example leaves the
//! variable empty, since it may only be set together with another.

use todo_domain::{ConfirmAbove, TokenBudget, UserLimit};

use super::kind::{Choice, Flag, OrOff, Seconds, Secret, Share, Text, Whole};

/// A part of `.env.example`.
#[cfg(test)]
pub(super) struct Section {
    pub(super) title: &'static str,
    pub(super) rows: &'static [Row],
}

/// A variable in `.env.example`.
#[cfg(test)]
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) kind: &'static dyn super::kind::Kind,
    pub(super) about: &'static str,
}

macro_rules! table {
    ($($title:literal {
        $($name:ident: $kind:ident { $($field:ident: $value:expr),* } = $about:literal;)+
    })+) => {
        $($(
            pub(super) const $name: $kind = $kind { name: stringify!($name), $($field: $value),* };
        )+)+

        /// The sections of the example, in order.
        #[cfg(test)]
        pub(super) const SECTIONS: &[Section] = &[$(Section {
            title: $title,
            rows: &[$(Row { name: stringify!($name), kind: &$name, about: $about }),+],
        }),+];
    };
}

table! {
    "" {
        ENV_FILE: Text {} = "A file like this one, read at start and at SIGHUP. A variable that the \
            environment itself sets counts more than the same one in the file.";
    }
    "Database" {
        DATABASE_URL: Secret {} = "Empty: a SQLite file in DATA_DIR, and the service stands alone: it \
            listens on this machine only, makes its own JWT secret and answers with the offline \
            assistant.\n\
            postgres://user:password@host:5432/chatbot_db: the service others rely on. postgresql:// and \
            postgresql+asyncpg:// mean the same. sqlite://path chooses another SQLite file.\n\
            Parameters: pool_size=20 and max_overflow=0, the connections of a process together; \
            sslmode=prefer, or disable, allow, require, verify-ca and verify-full, which all but a \
            network of your own wants; sslrootcert=/path/to/root.pem or system; sslcert and sslkey. \
            pooler=session or transaction where a pooler such as PgBouncer stands before the server. \
            docs/OPERATIONS.md tells more.";
        DATABASE_TIMEOUT: Seconds { min: 0.1, max: 60.0 } = "How long a request waits for a connection \
            and its statements together: {}.";
        DATABASE_REPLICA_URL: Secret {} = "A streaming replica of the PostgreSQL of DATABASE_URL, to \
            take reads off it, with the same parameters in its URL. Empty: none.";
        DATABASE_REPLICA_MAX_LAG: Seconds { min: 0.5, max: 300.0 } = "How far the replica may lag \
            behind and still be read from: {}. Empty: {default}.";
        RETENTION_DAYS: Whole { unit: "days", min: 1, max: 3650 } = "How long turns and their records \
            are kept after their end: {}; what was said stays. Empty: for ever.";
        SLOW_QUERY_THRESHOLD: Seconds { min: 0.0, max: 60.0 } = "What takes longer on its connection is \
            warned of in the log as `Slow query`: {}.";
        DATA_DIR: Text {} = "The directory for everything the service keeps on its own.";
    }
    "Redis" {
        REDIS_URL: Secret {} = "redis://user:password@host:6379/0, or rediss:// for TLS: memory that \
            several processes of the service share, in a database that no other deployment uses. The \
            service also works while it is away. Empty: none.";
        REDIS_TIMEOUT: Seconds { min: 0.005, max: 1.0 } = "How long a request waits for Redis before it \
            goes on without: {}. Empty: {default}.";
    }
    "Access tokens" {
        JWT_SECRET: Secret {} = "At least 32 bytes and no comma, such as the output of \
            `openssl rand -hex 32`. Required with PostgreSQL; empty without it: a random one, kept in \
            DATA_DIR/jwt_secret.";
        JWT_PREVIOUS_SECRETS: Secret {} = "Former secrets, separated by commas or line ends, of at least \
            32 bytes each. Tokens they signed stay valid: on a rotation move the old secret here, and \
            remove it when JWT_EXPIRATION_DAYS have passed.";
        JWT_ALGORITHM: Choice { words: &["HS256"] } = "{} is the only choice.";
        JWT_EXPIRATION_DAYS: Whole { unit: "days", min: 1, max: 365 } = "How long a token is valid: {}.";
    }
    "Chat" {
        CHAT_ENGINE: Choice { words: &["cohere", "offline"] } = "{}. Empty: cohere with a key, with \
            another COHERE_BASE_URL and with PostgreSQL, offline otherwise.";
        COHERE_API_KEY: Secret {} = "From https://dashboard.cohere.com/api-keys. A trial key allows 1000 \
            calls a month; a message takes one to three.";
        COHERE_MODEL: Text {} = "Retired names such as command-r-plus stand for their successors.";
        COHERE_BASE_URL: Text {} = "Where the API is, if not at Cohere: a private deployment or a \
            simulator, which need no key.";
        COHERE_TEMPERATURE: Share {} = "How freely the model chooses its words: {}.";
        COHERE_MAX_TOKENS: Whole { unit: "", min: 1, max: 64_000 } = "The most tokens an answer may \
            have: {}, and never more than the model is able to.";
        PROVIDER_BREAKER_FAILURES: Whole { unit: "", min: 1, max: 1_000 } = "After how many failed calls \
            of the provider in a row it is left alone: {}. Meanwhile messages are answered with 503 at \
            once.";
        PROVIDER_BREAKER_PAUSE: Seconds { min: 0.1, max: 600.0 } = "For how long: {}.";
        PROVIDER_CONCURRENCY: Whole { unit: "", min: 1, max: 10_000 } = "How many calls of the provider \
            there may be at a time: {}.";
        PROVIDER_QUEUE: Whole { unit: "", min: 0, max: 100_000 } = "How many more may wait, 5 seconds at \
            most, for one of those to end: {}.";
        CHAT_TIMEOUT: Seconds { min: 0.1, max: 300.0 } = "How long a turn may take in all: {}.";
        SLOW_CHAT_THRESHOLD: Seconds { min: 0.0, max: 300.0 } = "A turn that takes longer is warned of \
            in the log, with where its time went: {}.";
        MODEL_PRICES: Text {} = "What tokens cost, for the metrics and for what a user is shown: \
            model=input/output in US dollars for a million tokens, each 0 to 1000 with at most six \
            decimals, several separated by commas, such as my-model=1/2.50. They go before Cohere's \
            public prices, which are built in: command-a-03-2025=2.50/10, \
            command-r-plus-08-2024=2.50/10, command-r-08-2024=0.15/0.60, \
            command-r7b-12-2024=0.0375/0.15. A model without a price has no cost.";
        CHAT_TOKENS_PER_DAY: Whole { unit: "tokens", min: 0, max: TokenBudget::MAX.get() } = "How many \
            tokens of the provider a user may spend in a day of UTC, read and written together: {}; 0 \
            for any number. Beyond it messages are refused with 429 until midnight; answers that are \
            under way are finished. The offline assistant spends none.";
        CONFIRM_ABOVE: Whole { unit: "tasks", min: 0, max: ConfirmAbove::MAX as u64 } = "How many tasks \
            the chat deletes for a message without asking first: {}. It always asks before it deletes \
            whatever matches a filter. A question expires after 10 minutes: then nothing is deleted.";
    }
    "HTTP" {
        HOST: Text {} = "An IP address or host name. Empty: 127.0.0.1, with PostgreSQL 0.0.0.0.";
        PORT: Whole { unit: "port", min: 0, max: 65_535 } = "{}; with 0 the system chooses a free port.";
        WEB_ENABLED: Flag {} = "Whether the web page is served at /: {}.";
        CORS_ORIGINS: Text {} = "Which web pages may call the API: https origins separated by commas, \
            such as https://app.example.org,https://admin.example.org. Empty: none but those of the same \
            origin.";
        TRUSTED_PROXIES: Text {} = "Addresses and networks of the proxies in front of the service, \
            separated by commas, such as 10.0.0.0/8,::1: only they are believed when X-Forwarded-For or \
            Forwarded name the client, and when X-Forwarded-Proto says that it came over TLS: then \
            answers carry Strict-Transport-Security. Behind a proxy it must be set: else all who sign up \
            or in count as one address, the proxy's, of which the log warns once.";
        REQUEST_TIMEOUT: Seconds { min: 1.0, max: 300.0 } = "How long a client may take to send the head \
            of a request, and again for its body: {}.";
        IMPORT_MAX_BYTES: Whole { unit: "", min: 64 << 10, max: 1 << 30 } = "How large a file may be \
            that is imported, in bytes: {}. It is stored as it arrives; the memory for one is the ids in \
            it, some 150 bytes for each record, and two at a time.";
        ARCHIVE_TIMEOUT: Seconds { min: 10.0, max: 3600.0 } = "How long an import may take to arrive, \
            and an export to be taken: {}. Either must move on by 8 KiB a second, and never fall behind \
            by more than REQUEST_TIMEOUT.";
        KEEP_ALIVE_TIMEOUT: Seconds { min: 1.0, max: 3600.0 } = "How long a connection may idle between \
            two requests: {}. Leave it above what the proxies in front of the service keep theirs.";
        MAX_CONNECTIONS: Whole { unit: "", min: 16, max: 100_000 } = "How many connections there may be \
            at a time, {}, shared equally among the processors; more wait until one ends. Each takes two \
            file descriptors. The service raises its limit of open files (`ulimit -n`) as far as it may, \
            and takes fewer connections where that leaves room for fewer.";
        MAX_CONNECTIONS_PER_ADDRESS: OrOff { max: 100_000 } = "How many of them one address may have, or \
            one /64 network of IPv6: {}; a quarter of all by default, and at least 64. More are closed \
            at once. Trusted proxies have any number.";
        SHUTDOWN_TIMEOUT: Seconds { min: 0.1, max: 600.0 } = "How long running requests and turns may \
            take to end at a stop: {}. Leave it above CHAT_TIMEOUT.";
        SHUTDOWN_DELAY: Seconds { min: 0.0, max: 120.0 } = "How long everything is still answered before \
            that, while /health/ready sends new requests elsewhere: {}. Empty: 0, with PostgreSQL 5. A \
            second signal cuts it short.";
        SIGNUP_ENABLED: Flag {} = "Whether people may create accounts themselves: {}.";
    }
    "Limits: beyond one the answer is 429" {
        RATE_LIMIT_PER_SECOND: OrOff { max: 1_000 } = "Requests a second of a user, or of an address \
            that sends no valid token: {}.";
        RATE_LIMIT_BURST: Whole { unit: "", min: 0, max: 10_000 } = "How many more of them may come at \
            once: {}.";
        CHAT_RATE_LIMIT_PER_MINUTE: OrOff { max: 1_000 } = "Messages a minute to the chat, of a user: {}.";
        SIGNUP_RATE_LIMIT_PER_HOUR: OrOff { max: 10_000 } = "Sign-ups an hour from an address: {}.";
        MAX_TASKS_PER_USER: Whole { unit: "", min: 1, max: UserLimit::MAX.get() as u64 } = "How many \
            tasks, completed ones included, a user may have: {}. Beyond that new ones are refused with \
            409; lowering the bound deletes nothing.";
        MAX_CONVERSATIONS_PER_USER: Whole { unit: "", min: 1, max: UserLimit::MAX.get() as u64 } = "The \
            same for conversations: {}.";
    }
    "Development and logs" {
        DEBUG: Flag {} = "{}. True also allows http origins and `*` in CORS_ORIGINS. Never in \
            production.";
        LOG_LEVEL: Choice { words: &["error", "warn", "info", "debug", "trace"] } = "{}. Libraries stay \
            at warn, and at info with debug or trace.";
        LOG_FORMAT: Choice { words: &["text", "json"] } = "{}. Text: `time - name - level - message \
            key=value`; json: one object a line.";
    }
    "Errors" {
        SENTRY_DSN: Secret {} = "The DSN of a Sentry project, https://key@host/project. Empty: nothing \
            is reported.";
        SENTRY_ENVIRONMENT: Text {} = "Tells deployments from each other: at most 64 characters, no \
            white space, no `/`.";
        SENTRY_TRACES_SAMPLE_RATE: Share {} = "The share of requests whose duration is reported, too: \
            {}. Errors are reported all.";
    }
    "Metrics and telemetry" {
        METRICS_ENABLED: Flag {} = "Whether anything is measured and GET /metrics answers: {}.";
        METRICS_ADDRESS: Text {} = "An IP address with a port, such as 0.0.0.0:9090 or [::1]:9090, for \
            operators alone: GET /metrics and the details of /health/detailed are shown there, and not \
            at HOST and PORT any more. Empty: at HOST and PORT, to everybody who reaches them.";
        OTEL_EXPORTER_OTLP_ENDPOINT: Text {} = "A collector that takes OTLP, such as \
            http://localhost:4318; /v1/metrics and /v1/traces are appended. Empty: nothing is sent nor \
            traced, and /metrics is all there is.";
        OTEL_EXPORTER_OTLP_PROTOCOL: Choice { words: &["http/protobuf"] } = "{} is the only choice.";
        OTEL_EXPORTER_OTLP_HEADERS: Secret {} = "Headers sent along, such as a key: \
            name=value,name=value, values percent-encoded.";
        OTEL_METRIC_EXPORT_INTERVAL: Whole { unit: "milliseconds", min: 1_000, max: 3_600_000 } = "How \
            often metrics are sent: {}.";
        OTEL_TRACES_SAMPLER: Text {} = "Which requests are traced: always_on, always_off or \
            traceidratio, and with parentbased_ before it only those that don't come with a decision of \
            the client's (W3C traceparent).";
        OTEL_TRACES_SAMPLER_ARG: Share {} = "The share that traceidratio traces: {}.";
        OTEL_BSP_MAX_QUEUE_SIZE: Whole { unit: "", min: 1, max: 65_536 } = "How many finished spans may \
            wait to be sent: {}.";
        OTEL_BSP_MAX_EXPORT_BATCH_SIZE: Whole { unit: "", min: 1, max: 65_536 } = "How many are sent at \
            once: {}, and no more than may wait.";
        OTEL_BSP_SCHEDULE_DELAY: Whole { unit: "", min: 1, max: 60_000 } = "How long they wait for a \
            full batch, in milliseconds: {}.";
        OTEL_SERVICE_NAME: Text {} = "What this service is called there.";
        OTEL_RESOURCE_ATTRIBUTES: Text {} = "What this process is called there: name=value,name=value.";
    }
}
