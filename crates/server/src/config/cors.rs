//! Which web pages of other origins may call the API.

use url::Url;

use super::Variables;

/// Which web pages of other origins may call the API.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum AllowedOrigins {
    /// All of them, for development.
    Any,
    /// These and no others, as browsers write them in `Origin`. With none there is no use of the
    /// API across origins.
    Listed(Vec<String>),
}

impl AllowedOrigins {
    /// `CORS_ORIGINS`: https origins separated by commas; with `debug` also http and `*`.
    pub(super) fn read(variables: &mut Variables, debug: bool) -> Self {
        let mut any = false;
        let mut origins = Vec::new();
        for (index, entry) in variables.list("CORS_ORIGINS").iter().enumerate() {
            if entry == "*" && debug {
                any = true;
                continue;
            }
            match origin(entry, debug) {
                Ok(origin) => origins.push(origin),
                Err(problem) => {
                    let problem = format!("entry {} {problem}", index + 1);
                    variables.fault("CORS_ORIGINS", problem);
                }
            }
        }
        if any { Self::Any } else { Self::Listed(origins) }
    }
}

fn origin(entry: &str, debug: bool) -> Result<String, &'static str> {
    if entry == "*" {
        return Err("lets every web page in, which only DEBUG=true allows");
    }
    let url = Url::parse(entry).map_err(|_| "must be an origin such as https://app.example.org")?;
    match url.scheme() {
        "https" => {}
        "http" if debug => {}
        "http" => return Err("must be https, only DEBUG=true allows http"),
        _ => return Err("must be an origin such as https://app.example.org"),
    }
    let has_more = url.path() != "/"
        || url.query().is_some()
        || url.fragment().is_some()
        || !url.username().is_empty()
        || url.password().is_some();
    if has_more {
        return Err("must be scheme, host and port alone, such as https://app.example.org");
    }
    Ok(url.origin().ascii_serialization())
}
