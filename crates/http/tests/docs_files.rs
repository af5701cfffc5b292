//! The rendered document: what a browser is sent, and how often.

use reqwest::Method;
use todo_testkit::app::{Answer, TestApp};

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Answer {
    app.stranger().send(Method::GET, path, headers, None).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_document_are_sent_compressed_to_whoever_takes_them_so() {
    let app = TestApp::sqlite().start().await;
    for path in ["/docs/", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"] {
        let plain = get(&app, path, &[]).await;
        assert_eq!((plain.status.as_u16(), plain.header("content-encoding")), (200, ""), "{path}");
        for accepted in ["gzip", "deflate, gzip, br", "gzip;q=0.5, *;q=0"] {
            let packed = get(&app, path, &[("accept-encoding", accepted)]).await;
            assert_eq!(packed.header("content-encoding"), "gzip", "{path} {accepted}");
            assert_eq!(packed.header("vary").to_lowercase(), "accept-encoding");
            assert_eq!(packed.header("content-type"), plain.header("content-type"));
            let length =
                |answer: &Answer| answer.header("content-length").parse::<usize>().unwrap();
            assert!(length(&packed) < length(&plain), "{path}");
        }
        for refused in ["identity", "br", "gzip;q=0, identity"] {
            let answer = get(&app, path, &[("accept-encoding", refused)]).await;
            assert_eq!(answer.header("content-encoding"), "", "{path} {refused}");
            assert_eq!(answer.text, plain.text);
        }
    }
    let bundle = get(&app, "/docs/swagger-ui-bundle.js", &[("accept-encoding", "gzip")]).await;
    assert!(bundle.header("content-length").parse::<usize>().unwrap() < 600_000);
    get(&app, "/docs/nothing.js", &[]).await.expect_problem(404, "route_not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_has_a_page_of_the_document_is_not_sent_it_again() {
    let app = TestApp::sqlite().start().await;
    for path in ["/docs/", "/docs/swagger-ui.css", "/docs/swagger-initializer.js"] {
        let first = get(&app, path, &[]).await;
        let tag = first.header("etag").to_owned();
        assert!(tag.starts_with("W/\""), "{path}: {tag}");
        assert_eq!(first.header("cache-control"), "public, no-cache", "{path}");
        let again = get(&app, path, &[("if-none-match", &tag), ("accept-encoding", "gzip")]).await;
        assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path}");
        assert_eq!(again.header("etag"), tag);
        assert_eq!(
            get(&app, path, &[("if-none-match", "W/\"other\"")]).await.status,
            200,
            "{path}"
        );
    }
}
