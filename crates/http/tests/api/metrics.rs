//! The page for Prometheus.

use std::{error::Error, sync::Arc};

use reqwest::Method;
use todo_http::MetricsPage;

use crate::client::{Answer, Client, Mocks};

struct Page(Result<&'static str, &'static str>);

impl MetricsPage for Page {
    fn render(&self) -> Result<String, Box<dyn Error + Send + Sync>> {
        self.0.map(str::to_owned).map_err(Into::into)
    }
}

fn serve(page: Page) -> Client {
    Mocks { metrics_page: Some(Arc::new(page)), ..Mocks::default() }.serve()
}

async fn scrape(client: &Client) -> Answer {
    Answer::of(client.anonymous(Method::GET, "/metrics")).await
}

#[tokio::test]
async fn whoever_asks_for_the_metrics_gets_them_as_prometheus_reads_them() {
    let answer = scrape(&serve(Page(Ok("up 1\n")))).await;
    assert_eq!((answer.status, answer.body.as_str()), (200, Some("up 1\n")));
    let media_type = "text/plain; version=0.0.4; charset=utf-8";
    assert_eq!(answer.header("content-type"), Some(media_type));
}

#[tokio::test]
async fn without_metrics_there_is_no_such_page() {
    let answer = scrape(&Mocks::default().serve()).await;
    assert_eq!(answer.problem(), (404, "route_not_found"));
}

#[tokio::test]
async fn metrics_that_cannot_be_shown_are_an_error_of_ours_without_details() {
    let answer = scrape(&serve(Page(Err("two of the same name")))).await;
    assert_eq!(answer.problem(), (500, "internal_error"));
    assert!(!answer.body.to_string().contains("two of"), "{answer:?}");
}
