//! The files of the page, which are compiled into the program.

/// The path, the type and the text of a file.
type File = (&'static str, &'static str, &'static str);

const SCRIPT: &str = "text/javascript; charset=utf-8";

const FILES: &[File] = &[
    ("/", "text/html; charset=utf-8", include_str!("../../page/index.html")),
    ("/style.css", "text/css; charset=utf-8", include_str!("../../page/style.css")),
    ("/icon.svg", "image/svg+xml", include_str!("../../page/icon.svg")),
    ("/main.js", SCRIPT, include_str!("../../page/main.js")),
    ("/dom.js", SCRIPT, include_str!("../../page/dom.js")),
    ("/format.js", SCRIPT, include_str!("../../page/format.js")),
    ("/actors.js", SCRIPT, include_str!("../../page/actors.js")),
    ("/instances.js", SCRIPT, include_str!("../../page/instances.js")),
    ("/open.js", SCRIPT, include_str!("../../page/open.js")),
    ("/traces.js", SCRIPT, include_str!("../../page/traces.js")),
    ("/trace.js", SCRIPT, include_str!("../../page/trace.js")),
    ("/rows.js", SCRIPT, include_str!("../../page/rows.js")),
    ("/detail.js", SCRIPT, include_str!("../../page/detail.js")),
    ("/compare.js", SCRIPT, include_str!("../../page/compare.js")),
    ("/api", "text/plain; charset=utf-8", include_str!("../../page/api.txt")),
];

/// Returns a file's type and text.
pub(crate) fn file(path: &str) -> Option<(&'static str, &'static str)> {
    FILES.iter().find(|(of, ..)| *of == path).map(|(_, content_type, text)| (*content_type, *text))
}
