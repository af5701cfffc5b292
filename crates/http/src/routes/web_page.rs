//! The web page: one document for all of its addresses, and the files that it loads.

use std::fmt;

use actix_web::{
    HttpRequest, HttpResponse, guard,
    http::header::{HeaderName, HeaderValue},
    web::{self, Bytes, ServiceConfig},
};

use super::static_file::StaticFile;
use crate::error::{ApiError, Code};

/// What a browser is to keep the page from: it loads its own files, asks its own service, and does
/// nothing else.
const HEADERS: [(&str, &str); 4] = [
    (
        "content-security-policy",
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
         connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; \
         base-uri 'none'; frame-ancestors 'none'",
    ),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    // The service worker, which is a file like any other, speaks for all addresses of the page.
    ("service-worker-allowed", "/"),
];

/// A web page that is built into the program.
#[derive(Debug)]
pub struct WebPage {
    /// What is sent for all of its addresses: `/`, `/admin`, and `/c/` with the id of a chat.
    pub index: WebFile,
    /// What it loads from `/assets/`.
    pub assets: &'static [WebFile],
}

/// A file of a web page.
pub struct WebFile {
    /// Its name below `/assets/`, such as `app.js`.
    pub name: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// Its content.
    pub plain: &'static [u8],
    /// The same, compressed with gzip.
    pub gzip: &'static [u8],
    /// The same, compressed with Brotli.
    pub brotli: &'static [u8],
}

impl fmt::Debug for WebFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WebFile").field("name", &self.name).finish_non_exhaustive()
    }
}

/// A page, ready to be sent.
pub(crate) struct ReadyPage {
    index: StaticFile,
    assets: Vec<(&'static str, StaticFile)>,
}

impl ReadyPage {
    pub(crate) fn new(page: &WebPage) -> Self {
        let assets = page.assets.iter().map(|asset| (asset.name, static_file(asset))).collect();
        Self { index: static_file(&page.index), assets }
    }
}

fn static_file(file: &WebFile) -> StaticFile {
    StaticFile::new(file.content_type, Bytes::from_static(file.plain))
        .gzip(Bytes::from_static(file.gzip))
        .brotli(Bytes::from_static(file.brotli))
}

/// The addresses of the page itself.
const PAGES: [&str; 3] = ["/", "/admin", "/c/{id:[A-Za-z0-9_-]{1,128}}"];
const ASSETS: &str = "/assets/{file}";

/// Everything that [`configure`] registers, to be read only.
pub(crate) fn paths() -> impl Iterator<Item = &'static str> {
    PAGES.into_iter().chain([ASSETS])
}

/// Registers the page's addresses.
pub(crate) fn configure(page: &web::Data<ReadyPage>, routes: &mut ServiceConfig) {
    routes.app_data(page.clone());
    for path in PAGES {
        routes.service(web::resource(path).guard(guard::Get()).to(index));
    }
    routes.service(web::resource(ASSETS).guard(guard::Get()).to(asset));
}

async fn index(request: HttpRequest, page: web::Data<ReadyPage>) -> HttpResponse {
    guarded(page.index.answer(&request))
}

async fn asset(
    request: HttpRequest,
    name: web::Path<String>,
    page: web::Data<ReadyPage>,
) -> Result<HttpResponse, ApiError> {
    let found = page.assets.iter().find(|(asset, _)| *asset == name.as_str());
    let (_, file) = found.ok_or_else(|| ApiError::new(Code::RouteNotFound))?;
    Ok(guarded(file.answer(&request)))
}

fn guarded(mut response: HttpResponse) -> HttpResponse {
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    response
}
