//! ractor's own attributes on a message. They are taken off the user's type and stand on what ractor's derive goes on to read.

use syn::{Attribute, Path};

use crate::attrs::take_derives;
use crate::errors::Errors;

/// The derive of a message that goes between nodes, and of one that does not.
const CLUSTER: &str = "RactorClusterMessage";
const LOCAL: &str = "RactorMessage";

/// What ractor's attributes said.
pub(crate) struct Ractor {
    /// The derive of a message that goes between nodes, as written.
    pub(crate) cluster: Option<Path>,
    /// One entry a variant: its `#[rpc]`.
    pub(crate) rpc: Vec<Option<Attribute>>,
}

impl Ractor {
    /// Takes ractor's derives out of the type's attributes and `#[rpc]` out of each variant's; `None` where ractor's derive has run
    /// already, and the message is its.
    pub(crate) fn take<'a>(
        attrs: &mut Vec<Attribute>,
        variants: impl Iterator<Item = &'a mut Vec<Attribute>>,
        errors: &Errors,
    ) -> Option<Self> {
        let cluster = take_derives(attrs, is_ractor).into_iter().find(|path| is(path, CLUSTER));
        let of = Self { cluster, rpc: variants.map(take_rpc).collect() };
        of.derive_is_seen(errors).then_some(of)
    }

    /// Returns whether the derive is in view. One that stands above has run, and is not there to be seen; its `#[rpc]` is.
    fn derive_is_seen(&self, errors: &Errors) -> bool {
        let Some(rpc) = self.rpc.iter().flatten().next().filter(|_| self.cluster.is_none()) else {
            return true;
        };
        errors.at(
            rpc,
            "no `#[derive(RactorClusterMessage)]` is in view: write `#[traced_actor(ractor)]` above it",
        );
        false
    }
}

fn is_ractor(derive: &Path) -> bool {
    is(derive, CLUSTER) || is(derive, LOCAL)
}

fn is(derive: &Path, name: &str) -> bool {
    derive.segments.last().is_some_and(|last| last.ident == name)
}

fn take_rpc(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let at = attrs.iter().position(|attr| attr.path().is_ident("rpc"))?;
    Some(attrs.remove(at))
}
