//! Installing, in processes of its own: each test runs again as a child of itself, with an environment of its
//! own, because a process has one recorder and reads its environment once.

use opentelemetry::trace::{SpanContext, TraceContextExt, TracerProvider};
use opentelemetry::{Context, global};
use opentelemetry_sdk::trace::{
    InMemorySpanExporter, Sampler, SdkTracerProvider, SpanData, TracerProviderBuilder,
};
use traced_actor::context::MessageContext;
use traced_actor::sampling::{self, AlwaysOff, AlwaysOn, ParentBased};
use traced_actor::sync::mpsc::channel;
use traced_actor::{Envelope, TracedExt as _, counters, traced_actor};
use traced_actor_opentelemetry as otel;
use traced_actor_opentelemetry::{ActorSampler, InstallError};
use traced_actor_sampling::jaeger::{JaegerRemote, Strategy};

use traced_actor_tests::isolated::isolated;

fn exporting() -> (InMemorySpanExporter, TracerProviderBuilder) {
    let exporter = InMemorySpanExporter::default();
    (exporter.clone(), SdkTracerProvider::builder().with_simple_exporter(exporter))
}

#[traced_actor]
struct Root;

/// Handles this many messages without a decision.
fn handle_roots(count: usize) {
    for _ in 0..count {
        let (Root, handling) = Envelope::bare(Root).open();
        handling.end_ok();
    }
}

fn finished(exporter: &InMemorySpanExporter) -> Vec<SpanData> {
    exporter.get_finished_spans().unwrap()
}

const RATIO: &[(&str, &str)] =
    &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "0.25")];

#[test]
fn the_environment_s_ratio_is_the_share_that_is_kept() {
    isolated("the_environment_s_ratio_is_the_share_that_is_kept", RATIO, || {
        const ROOTS: u32 = 40_000;

        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        handle_roots(ROOTS as usize);

        let spans = finished(&exporter);
        // Six standard deviations of a binomial distribution, √(np(1−p)) = 86.6: by Chernoff's bound, a correct
        // sampler is outside with a probability below 10⁻⁷.
        let expected = f64::from(ROOTS) * 0.25;
        let deviation = (expected * 0.75).sqrt();
        let kept = f64::from(u32::try_from(spans.len()).unwrap());
        assert!((kept - expected).abs() < 6.0 * deviation, "{kept} of {ROOTS}");

        for span in &spans {
            let random = u128::from_be_bytes(span.span_context.trace_id().to_bytes()) & ((1 << 56) - 1);
            assert!(
                random >= 3 << 54,
                "the rejection threshold of 1/4 is 3/4 of 2⁵⁶: {:?}",
                span.span_context
            );
            let probability =
                span.attributes.iter().find(|attribute| attribute.key.as_str() == "sampling.probability");
            assert_eq!(probability.map(|attribute| attribute.value.clone()), Some(0.25.into()));
        }
        let counters = counters();
        assert_eq!(counters.kept.get("ratio").copied(), Some(spans.len() as u64));
        assert_eq!(counters.received(), u64::from(ROOTS));
    });
}

/// `traceidratio` is asked about every message. It always decides in the same way, because the trace id is the same: what
/// it keeps once, it keeps throughout the trace, and the probability is the ratio and not a power of it.
#[test]
fn a_ratio_that_is_asked_again_in_the_same_trace_makes_no_other_decision() {
    isolated("a_ratio_that_is_asked_again_in_the_same_trace_makes_no_other_decision", RATIO, || {
        const ROOTS: usize = 1000;

        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        for _ in 0..ROOTS {
            let mut envelope = Envelope::bare(Root);
            for _ in 0..3 {
                let (Root, mut handling) = envelope.open();
                envelope = {
                    let _entered = handling.enter();
                    Envelope::capture(Root)
                };
                handling.end_ok();
            }
        }

        let spans = finished(&exporter);
        let traces: Vec<&[SpanData]> =
            spans.chunk_by(|a, b| a.span_context.trace_id() == b.span_context.trace_id()).collect();
        let roots = traces.iter().filter(|trace| trace.len() == 3).count();
        // 250 expected, √(1000·¼·¾) = 13.7.
        assert!((165..335).contains(&roots), "{roots}");
        for span in traces.iter().filter(|trace| trace.len() == 3).copied().flatten() {
            let probability =
                span.attributes.iter().find(|attribute| attribute.key.as_str() == "sampling.probability");
            assert_eq!(probability.map(|attribute| attribute.value.clone()), Some(0.25.into()));
        }
    });
}

