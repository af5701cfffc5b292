//! Which web pages of other origins may call the API.

use todo_http::{CorsOrigins, Origin};

use super::Variables;

/// `CORS_ORIGINS`: https origins separated by commas; with `debug` also http and `*`.
pub(super) fn read(variables: &mut Variables, debug: bool) -> CorsOrigins {
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
    if any { CorsOrigins::Any } else { CorsOrigins::Listed(origins) }
}

fn origin(entry: &str, debug: bool) -> Result<Origin, String> {
    if entry == "*" {
        return Err("lets every web page in, which only DEBUG=true allows".to_owned());
    }
    let origin: Origin =
        entry.parse().map_err(|error: todo_http::OriginError| error.to_string())?;
    if origin.is_https() || debug {
        Ok(origin)
    } else {
        Err("must be https, only DEBUG=true allows http".to_owned())
    }
}
