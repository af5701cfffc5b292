//! The files of the rendered document, below `/docs/`.

use std::{
    collections::HashMap,
    io::{self, Read},
    sync::Arc,
};

use actix_web::{
    HttpRequest, HttpResponse, Resource, guard,
    web::{self, Bytes},
};
use flate2::read::GzDecoder;
use parking_lot::Mutex;
use utoipa_swagger_ui::Config;

use super::static_file::StaticFile;
use crate::error::{ApiError, Code};

/// The files that were asked for, ready to be sent. There are about a dozen.
pub(crate) struct DocsFiles {
    config: Arc<Config<'static>>,
    ready: Mutex<HashMap<String, Arc<StaticFile>>>,
}

impl DocsFiles {
    pub(crate) fn new() -> Self {
        // "none" keeps the page from asking a validator elsewhere.
        let config = Config::from("/openapi.json").validator_url("none").try_it_out_enabled(true);
        Self { config: Arc::new(config), ready: Mutex::default() }
    }

    /// The file, if there is one of this name.
    fn file(&self, name: &str) -> Result<Option<Arc<StaticFile>>, ApiError> {
        let mut ready = self.ready.lock();
        if let Some(file) = ready.get(name) {
            return Ok(Some(Arc::clone(file)));
        }
        let found = utoipa_swagger_ui::serve(name, Arc::clone(&self.config));
        let found = found.map_err(|error| ApiError::internal(error.to_string()))?;
        let Some(found) = found else { return Ok(None) };
        let bytes = Bytes::from(found.bytes.into_owned());
        let file = static_file(found.content_type, bytes, found.gzpipped);
        let file = Arc::new(file.map_err(ApiError::internal)?);
        ready.insert(name.to_owned(), Arc::clone(&file));
        Ok(Some(file))
    }
}

/// Files that are written for this service are not compressed.
fn static_file(content_type: String, bytes: Bytes, is_gzip: bool) -> io::Result<StaticFile> {
    if !is_gzip {
        return Ok(StaticFile::new(content_type, bytes));
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*bytes).read_to_end(&mut plain)?;
    Ok(StaticFile::new(content_type, plain.into()).gzip(bytes))
}

/// The path of all of them.
pub(crate) const DOCS_FILES: &str = "/docs/{file:.*}";

/// The route of all of them.
pub(crate) fn docs_files() -> Resource {
    web::resource(DOCS_FILES).guard(guard::Get()).to(docs_file)
}

async fn docs_file(
    request: HttpRequest,
    name: web::Path<String>,
    files: web::Data<DocsFiles>,
) -> Result<HttpResponse, ApiError> {
    let file = files.file(&name)?.ok_or_else(|| ApiError::new(Code::RouteNotFound))?;
    Ok(file.answer(&request))
}