/// Plain spans that belong to no message follow the same rule, so the provider's traces agree with the actors'.
#[test]
fn plain_roots_go_by_the_environment_s_ratio_too() {
    isolated("plain_roots_go_by_the_environment_s_ratio_too", RATIO, || {
        let (exporter, builder) = exporting();
        let provider = otel::install(builder).unwrap();
        let tracer = provider.tracer("plain");
        for _ in 0..2000 {
            opentelemetry::trace::Tracer::in_span(&tracer, "root", |_| {
                opentelemetry::trace::Tracer::in_span(&tracer, "child", |_| ());
            });
        }
        let spans = finished(&exporter);
        let roots = spans.iter().filter(|span| span.name == "root").count();
        // 500 expected, √(2000·¼·¾) = 19.4.
        assert!((380..620).contains(&roots), "{roots}");
        assert_eq!(spans.len(), 2 * roots, "a child follows its parent");
        for span in &spans {
            let random = u128::from_be_bytes(span.span_context.trace_id().to_bytes()) & ((1 << 56) - 1);
            assert!(random >= 3 << 54, "{:?}", span.span_context);
        }
    });
}

/// Jaeger's adaptive sampling counts roots by these attributes, whatever made them.
#[test]
fn a_plain_root_says_what_its_sampler_did() {
    isolated("a_plain_root_says_what_its_sampler_did", &[], || {
        let jaeger = JaegerRemote::new();
        jaeger.apply(&Strategy::Probabilistic(1.0));
        sampling::set_sampler(ParentBased::new(jaeger)).unwrap();
        let (exporter, builder) = exporting();
        let provider = otel::install(builder).unwrap();
        let tracer = provider.tracer("plain");
        opentelemetry::trace::Tracer::in_span(&tracer, "root", |_| {
            opentelemetry::trace::Tracer::in_span(&tracer, "child", |_| ());
        });
        let spans = finished(&exporter);
        let [child, root] = &spans[..] else { panic!("{spans:?}") };
        assert!(child.attributes.is_empty(), "{child:?}");
        let found: Vec<_> =
            root.attributes.iter().map(|pair| (pair.key.as_str(), pair.value.to_string())).collect();
        let expected = [
            ("sampling.reason", "ratio"),
            ("sampling.probability", "1"),
            ("sampler.type", "probabilistic"),
            ("sampler.param", "1"),
        ];
        assert_eq!(found, expected.map(|(key, value)| (key, value.to_owned())));
    });
}

/// `always_on` is asked about every message, but not about the recipients that a fan-out left out.
#[test]
fn a_fan_out_s_budget_holds_under_always_on() {
    isolated("a_fan_out_s_budget_holds_under_always_on", &[("OTEL_TRACES_SAMPLER", "always_on")], || {
        const RECIPIENTS: usize = 1000;

        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        let (Root, mut handling) = Envelope::bare(Root).open();
        let recipients: Vec<Envelope<Root>> = {
            let _entered = handling.enter();
            let mut fanout = traced_actor::fanout(RECIPIENTS);
            let _recipients = fanout.enter();
            (0..RECIPIENTS).map(|_| Envelope::capture(Root)).collect()
        };
        handling.end_ok();
        recipients.into_iter().for_each(handle);

        assert_eq!(finished(&exporter).len(), 1 + 10);
        assert_eq!(counters().dropped.get("fanout").copied(), Some(990));
    });
}

