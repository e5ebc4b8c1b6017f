//! `OTEL_EXPORTER_OTLP_CERTIFICATE`, `_CLIENT_CERTIFICATE` and `_CLIENT_KEY`.

use traced_actor_tests::isolated::is_child;

use crate::certificates::Certificates;
use crate::child::{Said, run};
use crate::collector::Collector;

/// The protocol and the authentication of a connection to a collector.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Over {
    Http,
    /// It asks the exporter for its certificate.
    HttpBoth,
    /// gRPC with such a certificate, too.
    Grpc,
}

/// Returns what a child says, and whether its collector got anything. The values of variables are names of files.
async fn export(test: &str, over: Over, files: &[(&str, &str)]) -> Option<(Said, bool)> {
    let name = format!("tls::{test}");
    if is_child() {
        run(&name, &[]).await;
        return None;
    }
    let certificates = Certificates::create(test);
    let collector = match over {
        Over::Http => Collector::http(Some(&certificates), false).await,
        Over::HttpBoth => Collector::http(Some(&certificates), true).await,
        Over::Grpc => Collector::grpc(&certificates).await,
    };
    let (endpoint, protocol) =
        (collector.endpoint("https"), if over == Over::Grpc { "grpc" } else { "http/protobuf" });
    let paths: Vec<_> = files.iter().map(|(name, file)| (*name, certificates.path(file))).collect();
    let mut variables: Vec<(&str, &str)> = vec![
        ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", protocol),
        // One that is not trusted is tried again until then.
        ("OTEL_EXPORTER_OTLP_TIMEOUT", "2000"),
    ];
    variables.extend(paths.iter().map(|(name, path)| (*name, path.as_str())));
    let said = run(&name, &variables).await?;
    let is_received = !collector.take().is_empty();
    assert_eq!(said.is_exported(), is_received, "{}", said.0);
    Some((said, is_received))
}

const CERTIFICATE: (&str, &str) = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "authority.pem");
const OWN: (&str, &str) = ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "client.pem");
const KEY: (&str, &str) = ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "client.key");

#[tokio::test(flavor = "multi_thread")]
async fn the_authority_of_the_certificate_is_trusted() {
    let name = "the_authority_of_the_certificate_is_trusted";
    let Some((said, received)) = export(name, Over::Http, &[CERTIFICATE]).await else { return };
    assert!(received && said.warnings().is_empty(), "{}", said.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_other_is_trusted() {
    let stranger = ("OTEL_EXPORTER_OTLP_CERTIFICATE", "stranger.pem");
    let Some((said, received)) = export("no_other_is_trusted", Over::Http, &[stranger]).await else { return };
    assert!(!received && said.warnings()[0].contains("1 spans were lost"), "{}", said.0);
}

/// Those of the system are, and this one is not among them.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_certificate_the_system_s_are_trusted() {
    let name = "without_a_certificate_the_system_s_are_trusted";
    let Some((said, received)) = export(name, Over::Http, &[]).await else { return };
    assert!(!received && said.warnings()[0].contains("1 spans were lost"), "{}", said.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_exporter_shows_its_own_certificate() {
    let name = "the_exporter_shows_its_own_certificate";
    let Some((said, received)) = export(name, Over::HttpBoth, &[CERTIFICATE, OWN, KEY]).await else { return };
    assert!(received && said.warnings().is_empty(), "{}", said.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_its_certificate_is_not_used() {
    let name = "a_key_without_its_certificate_is_not_used";
    let Some((said, received)) = export(name, Over::HttpBoth, &[CERTIFICATE, KEY]).await else { return };
    assert!(!received, "{}", said.0);
    let warning = said.warnings()[0];
    assert!(warning.starts_with("OTEL_EXPORTER_OTLP_CLIENT_KEY is `"), "{warning}");
    assert!(warning.ends_with("the certificate and its key go together; it is not used"), "{warning}");
}

/// The variables for traces stand above the general ones.
#[tokio::test(flavor = "multi_thread")]
async fn over_grpc_both_certificates_are_used() {
    let files = [
        ("OTEL_EXPORTER_OTLP_CERTIFICATE", "stranger.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", "authority.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", "client.pem"),
        ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", "client.key"),
    ];
    let Some((said, received)) = export("over_grpc_both_certificates_are_used", Over::Grpc, &files).await
    else {
        return;
    };
    assert!(received && said.warnings().is_empty(), "{}", said.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn over_grpc_a_collector_that_asks_for_one_gets_nothing_without() {
    let name = "over_grpc_a_collector_that_asks_for_one_gets_nothing_without";
    let Some((_, received)) = export(name, Over::Grpc, &[CERTIFICATE]).await else { return };
    assert!(!received);
}

/// It is not an error, as for every variable.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_holds_none_is_warned_about() {
    let name = "a_file_that_holds_none_is_warned_about";
    let files =
        [("OTEL_EXPORTER_OTLP_CERTIFICATE", "server.key"), ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "nowhere")];
    let Some((said, received)) = export(name, Over::Http, &files).await else { return };
    assert!(!received, "{}", said.0);
    let warnings = said.warnings();
    assert!(warnings[0].starts_with("OTEL_EXPORTER_OTLP_CERTIFICATE is `"), "{warnings:?}");
    assert!(warnings[0].ends_with("the file has nothing of the kind in PEM; it is not used"), "{warnings:?}");
    assert!(warnings[1].starts_with("OTEL_EXPORTER_OTLP_CLIENT_KEY is `"), "{warnings:?}");
}
