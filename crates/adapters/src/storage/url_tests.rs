//! Which URLs are read, how, and what the errors keep to themselves.

use std::path::Path;

use super::*;

fn postgres(text: &str) -> PostgresUrl {
    match DatabaseUrl::parse(text).unwrap().0 {
        Target::Postgres(url) => url,
        Target::Sqlite(file) => panic!("{} is a file", file.display()),
    }
}

fn file(text: &str) -> PathBuf {
    match DatabaseUrl::parse(text).unwrap().0 {
        Target::Postgres(url) => panic!("{url} is a server"),
        Target::Sqlite(file) => file,
    }
}

fn error(text: &str) -> DatabaseUrlError {
    DatabaseUrl::parse(text).unwrap_err()
}

#[test]
fn every_spelling_of_the_scheme_is_postgresql() {
    for scheme in ["postgres", "postgresql", "postgresql+asyncpg"] {
        let url = postgres(&format!("{scheme}://ada:s3cret@db.example.org:6432/todo"));
        assert_eq!(url.to_string(), "postgres://db.example.org:6432/todo");
        assert_eq!(url.config.get_user(), Some("ada"));
        assert_eq!(url.config.get_password(), Some(b"s3cret".as_slice()));
    }
}

#[test]
fn the_pool_is_as_large_as_size_and_overflow_together() {
    assert_eq!(postgres("postgres://db/todo").pool_max, 20);
    assert_eq!(postgres("postgres://db/todo?pool_size=5").pool_max, 5);
    assert_eq!(postgres("postgres://db/todo?pool_size=30&max_overflow=10").pool_max, 40);
}

#[test]
fn a_malformed_parameter_is_named() {
    for (parameter, name) in [
        ("pool_size=0", "pool_size"),
        ("pool_size=1001", "pool_size"),
        ("pool_size=many", "pool_size"),
        ("pool_size", "pool_size"),
        ("max_overflow=-1", "max_overflow"),
        ("sslmode=maybe", "sslmode"),
        ("pooler=statement", "pooler"),
        ("pooler", "pooler"),
        ("connect_timeout=soon", "connect_timeout"),
        ("target_session_attrs=best", "target_session_attrs"),
    ] {
        let url = format!("postgres://db/todo?{parameter}");
        assert_eq!(error(&url), DatabaseUrlError::InvalidParameter(name), "{parameter}");
    }
    for (parameters, name) in [
        ("pooler=transaction&pooler=session", "pooler"),
        ("pool_size=3&sslmode=disable&pool_size=3", "pool_size"),
        ("sslmode=disable&sslmode=require", "sslmode"),
        ("connect_timeout=1&connect_timeout=2", "connect_timeout"),
    ] {
        let repeated = DatabaseUrlError::RepeatedParameter(name.to_owned());
        assert_eq!(error(&format!("postgres://db/todo?{parameters}")), repeated);
    }
    assert!("postgres:///todo?host=a&host=b&port=1&port=2".parse::<DatabaseUrl>().is_ok());
}

#[test]
fn an_unknown_parameter_is_named() {
    let unknown = DatabaseUrlError::UnknownParameter("poolsize".to_owned());
    assert_eq!(error("postgres://db/todo?poolsize=5"), unknown);
    assert_eq!(unknown.to_string(), "has an unknown parameter, poolsize");
}

#[test]
fn parameters_of_libpq_are_passed_on_before_our_defaults() {
    let url = postgres("postgres://db/todo?connect_timeout=3&application_name=batch");
    assert_eq!(url.config.get_connect_timeout(), Some(&std::time::Duration::from_secs(3)));
    assert_eq!(url.config.get_application_name(), Some("batch"));
    assert_eq!(postgres("postgres://db").config.get_application_name(), Some("chatbot-api"));
}

#[test]
fn every_mode_of_libpq_is_understood_and_prefer_is_the_default() {
    let key = rcgen::KeyPair::generate().unwrap();
    let root = rcgen::CertificateParams::default().self_signed(&key).unwrap();
    let directory = tempfile::Builder::new().prefix("of my own").tempdir().unwrap();
    let file = directory.path().join("root.pem");
    std::fs::write(&file, root.pem()).unwrap();
    let file = file.display().to_string().replace(' ', "%20");
    for mode in ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] {
        let url = format!("postgres://db/todo?sslmode={mode}&sslrootcert={file}");
        assert_eq!(postgres(&url).tls.mode().as_str(), mode);
    }
    assert_eq!(postgres("postgres://db/todo").tls.mode(), SslMode::Prefer);
}

