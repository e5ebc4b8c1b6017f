//! `traced-actor`, directly to a processor like the one that the program by hand reaches through a provider.

use traced_actor_opentelemetry::{DirectRecorder, install_direct};

use super::provider;

pub(crate) fn install() {
    let direct = DirectRecorder::new(provider::processor());
    provider::set(install_direct(&direct).expect("nothing else is installed in this process"));
}