#[test]
fn always_off_keeps_nothing() {
    isolated("always_off_keeps_nothing", &[("OTEL_TRACES_SAMPLER", "always_off")], || {
        let (exporter, builder) = exporting();
        otel::install(builder).unwrap();
        handle_roots(10);
        assert_eq!(finished(&exporter).len(), 0);
        assert_eq!(counters().dropped.get("always_off").copied(), Some(10));
    });
}

#[test]
fn a_sampler_that_does_not_exist_is_an_error_that_says_what_to_write() {
    isolated(
        "a_sampler_that_does_not_exist_is_an_error_that_says_what_to_write",
        &[("OTEL_TRACES_SAMPLER", "sometimes")],
        || {
            let error = otel::install(exporting().1).unwrap_err();
            assert!(matches!(error, InstallError::Sampler(_)), "{error:?}");
            assert_eq!(
                error.to_string(),
                "OTEL_TRACES_SAMPLER is `sometimes`: write one of always_on, always_off, traceidratio, \
                 jaeger_remote, parentbased_always_on, parentbased_always_off, parentbased_traceidratio, \
                 parentbased_jaeger_remote (of OpenTelemetry's values, `xray` is not supported)"
            );
            // Nothing was installed, so there is a second chance.
            sampling::set_sampler(ParentBased::new(AlwaysOn)).unwrap();
            otel::install_provider(&SdkTracerProvider::builder().build()).unwrap();
        },
    );
}

#[test]
fn a_sampler_of_another_crate_is_an_error_that_names_the_crate() {
    isolated(
        "a_sampler_of_another_crate_is_an_error_that_names_the_crate",
        &[("OTEL_TRACES_SAMPLER", "parentbased_jaeger_remote")],
        || {
            let error = otel::install(exporting().1).unwrap_err();
            assert_eq!(
                error.to_string(),
                "OTEL_TRACES_SAMPLER is `parentbased_jaeger_remote`: write another sampler, or add the crate that asks \
                 Jaeger, `cargo add traced-actor-sampling --features jaeger-remote`, and call \
                 `traced_actor_sampling::register()` first thing in `main`"
            );
            // As the text says.
            traced_actor_sampling::register();
            otel::install(exporting().1).unwrap();
        },
    );
}

#[test]
fn a_wrong_ratio_is_an_error_that_says_what_to_write() {
    isolated(
        "a_wrong_ratio_is_an_error_that_says_what_to_write",
        &[("OTEL_TRACES_SAMPLER", "traceidratio"), ("OTEL_TRACES_SAMPLER_ARG", "25%")],
        || {
            let error = otel::install(exporting().1).unwrap_err();
            let expected = "OTEL_TRACES_SAMPLER_ARG is `25%`: write a probability from 0 to 1, like 0.25";
            assert_eq!(error.to_string(), expected);
        },
    );
}

#[test]
fn a_sampler_that_the_program_set_is_kept() {
    isolated("a_sampler_that_the_program_set_is_kept", RATIO, || {
        let (exporter, builder) = exporting();
        sampling::set_sampler(AlwaysOff).unwrap();
        otel::install(builder).unwrap();
        handle_roots(100);
        assert_eq!(finished(&exporter).len(), 0);
    });
}

#[test]
fn installing_twice_is_an_error_and_the_first_one_stays() {
    isolated("installing_twice_is_an_error_and_the_first_one_stays", &[], || {
        let (first, builder) = exporting();
        let _provider = otel::install(builder).unwrap();
        let (second, builder) = exporting();
        let error = otel::install(builder).unwrap_err();
        assert_eq!(error, InstallError::AlreadyInstalled);
        assert_eq!(
            error.to_string(),
            "a recorder is already installed; install only one, before the first actor starts"
        );
        handle_roots(1);
        opentelemetry::trace::Tracer::in_span(&global::tracer("global"), "through the global one", |_| ());
        assert_eq!((finished(&first).len(), finished(&second).len()), (2, 0));
    });
}

