//! TLS as the variables have it: whom the exporter trusts, and its own certificate.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use opentelemetry_otlp::tonic_types::transport::{Certificate, ClientTlsConfig, Identity};
use opentelemetry_otlp::{WithHttpConfig, WithTonicConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use super::check::EnvWarning;
use crate::batch::otlp_variable;

/// Certificates in PEM, from the files that the variables name.
#[derive(Debug, Default)]
pub(super) struct Tls {
    /// Those that the collector's is signed by. The system's, if there are none.
    roots: Option<Vec<u8>>,
    client: Option<Client>,
}

/// The certificate that the exporter shows, and its key.
struct Client {
    certificate: Vec<u8>,
    key: Vec<u8>,
}

impl Tls {
    /// Reads the files. One that cannot be used is warned about, and left out.
    pub(super) fn read(warnings: &mut Vec<EnvWarning>) -> Self {
        let mut file = |name, is_usable: fn(&[u8]) -> bool| {
            let (variable, path) = otlp_variable(name)?;
            let reason = match std::fs::read(Path::new(&path)) {
                Ok(pem) if is_usable(&pem) => return Some(pem),
                Ok(_) => "the file has nothing of the kind in PEM".to_owned(),
                Err(error) => error.to_string(),
            };
            warnings.push(EnvWarning::new(&variable, &path, format!("{reason}; it is not used")));
            None
        };
        let roots = file("CERTIFICATE", has_certificate);
        let client = (file("CLIENT_CERTIFICATE", has_certificate), file("CLIENT_KEY", has_key));
        let client = match client {
            (Some(certificate), Some(key)) => Some(Client { certificate, key }),
            (None, None) => None,
            (certificate, _) => {
                let given = if certificate.is_some() { "CLIENT_CERTIFICATE" } else { "CLIENT_KEY" };
                if let Some((variable, path)) = otlp_variable(given) {
                    let reason = "the certificate and its key go together; it is not used";
                    warnings.push(EnvWarning::new(&variable, &path, reason));
                }
                None
            }
        };
        Self { roots, client }
    }

    /// Makes an exporter of gRPC use it.
    pub(super) fn over_grpc<B: WithTonicConfig>(&self, builder: B) -> B {
        let mut config = ClientTlsConfig::new();
        config = match &self.roots {
            Some(roots) => config.ca_certificate(Certificate::from_pem(roots)),
            None => config.with_native_roots(),
        };
        if let Some(Client { certificate, key }) = &self.client {
            config = config.identity(Identity::from_pem(certificate, key));
        }
        builder.with_tls_config(config)
    }

    /// Makes an exporter of HTTP use it.
    pub(super) fn over_http<B: WithHttpConfig>(&self, builder: B, timeout: Duration) -> Result<B, String> {
        let config = self.client_config()?;
        let client = || {
            let client =
                reqwest::blocking::Client::builder().timeout(timeout).tls_backend_preconfigured(config);
            client.build().map_err(|error| error.to_string())
        };
        // Of its own, for the client blocks while it is made, which it may not within a runtime.
        let built = thread::scope(|scope| scope.spawn(client).join());
        let client = built.unwrap_or_else(|_| Err("the client could not be made".to_owned()))?;
        Ok(builder.with_http_client(client))
    }

    fn client_config(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        match &self.roots {
            Some(pem) => roots.add_parsable_certificates(certificates(pem)),
            None => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
        };
        // Named, for a program may have several.
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?
            .with_root_certificates(roots);
        match &self.client {
            None => Ok(builder.with_no_client_auth()),
            Some(Client { certificate, key }) => {
                let key = PrivateKeyDer::from_pem_slice(key).map_err(|error| error.to_string())?;
                builder
                    .with_client_auth_cert(certificates(certificate), key)
                    .map_err(|error| error.to_string())
            }
        }
    }
}

fn certificates(pem: &[u8]) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem).filter_map(Result::ok).collect()
}

fn has_certificate(pem: &[u8]) -> bool {
    !certificates(pem).is_empty()
}

fn has_key(pem: &[u8]) -> bool {
    PrivateKeyDer::from_pem_slice(pem).is_ok()
}

/// Prints no key.
impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Client")
    }
}
