//! The console's exporter as a span processor, for the spans of a tracer provider.

use std::time::Duration;

use opentelemetry::Context;
use opentelemetry::trace::Span as _;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};

use traced_actor::TraceId;
use traced_actor_opentelemetry::finished_span;

use crate::ConsoleExporter;

impl SpanProcessor for ConsoleExporter {
    fn on_start(&self, span: &mut Span, _: &Context) {
        let context = span.span_context();
        if context.is_sampled()
            && context.is_valid()
            && let Some(trace) = TraceId::from_bytes(context.trace_id().to_bytes())
        {
            self.started(trace);
        }
    }

    fn on_end(&self, span: SpanData) {
        if span.span_context.is_sampled()
            && let Some(span) = finished_span(&span)
        {
            self.finished(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.flush();
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        self.force_flush()
    }
}

#[cfg(test)]
mod tests {
    use crate::ConsoleBuilder;
    use crate::tests::Output;

    #[test]
    fn a_tracer_provider_s_spans_are_printed_whatever_made_them() {
        use opentelemetry::trace::{Span as _, SpanContext, Status, TraceContextExt, Tracer, TracerProvider};
        use opentelemetry::{Context, KeyValue, trace};

        let output = Output::default();
        let (console, exporter) = ConsoleBuilder::new().writer(output.clone()).start().unwrap();
        let provider =
            opentelemetry_sdk::trace::SdkTracerProvider::builder().with_span_processor(exporter).build();
        let tracer = provider.tracer("test");
        let linked = SpanContext::new(
            trace::TraceId::from_bytes([0xab; 16]),
            trace::SpanId::from_bytes([1; 8]),
            trace::TraceFlags::SAMPLED,
            false,
            trace::TraceState::default(),
        );

        let parent = tracer.start("GET /guilds/{id}");
        let parent = Context::new().with_span(parent);
        let builder = tracer
            .span_builder(format!("Guild/{}", "Post"))
            .with_attributes([KeyValue::new("actor.mailbox.wait", 0.25), KeyValue::new("channel", 7)])
            .with_links(vec![trace::Link::with_context(linked)]);
        let mut child = tracer.build_with_context(builder, &parent);
        child.set_attribute(KeyValue::new("error.type", "guild::Error"));
        child.set_status(Status::error("no such channel"));
        child.end();
        console.flush(); // the parent is open still
        parent.span().end();
        provider.force_flush().unwrap();

        let text = output.text();
        let parts: Vec<&str> = text.split_terminator("\n\n").collect();
        let [first, second] = parts[..] else { panic!("{text}") };
        let lines: Vec<&str> = first.lines().collect();
        assert!(lines[0].ends_with(" · 1 span · 1 failed"), "{text}");
        assert!(lines[2].starts_with("┄─ Guild/Post") && lines[2].contains("   250 ms  "), "{text}");
        assert_eq!(
            lines[3..],
            [
                "      channel=7",
                "      ✗ guild::Error: no such channel",
                "      ↪ linked to abababab…",
                "… 1 span has not ended yet",
                "┄─ the parent is not here: remote, still open, or not recorded",
            ]
        );
        assert!(second.contains("\nGET /guilds/{id} "), "{text}");
    }
}