/// Nothing asks the environment there: the provider's own sampler has the last word.
#[test]
fn a_provider_that_refuses_drops_for_the_reason_recorder() {
    isolated("a_provider_that_refuses_drops_for_the_reason_recorder", &[], || {
        let (exporter, builder) = exporting();
        let provider = builder.with_sampler(Sampler::AlwaysOff).build();
        otel::install_provider(&provider).unwrap();
        handle_roots(10);

        assert_eq!(finished(&exporter).len(), 0);
        let counters = counters();
        assert_eq!(counters.dropped.get("recorder").copied(), Some(10));
        assert_eq!(counters.kept.values().sum::<u64>(), 0, "{counters:?}");
        assert_eq!(counters.received(), 10);
    });
}

/// Messages that are sent under a refused root are unsampled, so the provider is not asked again.
#[test]
fn a_refusal_holds_for_the_whole_trace() {
    isolated("a_refusal_holds_for_the_whole_trace", &[], || {
        let (_, builder) = exporting();
        otel::install_provider(&builder.with_sampler(Sampler::AlwaysOff).build()).unwrap();
        let (Root, mut handling) = Envelope::bare(Root).open();
        let below = {
            let _entered = handling.enter();
            Envelope::capture(Root)
        };
        handling.end_ok();
        assert!(matches!(below.state(), traced_actor::context::ContextState::Unsampled), "{below:?}");
        handle(below);
        assert_eq!(counters().dropped.get("parent").copied(), Some(1));
    });
}

/// Also where a message without a span is received while one with a span is open.
#[test]
fn each_received_message_counts_once() {
    isolated("each_received_message_counts_once", &[], || {
        let (_, builder) = exporting();
        otel::install(builder).unwrap();
        let (outer, mut sampled) = channel::<Root>(1);
        let (inner, mut unsampled) = channel::<Root>(1);
        outer.try_send_envelope(Envelope::bare(Root)).unwrap();
        inner.try_send_envelope(Envelope::new(Root, MessageContext::UNSAMPLED)).unwrap();
        let receive = async {
            sampled.recv().await.unwrap();
            unsampled.recv().await.unwrap();
        };
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(receive.traced());
        let counters = counters();
        assert_eq!(counters.kept.get("always_on").copied(), Some(1));
        assert_eq!(counters.dropped.get("parent").copied(), Some(1));
        assert_eq!(counters.received(), 2);
    });
}

/// A provider of one's own that follows the actors records what they decide.
#[test]
fn a_provider_with_follow_actors_records_what_is_decided() {
    isolated("a_provider_with_follow_actors_records_what_is_decided", &[], || {
        let (exporter, builder) = exporting();
        sampling::set_sampler(ParentBased::new(AlwaysOn)).unwrap();
        otel::install_provider(&builder.with_sampler(ActorSampler).build()).unwrap();
        handle_roots(10);
        let spans = finished(&exporter);
        assert_eq!(spans.len(), 10);
        assert_eq!(counters().kept.get("always_on").copied(), Some(10));
        assert!(spans.iter().all(|span| span.span_context.is_sampled()));
    });
}

/// `install_provider` does not change the global provider, but honours the current context.
#[test]
fn a_foreign_provider_s_span_is_continued() {
    isolated("a_foreign_provider_s_span_is_continued", &[], || {
        let (exporter, builder) = exporting();
        let provider = builder.build();
        otel::install_provider(&provider).unwrap();
        let span = opentelemetry::trace::Tracer::start(&provider.tracer("plain"), "caller");
        let caller: SpanContext = opentelemetry::trace::Span::span_context(&span).clone();
        let _guard = Context::current_with_span(span).attach();
        handle(Envelope::bare(Root));

        let spans = finished(&exporter);
        assert_eq!(spans.len(), 1);
        assert_eq!(spans[0].parent_span_id, caller.span_id());
        assert_eq!(spans[0].span_context.trace_id(), caller.trace_id());
    });
}

fn handle(envelope: Envelope<Root>) {
    let (Root, handling) = envelope.open();
    handling.end_ok();
}
