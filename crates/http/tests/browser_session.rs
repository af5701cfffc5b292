//! The session of a browser: a cookie that is traded for access tokens.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use reqwest::{Method, header::SET_COOKIE};
use serde_json::json;
use todo_testkit::{
    app::{Answer, TestApp, TestAppBuilder, Visitor},
    clock::FixedClock,
    on_both_stores,
};

const OWN_PAGE: (&str, &str) = ("sec-fetch-site", "same-origin");
const MINUTE: Duration = Duration::from_secs(60);

/// What a browser knows of a session.
struct Browser {
    visitor: Visitor,
    cookie: String,
}

/// The cookie that an answer sets, and with which attributes.
fn cookie_of(answer: &Answer) -> Option<(String, String)> {
    let header = answer.headers.get(SET_COOKIE)?.to_str().unwrap();
    let (cookie, attributes) = header.split_once("; ").unwrap();
    Some((cookie.to_owned(), attributes.to_owned()))
}

impl Browser {
    async fn sign_up(app: &TestApp, name: &str) -> Self {
        app.sign_up(name).await;
        Self::sign_in(app, name).await
    }

    async fn sign_in(app: &TestApp, name: &str) -> Self {
        let visitor = app.stranger();
        let email = format!("{name}@example.org");
        let body = json!({ "email": email, "password": "correct horse", "session": "cookie" });
        let answer = post(&visitor, "/api/auth/signin", &[OWN_PAGE], Some(body)).await;
        let (cookie, _) = cookie_of(&answer).unwrap();
        let session = answer.expect(200);
        assert_eq!(session["expires_in"], 900);
        let mut browser = Self { visitor, cookie };
        browser.visitor.token = session["access_token"].as_str().map(str::to_owned);
        browser
    }

    /// Asks for the next token with this cookie.
    async fn show(&self, cookie: &str) -> Answer {
        let headers = [OWN_PAGE, ("cookie", cookie)];
        post(&self.visitor, "/api/auth/refresh", &headers, None).await
    }

    /// Goes on with the session.
    async fn refresh(&mut self) {
        let answer = self.show(&self.cookie).await;
        self.cookie = cookie_of(&answer).unwrap().0;
        let session = answer.expect(200);
        self.visitor.token = session["access_token"].as_str().map(str::to_owned);
    }

    async fn is_in(&self) -> bool {
        self.visitor.get("/api/auth/me").await.status == 200
    }

    async fn post(&self, path: &str, body: Option<serde_json::Value>) -> Answer {
        post(&self.visitor, path, &[OWN_PAGE, ("cookie", &self.cookie)], body).await
    }
}

async fn post(
    visitor: &Visitor,
    path: &str,
    headers: &[(&str, &str)],
    body: Option<serde_json::Value>,
) -> Answer {
    let mut headers = headers.to_vec();
    if body.is_some() {
        headers.push(("content-type", "application/json"));
    }
    let body = body.map(|body| body.to_string().into_bytes());
    visitor.send(Method::POST, path, &headers, body).await
}

/// There is no session: nothing to say, and the browser forgets the cookie.
fn expect_no_session(answer: &Answer) {
    assert_eq!(answer.status, 204, "{}", answer.text);
    let (cookie, attributes) = cookie_of(answer).unwrap();
    assert_eq!(cookie, "todo_refresh=");
    assert!(attributes.contains("Max-Age=0"), "{attributes}");
}

async fn at_nine(app: TestAppBuilder) -> (TestApp, std::sync::Arc<FixedClock>) {
    let clock = FixedClock::at("2026-11-22T09:00:00Z");
    (app.clock(clock.clone()).start().await, clock)
}