#[test]
fn what_is_not_supported_is_refused_rather_than_silently_left_out() {
    for name in ["sslnegotiation", "sslcrl", "sslcrldir", "sslpassword"] {
        let url = format!("postgres://db/todo?{name}=x");
        assert_eq!(error(&url), DatabaseUrlError::UnsupportedParameter(name));
    }
    let unpaired = DatabaseUrlError::Unpaired("sslcert", "sslkey");
    assert_eq!(error("postgres://db/todo?sslcert=/client.crt"), unpaired);
}

#[test]
fn the_roots_of_the_system_are_for_host_names() {
    for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
        let error = error(&format!("postgres://db/todo?sslrootcert=system&sslmode={mode}"));
        assert!(error.to_string().ends_with("choose sslmode=verify-full"), "{error}");
    }
    let error = error("postgres://db/todo?sslmode=verify-ca");
    assert_eq!(error, DatabaseUrlError::NoRoots);
}

#[test]
fn a_file_without_certificates_is_named_with_its_parameter() {
    for (parameter, file, problem) in [
        ("sslrootcert", "/nowhere/ca.pem", "No such file"),
        ("sslrootcert", "/dev/null", "no certificate"),
        ("sslrootcert", "src/storage/url.rs", "no certificate"),
        ("sslrootcert", "src", "Is a directory"),
        ("sslkey=/dev/null&sslcert", "/dev/null", "no certificate"),
    ] {
        let url = format!("postgres://ada:s3cret@db/todo?sslmode=require&{parameter}={file}");
        let error = error(&url).to_string();
        assert!(error.contains(file) && error.contains(problem), "{error}");
        assert!(error.contains(parameter.rsplit('&').next().unwrap_or_default()), "{error}");
        assert!(!error.contains("cr3t") && !error.contains("s3cret"), "{error}");
    }
}

#[test]
fn an_address_is_a_host_name_too() {
    let url = postgres("postgres://?hostaddr=10.0.0.7&dbname=todo");
    assert_eq!(url.to_string(), "postgres://10.0.0.7:5432/todo");
}

#[test]
fn a_path_is_relative_after_two_slashes_and_absolute_after_three() {
    assert_eq!(file("sqlite://data/todo.db"), Path::new("data/todo.db"));
    assert_eq!(file("sqlite:///var/lib/todo.db"), Path::new("/var/lib/todo.db"));
    assert_eq!(file("sqlite:///my%20tasks/100%25.db"), Path::new("/my tasks/100%.db"));
}

#[test]
fn a_database_in_memory_or_without_a_name_is_refused() {
    for text in ["sqlite::memory:", "sqlite://:memory:", "sqlite://", "sqlite:", "sqlite:///data/"]
    {
        assert_eq!(error(text), DatabaseUrlError::NoFile, "{text}");
    }
    let unknown = DatabaseUrlError::UnknownParameter("mode".to_owned());
    assert_eq!(error("sqlite:///todo.db?mode=ro"), unknown);
}

#[test]
fn anything_else_is_refused() {
    for text in ["", "todo.db", "mysql://db/todo", "host=db user=ada", "postgresql+psycopg://db"] {
        assert_eq!(error(text), DatabaseUrlError::Scheme, "{text}");
    }
    assert_eq!(error("postgres:///todo"), DatabaseUrlError::NoHost);
    assert_eq!(error("postgres://db:port/todo"), DatabaseUrlError::Malformed);
}

#[test]
fn no_spelling_of_a_password_is_shown() {
    for password in ["s3cret", "s3cr?et", "s3cr@et", "s3?cret=", "s3cr?e&t", "s3cret%zz"] {
        let text = format!("postgres://ada:{password}@db/todo?pool_size=x");
        let error = error(&text);
        assert!(!format!("{error} {error:?}").contains("cr"), "{error}");
    }
    let url = DatabaseUrl::parse("postgres://ada:s3cret@db/todo?password=s3cret").unwrap();
    assert!(!format!("{url} {url:?}").contains("cr"));
}

#[test]
fn a_pooler_is_named_by_its_mode_and_takes_no_options() {
    assert_eq!(postgres("postgres://db/todo").pooler, None);
    for mode in Pooler::ALL {
        assert_eq!(postgres(&format!("postgres://db/todo?pooler={mode}")).pooler, Some(mode));
    }
    let both = "postgres://db/todo?pooler=session&options=-c%20work_mem%3D1MB";
    assert_eq!(error(both), DatabaseUrlError::OptionsBehindPooler);
}
