//! Tests of what is not public.

#[cfg(feature = "otlp-http")]
mod http;
mod ring;