on_both_stores! {
    async fn a_page_stays_signed_in_without_a_token_that_scripts_can_read(app) {
        let (app, clock) = at_nine(app).await;
        let mut browser = Browser::sign_up(&app, "ada").await;
        assert!(browser.is_in().await);
        clock.advance(15 * MINUTE);
        assert!(!browser.is_in().await);
        browser.refresh().await;
        assert!(browser.is_in().await);
        // A month without a visit is too long, a month with some is not.
        for _ in 0..4 {
            clock.advance(29 * 24 * 60 * MINUTE);
            browser.refresh().await;
        }
        clock.advance(30 * 24 * 60 * MINUTE);
        expect_no_session(&browser.show(&browser.cookie).await);
    }

    async fn a_first_visit_has_no_session_and_no_error(app) {
        let app = app.start().await;
        let answer = post(&app.stranger(), "/api/auth/refresh", &[OWN_PAGE], None).await;
        assert_eq!((answer.status.as_u16(), cookie_of(&answer)), (204, None));
    }

    async fn two_tabs_go_on_with_one_session(app) {
        let (app, clock) = at_nine(app).await;
        let browser = Browser::sign_up(&app, "ada").await;
        let (one, other) = tokio::join!(browser.show(&browser.cookie), browser.show(&browser.cookie));
        for answer in [&one, &other] {
            assert_eq!(answer.status, 200, "{}", answer.text);
        }
        clock.advance(15 * MINUTE);
        // Whichever cookie the browser kept.
        let (one, other) = (cookie_of(&one).unwrap().0, cookie_of(&other).unwrap().0);
        browser.show(&one).await.expect(200);
        browser.show(&other).await.expect(200);
    }

    async fn a_cookie_that_was_stolen_ends_the_session_once_both_use_it(app) {
        let (app, clock) = at_nine(app).await;
        let mut browser = Browser::sign_up(&app, "ada").await;
        let laptop = Browser::sign_in(&app, "ada").await;
        let stolen = browser.cookie.clone();
        browser.refresh().await;
        clock.advance(MINUTE);
        expect_no_session(&browser.show(&stolen).await);
        expect_no_session(&browser.show(&browser.cookie).await);
        laptop.show(&laptop.cookie).await.expect(200);
    }

    async fn signing_out_ends_the_session_with_the_token(app) {
        let app = app.start().await;
        let (browser, laptop) =
            (Browser::sign_up(&app, "ada").await, Browser::sign_in(&app, "ada").await);
        expect_no_session(&browser.post("/api/auth/signout", None).await);
        assert!(!browser.is_in().await);
        expect_no_session(&browser.show(&browser.cookie).await);
        assert!(laptop.is_in().await);
        expect_no_session(&laptop.post("/api/auth/signout-all", None).await);
        expect_no_session(&laptop.show(&laptop.cookie).await);
    }

    async fn another_password_ends_all_sessions_but_this_one(app) {
        let app = app.start().await;
        let (mut browser, laptop) =
            (Browser::sign_up(&app, "ada").await, Browser::sign_in(&app, "ada").await);
        let body = json!({ "current_password": "correct horse", "new_password": "battery staple" });
        let answer = browser.post("/api/auth/password", Some(body)).await;
        browser.cookie = cookie_of(&answer).unwrap().0;
        assert_eq!(answer.expect(200)["expires_in"], 900);
        browser.refresh().await;
        assert!(browser.is_in().await);
        expect_no_session(&laptop.show(&laptop.cookie).await);
    }

    async fn who_is_disabled_or_deleted_has_no_session(app) {
        let app = app.start().await;
        let browser = Browser::sign_up(&app, "ada").await;
        let ada = browser.visitor.get("/api/auth/me").await.expect(200)["id"].as_i64().unwrap();
        let ada = todo_domain::UserId::new(ada).unwrap();
        app.accounts.disable(ada).await.unwrap();
        expect_no_session(&browser.show(&browser.cookie).await);
        app.accounts.enable(ada).await.unwrap();
        browser.show(&browser.cookie).await.expect(200);
        let laptop = Browser::sign_in(&app, "ada").await;
        let body = json!({ "password": "correct horse" });
        expect_no_session(&laptop.post("/api/auth/delete-account", Some(body)).await);
        expect_no_session(&laptop.show(&laptop.cookie).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_belongs_to_pages_of_this_service_alone() {
    let app = TestApp::sqlite().start().await;
    let browser = Browser::sign_up(&app, "ada").await;
    let own = app.base_url();
    let foreign: [&[(&str, &str)]; 5] = [
        &[],
        &[("origin", "https://evil.example.org")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site"), ("origin", own)],
        &[("sec-fetch-site", "same-site")],
    ];
    for headers in foreign {
        let with_cookie = [headers, &[("cookie", &browser.cookie)]].concat();
        let answer = post(&browser.visitor, "/api/auth/refresh", &with_cookie, None).await;
        answer.expect_problem(403, "foreign_page");
        let body =
            json!({ "email": "ada@example.org", "password": "correct horse", "session": "cookie" });
        let answer = post(&browser.visitor, "/api/auth/signin", headers, Some(body)).await;
        answer.expect_problem(403, "foreign_page");
    }
    let headers = [("origin", own), ("cookie", &browser.cookie)];
    post(&browser.visitor, "/api/auth/refresh", &headers, None).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cookie_is_out_of_reach_of_scripts_and_of_other_sites() {
    let app = TestApp::sqlite().start().await;
    let body = |name: &str| {
        json!({
            "name": name, "email": format!("{name}@example.org"), "password": "correct horse",
            "session": "cookie",
        })
    };
    let ada = app.stranger();
    let answer = post(&ada, "/api/auth/signup", &[OWN_PAGE], Some(body("ada"))).await;
    let (_, attributes) = cookie_of(&answer).unwrap();
    // Over plain HTTP on this machine no browser would keep one that is `Secure`.
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/api/auth; Max-Age=2592000");
    let headers = [OWN_PAGE, ("host", "todo.example.org")];
    let answer = post(&ada, "/api/auth/signup", &headers, Some(body("ben"))).await;
    let (_, attributes) = cookie_of(&answer).unwrap();
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/api/auth; Max-Age=2592000");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_is_no_access_token_and_the_other_way_round() {
    let app = TestApp::sqlite().start().await;
    let mut browser = Browser::sign_up(&app, "ada").await;
    let access = browser.visitor.token.clone().unwrap();
    expect_no_session(&browser.show(&format!("todo_refresh={access}")).await);
    expect_no_session(&browser.show("todo_refresh=a.b.c").await);
    browser.visitor.token = browser.cookie.strip_prefix("todo_refresh=").map(str::to_owned);
    browser.visitor.get("/api/auth/me").await.expect_problem(401, "invalid_token");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_asks_for_another_kind_of_session_is_told_which_there_are() {
    let app = TestApp::sqlite().start().await;
    app.sign_up("ada").await;
    let body =
        json!({ "email": "ada@example.org", "password": "correct horse", "session": "forever" });
    let answer = post(&app.stranger(), "/api/auth/signin", &[OWN_PAGE], Some(body)).await;
    let problem = answer.expect_problem(422, "validation_failed");
    assert_eq!(problem["errors"][0]["field"], "session");
    assert_eq!(problem["errors"][0]["values"], json!(["token", "cookie"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_is_refused_a_session_before_anything_else_is_looked_at() {
    let app = TestApp::sqlite().start().await;
    let foreign = [("sec-fetch-site", "cross-site")];
    for path in ["/api/auth/signin", "/api/auth/signup"] {
        for body in [
            json!({ "session": "cookie" }),
            json!({ "session": "cookie", "email": 5, "password": "short", "role": "admin" }),
        ] {
            let answer = post(&app.stranger(), path, &foreign, Some(body)).await;
            answer.expect_problem(403, "foreign_page");
        }
        let answer = post(&app.stranger(), path, &foreign, Some(json!({ "session": 5 }))).await;
        answer.expect_problem(422, "validation_failed");
    }
}
