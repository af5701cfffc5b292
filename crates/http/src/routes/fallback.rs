//! What answers when no route does.

use std::collections::BTreeMap;

use actix_web::{
    HttpRequest, HttpResponse,
    dev::ResourceDef,
    http::{Method, header},
    web,
};

use crate::{
    error::{ApiError, Code},
    openapi::Route,
    target,
};

/// The paths there are, each with the methods it takes as the header `Allow` lists them.
pub(crate) struct Fallback(Vec<(ResourceDef, String)>);

impl Fallback {
    /// Of the routes of the document, and of paths beside it that are only read.
    pub(crate) fn new(routes: &[Route], read_only: impl Iterator<Item = &'static str>) -> Self {
        let mut paths = BTreeMap::<&str, Vec<&str>>::new();
        for Route { method, path, .. } in routes {
            let methods = paths.entry(path).or_default();
            methods.push(method.as_str());
            if *method == Method::GET {
                methods.push(Method::HEAD.as_str());
            }
        }
        for path in read_only {
            paths.insert(path, vec![Method::GET.as_str(), Method::HEAD.as_str()]);
        }
        let allow = |methods: Vec<&str>| format!("{}, OPTIONS", methods.join(", "));
        Self(paths.into_iter().map(|(path, methods)| (path.into(), allow(methods))).collect())
    }
}

/// 404, or 405 with `Allow` where the path takes other methods, or what `OPTIONS` asks for.
pub(crate) async fn fallback(
    request: HttpRequest,
    paths: web::Data<Fallback>,
) -> Result<HttpResponse, ApiError> {
    let asked = target::path(&request);
    let Some((_, allow)) = paths.0.iter().find(|(path, _)| path.is_match(asked)) else {
        return Err(ApiError::new(Code::RouteNotFound));
    };
    if request.method() == Method::OPTIONS {
        return Ok(HttpResponse::NoContent()
            .insert_header((header::ALLOW, allow.as_str()))
            .finish());
    }
    Err(ApiError::new(Code::MethodNotAllowed).with_allow(allow.clone()))
}
