//! The files of the rendered document, below `/docs/`: sent as compressed as they were built in to
//! whoever takes them so, and once only to whoever keeps them.

use std::{
    collections::HashMap,
    io::{self, Read},
    sync::Arc,
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, Resource, guard,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, EntityTag, IfNoneMatch},
    web::{self, Bytes},
};
use flate2::{Crc, read::GzDecoder};
use parking_lot::Mutex;
use utoipa_swagger_ui::Config;

use crate::error::{ApiError, Code};

/// A browser keeps a file, and asks each time whether it is still the same.
const CACHE_CONTROL: &str = "public, no-cache";

/// The files that were asked for, ready to be sent. There are about a dozen.
pub(crate) struct DocsFiles {
    config: Arc<Config<'static>>,
    ready: Mutex<HashMap<String, Arc<DocsFile>>>,
}

struct DocsFile {
    content_type: String,
    tag: EntityTag,
    plain: Bytes,
    /// `None` of a file that is written for this service.
    gzip: Option<Bytes>,
}

impl DocsFiles {
    pub(crate) fn new() -> Self {
        // "none" keeps the page from asking a validator elsewhere.
        let config = Config::from("/openapi.json").validator_url("none").try_it_out_enabled(true);
        Self { config: Arc::new(config), ready: Mutex::default() }
    }

    /// The file, if there is one of this name.
    fn file(&self, name: &str) -> Result<Option<Arc<DocsFile>>, ApiError> {
        let mut ready = self.ready.lock();
        if let Some(file) = ready.get(name) {
            return Ok(Some(Arc::clone(file)));
        }
        let found = utoipa_swagger_ui::serve(name, Arc::clone(&self.config));
        let found = found.map_err(|error| ApiError::internal(error.to_string()))?;
        let Some(found) = found else { return Ok(None) };
        let bytes = Bytes::from(found.bytes.into_owned());
        let file = DocsFile::new(found.content_type, bytes, found.gzpipped);
        let file = Arc::new(file.map_err(ApiError::internal)?);
        ready.insert(name.to_owned(), Arc::clone(&file));
        Ok(Some(file))
    }
}

impl DocsFile {
    fn new(content_type: String, bytes: Bytes, is_gzip: bool) -> io::Result<Self> {
        let mut crc = Crc::new();
        crc.update(&bytes);
        // The same for both ways to send it, and therefore a weak one.
        let tag = EntityTag::new_weak(format!("{:08x}-{:x}", crc.sum(), bytes.len()));
        let (plain, gzip) = if is_gzip {
            let mut plain = Vec::new();
            GzDecoder::new(&*bytes).read_to_end(&mut plain)?;
            (plain.into(), Some(bytes))
        } else {
            (bytes, None)
        };
        Ok(Self { content_type, tag, plain, gzip })
    }

    fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = match request.get_header::<IfNoneMatch>() {
            Some(IfNoneMatch::Any) => true,
            Some(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&self.tag)),
            None => false,
        };
        let mut response = if is_known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        response
            .insert_header((header::ETAG, self.tag.to_string()))
            .insert_header((header::CACHE_CONTROL, CACHE_CONTROL))
            .insert_header((header::VARY, "accept-encoding"));
        if is_known {
            return response.finish();
        }
        response.content_type(self.content_type.as_str());
        match self.gzip.as_ref().filter(|_| takes_gzip(request)) {
            Some(gzip) => response.insert_header(ContentEncoding::Gzip).body(gzip.clone()),
            None => response.body(self.plain.clone()),
        }
    }
}

fn takes_gzip(request: &HttpRequest) -> bool {
    let supported = [Encoding::gzip(), Encoding::identity()];
    let accepted = request.get_header::<AcceptEncoding>();
    let chosen = accepted.and_then(|accepted| accepted.negotiate(supported.iter()));
    chosen == Some(Encoding::gzip())
}

/// The route of all of them.
pub(crate) fn docs_files() -> Resource {
    web::resource("/docs/{file:.*}").guard(guard::Get()).to(docs_file)
}

async fn docs_file(
    request: HttpRequest,
    name: web::Path<String>,
    files: web::Data<DocsFiles>,
) -> Result<HttpResponse, ApiError> {
    let file = files.file(&name)?.ok_or_else(|| ApiError::new(Code::RouteNotFound))?;
    Ok(file.answer(&request))
}
