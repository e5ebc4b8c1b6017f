//! Removes ractor's own attributes from a message.
//!
//! The generated code puts them on the type that ractor's derive then reads.

use syn::{Attribute, Path};

use crate::attrs::take_derives;
use crate::errors::Errors;

/// The derive of a message that is sent between nodes, and of one that is not.
const CLUSTER: &str = "RactorClusterMessage";
const LOCAL: &str = "RactorMessage";

/// The contents of ractor's attributes.
pub(crate) struct Ractor {
    /// The derive of a message that is sent between nodes, as written.
    pub(crate) cluster: Option<Path>,
    /// The `#[rpc]` of each variant.
    pub(crate) rpc: Vec<Option<Attribute>>,
}

impl Ractor {
    /// Removes ractor's derives from the type, and `#[rpc]` from its variants.
    ///
    /// Returns `None` if ractor's derive has already run. The message then belongs to ractor's derive.
    pub(crate) fn take<'a>(
        attrs: &mut Vec<Attribute>,
        variants: impl Iterator<Item = &'a mut Vec<Attribute>>,
        errors: &Errors,
    ) -> Option<Self> {
        let cluster = take_derives(attrs, is_ractor).into_iter().find(|path| is(path, CLUSTER));
        let of = Self { cluster, rpc: variants.map(take_rpc).collect() };
        of.derive_is_seen(errors).then_some(of)
    }

    /// Returns whether the derive is visible.
    ///
    /// A derive above the attribute has already run and is gone, but its `#[rpc]` is still there.
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
