//! An authority, and what it has signed for a collector and for an exporter, as files.

use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedKey, DnType, IsCa, KeyPair};

/// Files in PEM, until this is dropped.
pub(crate) struct Certificates {
    folder: PathBuf,
}

impl Certificates {
    pub(crate) fn create(test: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("traced-actor-{}-{test}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder can be made");
        let this = Self { folder };
        let authority = authority();
        this.write("authority.pem", &authority.cert.pem());
        this.write("stranger.pem", &self::authority().cert.pem());
        for (name, host) in [("server", "127.0.0.1"), ("client", "exporter")] {
            let key = KeyPair::generate().expect("a key");
            let params = CertificateParams::new([host.to_owned()]).expect("a name");
            let signed = params.signed_by(&key, &authority.cert, &authority.key_pair).expect("it is signed");
            this.write(&format!("{name}.pem"), &signed.pem());
            this.write(&format!("{name}.key"), &key.serialize_pem());
        }
        this
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.join(name), text).expect("it can be written");
    }

    /// Returns the name of a file.
    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(Path::new(&self.path(name))).expect("it is there")
    }
}

impl Drop for Certificates {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn authority() -> CertifiedKey {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, "an authority");
    let key_pair = KeyPair::generate().expect("a key");
    CertifiedKey { cert: params.self_signed(&key_pair).expect("it is signed"), key_pair }
}
