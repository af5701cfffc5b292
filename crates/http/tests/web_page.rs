//! The web page as it is served, and who comes in without a password.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use reqwest::{Method, header::SET_COOKIE};
use serde_json::json;
use todo_app::SignUp;
use todo_domain::{Email, Password, TimeZone, UserId, UserName};
use todo_testkit::app::{Answer, TestApp};

const PAGE: [&str; 3] = ["/", "/c/01a20502-a9f0-777e-be05-d461629a903b", "/c/ECvKOARmGNNRAwPJ"];
const ASSETS: [(&str, &str); 4] = [
    ("/assets/app.js", "text/javascript; charset=utf-8"),
    ("/assets/app.css", "text/css; charset=utf-8"),
    ("/assets/theme.js", "text/javascript; charset=utf-8"),
    ("/assets/icon.svg", "image/svg+xml"),
];

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.stranger().send(Method::GET, path, headers, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_at_each_of_its_addresses_and_loads_nothing_of_others() {
    let app = TestApp::sqlite().start().await;
    for path in PAGE {
        let page = get(&app, path, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!(page.header("x-content-type-options"), "nosniff");
        assert_eq!(page.header("referrer-policy"), "same-origin");
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains("http"), "{policy}");
        let scripts: Vec<_> = page.text.match_indices("<script").map(|(at, _)| at).collect();
        assert!(!scripts.is_empty());
        for at in scripts {
            let tag = page.text[at..].split('>').next().unwrap();
            assert!(tag.contains("src=\"/assets/"), "{tag}");
        }
        assert!(!page.text.contains("<style") && !page.text.contains("http"), "{}", page.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_files_are_sent_in_the_smallest_form_that_a_browser_takes_and_once_only() {
    let app = TestApp::sqlite().start().await;
    for (path, media_type) in ASSETS.into_iter().chain([("/", "text/html; charset=utf-8")]) {
        let plain = get(&app, path, &[]).await;
        assert_eq!((plain.status.as_u16(), plain.header("content-encoding")), (200, ""), "{path}");
        assert_eq!(plain.header("content-type"), media_type);
        let length = |answer: &Answer| answer.header("content-length").parse::<usize>().unwrap();
        for (accepted, encoding) in [
            ("gzip, deflate, br, zstd", "br"),
            ("gzip, deflate", "gzip"),
            ("br;q=0, gzip", "gzip"),
            ("identity", ""),
            ("zstd", ""),
        ] {
            let packed = get(&app, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(packed.header("content-encoding"), encoding, "{path} {accepted}");
            assert_eq!(packed.header("vary").to_lowercase(), "accept-encoding");
            assert!(encoding.is_empty() || length(&packed) < length(&plain), "{path} {accepted}");
        }
        let tag = plain.header("etag").to_owned();
        let again = get(&app, path, &[("if-none-match", &tag), ("accept-encoding", "br")]).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
        assert_eq!(plain.header("cache-control"), "public, no-cache");
        let head = app.stranger().send(Method::HEAD, path, &[], None).await;
        assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_of_the_page_stays_a_problem() {
    let app = TestApp::sqlite().start().await;
    for path in
        ["/assets/nothing.js", "/assets/", "/assets/../Cargo.toml", "/c/", "/c/a.b", "/index"]
    {
        get(&app, path, &[]).await.expect_problem(404, "route_not_found");
    }
    get(&app, "/api/me/tasks", &[("accept", "text/html")])
        .await
        .expect_problem(401, "missing_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_only_read_and_says_so() {
    let app = TestApp::sqlite().start().await;
    let paths = PAGE.into_iter().chain(["/admin", "/docs/index.html"]);
    for path in paths.chain(ASSETS.map(|(path, _)| path)) {
        for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
            let refused = app.stranger().send(method, path, &[], None).await;
            assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS", "{path}");
            refused.expect_problem(405, "method_not_allowed");
        }
        let options = app.stranger().send(Method::OPTIONS, path, &[], None).await;
        assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, HEAD, OPTIONS"));
    }
    let api_alone = TestApp::sqlite().without_web_page().start().await;
    let post = api_alone.stranger().send(Method::POST, "/", &[], None).await;
    post.expect_problem(404, "route_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_without_the_page_is_the_api_alone() {
    let app = TestApp::sqlite().without_web_page().start().await;
    for path in PAGE.into_iter().chain(ASSETS.map(|(path, _)| path)) {
        get(&app, path, &[]).await.expect_problem(404, "route_not_found");
    }
}

fn of_the_machine() -> SignUp {
    SignUp {
        name: UserName::new("ada").unwrap(),
        email: Email::new("ada@todo.localhost").unwrap(),
        password: Password::new("known to nobody".to_owned()).unwrap(),
        time_zone: TimeZone::default(),
    }
}

/// A browser on this machine that presses the button.
async fn start_here(app: &TestApp, headers: &[(&str, &str)]) -> Answer {
    let headers =
        [&[("origin", app.base_url()), ("sec-fetch-site", "same-origin")], headers].concat();
    app.stranger().send(Method::POST, "/api/auth/machine", &headers, None).await
}

async fn is_offered(app: &TestApp, headers: &[(&str, &str)]) -> bool {
    let answer = get(app, "/api/auth/options", headers).await;
    answer.expect(200)["machine"].as_bool().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sits_at_the_machine_comes_in_with_one_click_and_finds_the_same_list_again() {
    let app = TestApp::sqlite().machine_account(of_the_machine()).start().await;
    assert!(is_offered(&app, &[]).await);
    let first = start_here(&app, &[]).await;
    let cookie = first.headers[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("todo_refresh=ey") && cookie.contains("HttpOnly"), "{cookie}");
    let first = first.expect(200);
    assert_eq!(first["user"]["email"], "ada@todo.localhost");
    assert_eq!(first["expires_in"], 900);
    // Others who get accounts there don't take it away.
    app.sign_up("grace").await;
    assert!(is_offered(&app, &[]).await);
    assert_eq!(start_here(&app, &[]).await.expect(200)["user"], first["user"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_up_with_an_address_of_a_machine() {
    let app = TestApp::sqlite().machine_account(of_the_machine()).start().await;
    for email in ["ada@todo.localhost", "Me@TODO.localhost", "eve@else.localhost"] {
        let account = json!({ "name": "Eve", "email": email, "password": "evening star" });
        let refused = app.stranger().post("/api/auth/signup", &account).await;
        let problem = refused.expect_problem(422, "validation_failed");
        let error = &problem["errors"][0];
        assert_eq!((&error["field"], &error["code"]), (&json!("email"), &json!("reserved")));
    }
    start_here(&app, &[]).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_or_a_name_that_leads_here_never_opens_the_account_of_the_machine() {
    let app = TestApp::sqlite().machine_account(of_the_machine()).start().await;
    for header in [
        ("forwarded", "for=192.0.2.1"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-forwarded-host", "127.0.0.1"),
        ("x-forwarded-proto", "http"),
        ("x-real-ip", "127.0.0.1"),
        ("via", "1.1 proxy"),
        ("host", "todo.example.org"),
    ] {
        start_here(&app, &[header]).await.expect_problem(403, "not_this_machine");
        assert!(!is_offered(&app, &[header]).await, "{header:?}");
    }
    let site = ("sec-fetch-site", "same-origin");
    for headers in
        [&[site][..], &[("origin", "http://example.org"), site], &[("origin", "null"), site]]
    {
        let answer = app.stranger().send(Method::POST, "/api/auth/machine", headers, None).await;
        answer.expect_problem(403, "not_this_machine");
    }
    // Nobody came in, and no account was made.
    assert!(app.accounts.find(of_the_machine().email).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_of_the_machine_a_list_with_passwords_stays_closed() {
    let app = TestApp::sqlite().start().await;
    assert!(!is_offered(&app, &[]).await);
    start_here(&app, &[]).await.expect_problem(403, "not_this_machine");

    let app = TestApp::sqlite().machine_account(of_the_machine()).start().await;
    app.sign_up("grace").await;
    assert!(!is_offered(&app, &[]).await);
    start_here(&app, &[]).await.expect_problem(403, "not_this_machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disabled_account_of_the_machine_lets_nobody_in() {
    let app = TestApp::sqlite().machine_account(of_the_machine()).start().await;
    let user = start_here(&app, &[]).await.expect(200)["user"]["id"].as_i64().unwrap();
    app.accounts.disable(UserId::new(user).unwrap()).await.unwrap();
    assert!(!is_offered(&app, &[]).await);
    start_here(&app, &[]).await.expect_problem(403, "account_disabled");
}
