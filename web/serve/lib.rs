//! The web page as it was built: its files, each plain and compressed, for `todo-http` to serve.
#![warn(missing_docs)]

use todo_http::{WebFile, WebPage};

macro_rules! file {
    ($name:literal, $content_type:literal) => {
        WebFile {
            name: $name,
            content_type: $content_type,
            plain: include_bytes!(concat!("../dist/", $name)),
            gzip: include_bytes!(concat!("../dist/", $name, ".gz")),
            brotli: include_bytes!(concat!("../dist/", $name, ".br")),
        }
    };
}

/// The page and what it loads.
pub static PAGE: WebPage = WebPage {
    index: file!("index.html", "text/html; charset=utf-8"),
    assets: &[
        file!("app.js", "text/javascript; charset=utf-8"),
        file!("app.css", "text/css; charset=utf-8"),
        file!("edit.js", "text/javascript; charset=utf-8"),
        file!("settings.js", "text/javascript; charset=utf-8"),
        file!("admin.js", "text/javascript; charset=utf-8"),
        file!("admin.css", "text/css; charset=utf-8"),
        file!("de.js", "text/javascript; charset=utf-8"),
        file!("theme.js", "text/javascript; charset=utf-8"),
        file!("icon.svg", "image/svg+xml"),
        file!("icon-192.png", "image/png"),
        file!("icon-512.png", "image/png"),
        file!("manifest.webmanifest", "application/manifest+json"),
        file!("service-worker.js", "text/javascript; charset=utf-8"),
        file!("licenses.md", "text/markdown; charset=utf-8"),
    ],
};
