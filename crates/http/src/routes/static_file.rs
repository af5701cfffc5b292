//! A file that is built into the program: sent as compressed as it was built in to whoever takes it so,
//! and once only to whoever keeps it.

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse,
    http::header::{self, AcceptEncoding, ContentEncoding, Encoding, EntityTag, IfNoneMatch},
    web::Bytes,
};
use flate2::Crc;

/// A browser keeps a file, and asks each time whether it is still the same.
const CACHE_CONTROL: &str = "public, no-cache";

/// A file, ready to be sent.
pub(super) struct StaticFile {
    content_type: String,
    tag: EntityTag,
    plain: Bytes,
    gzip: Option<Bytes>,
    brotli: Option<Bytes>,
}

impl StaticFile {
    pub(super) fn new(content_type: impl Into<String>, plain: Bytes) -> Self {
        let mut crc = Crc::new();
        crc.update(&plain);
        // The same for all ways to send it, and therefore a weak one.
        let tag = EntityTag::new_weak(format!("{:08x}-{:x}", crc.sum(), plain.len()));
        Self { content_type: content_type.into(), tag, plain, gzip: None, brotli: None }
    }

    /// It is there compressed with gzip, too.
    pub(super) fn gzip(self, gzip: Bytes) -> Self {
        Self { gzip: Some(gzip), ..self }
    }

    /// It is there compressed with Brotli, too.
    pub(super) fn brotli(self, brotli: Bytes) -> Self {
        Self { brotli: Some(brotli), ..self }
    }

    /// The answer to a request for it.
    pub(super) fn answer(&self, request: &HttpRequest) -> HttpResponse {
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
        let (encoding, body) = self.encoded_for(request);
        if encoding != ContentEncoding::Identity {
            response.insert_header(encoding);
        }
        response.body(body.clone())
    }

    /// The smallest form that the client takes.
    fn encoded_for(&self, request: &HttpRequest) -> (ContentEncoding, &Bytes) {
        let forms = [
            (Encoding::brotli(), ContentEncoding::Brotli, self.brotli.as_ref()),
            (Encoding::gzip(), ContentEncoding::Gzip, self.gzip.as_ref()),
            (Encoding::identity(), ContentEncoding::Identity, Some(&self.plain)),
        ];
        let accepted = request.get_header::<AcceptEncoding>();
        let there = forms.iter().filter(|(_, _, body)| body.is_some()).map(|(name, ..)| name);
        let chosen = accepted.and_then(|accepted| accepted.negotiate(there));
        let mut forms = forms.into_iter();
        let found = forms.find(|(name, _, body)| chosen.as_ref() == Some(name) && body.is_some());
        match found {
            Some((_, encoding, Some(body))) => (encoding, body),
            _ => (ContentEncoding::Identity, &self.plain),
        }
    }
}
