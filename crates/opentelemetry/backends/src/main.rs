//! Exports the traces of a small shop to each endpoint that it is given (`grpc=http://…` or `http=http://…`), and prints each span that it sends
//! as a line of JSON. `compare.py` compares these with what the backends have.

mod sent;
mod shop;

use std::error::Error;

use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::trace::SdkTracerProvider;
use traced_actor_opentelemetry::{self as otel, BaggageKeys, BatchProcessor};

use sent::Sent;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut builder = SdkTracerProvider::builder().with_span_processor(Sent);
    for endpoint in std::env::args().skip(1) {
        let exporter = match endpoint.split_once('=') {
            Some(("grpc", url)) => SpanExporter::builder().with_tonic().with_endpoint(url).build()?,
            Some(("http", url)) => SpanExporter::builder().with_http().with_endpoint(url).build()?,
            _ => return Err(format!("`{endpoint}` is neither grpc=… nor http=…").into()),
        };
        builder =
            builder.with_span_processor(BatchProcessor::builder(exporter).destination(endpoint).build());
    }
    BaggageKeys::new(["tenant"]).install()?;
    let provider = otel::install(builder)?;
    shop::open_for_a_day().await?;
    tokio::task::spawn_blocking(move || provider.shutdown()).await??;
    Ok(())
}
