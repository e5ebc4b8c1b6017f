//! Messages as trace events of Chrome's format.

use std::fmt::Write as _;

use super::model::{FileSends, FileSpan, FlightFile};
use super::text::{push_string, push_value};

/// Returns a JSON object with all messages. Each is a complete event of its thread, and one that had not ended only
/// begins.
pub(super) fn events(file: &FlightFile) -> String {
    let mut to = String::from("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    let mut comma = "";
    for thread in &file.threads {
        let _ = write!(
            to,
            "{comma}{{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":{},\"tid\":{},\"args\":{{\"name\":",
            file.process, thread.number
        );
        push_string(&mut to, &thread.name);
        to.push_str("}}");
        comma = ",";
    }
    for (span, is_open) in file.all() {
        to.push_str(comma);
        push_event(&mut to, file.process, span, is_open);
        comma = ",";
    }
    to.push_str("]}");
    to
}

fn push_event(to: &mut String, process: u32, of: &FileSpan, is_open: bool) {
    let FileSpan { span, thread, sends } = of;
    to.push_str("{\"name\":");
    push_string(to, span.name);
    let phase = if is_open { "B" } else { "X" };
    let _ = write!(to, ",\"cat\":\"actor\",\"ph\":\"{phase}\",\"pid\":{process},\"tid\":{thread},\"ts\":");
    push_micros(to, span.start.unix_nanos());
    if !is_open {
        to.push_str(",\"dur\":");
        push_micros(to, span.end.unix_nanos().saturating_sub(span.start.unix_nanos()));
    }
    let _ = write!(
        to,
        ",\"args\":{{\"trace_id\":\"{}\",\"span_id\":\"{}\"",
        span.context.trace_id, span.context.span_id
    );
    for (name, value) in &span.attributes {
        to.push(',');
        push_string(to, name);
        to.push(':');
        push_value(to, value);
    }
    for FileSends { message, count, .. } in sends {
        to.push(',');
        push_string(to, &format!("sent {message}"));
        let _ = write!(to, ":{count}");
    }
    if let Some(error) = &span.error {
        to.push_str(",\"error\":");
        push_string(to, error);
    }
    to.push_str("}}");
}

/// Appends a time in microseconds, with its fraction.
fn push_micros(to: &mut String, nanos: u64) {
    let _ = write!(to, "{}.{:03}", nanos / 1000, nanos % 1000);
}
