//! actix's prelude, with traced types instead of actix's own: `use traced_actor_actix::prelude::*;`.

#[doc(no_inline)]
pub use actix::prelude::*;

#[doc(no_inline)]
pub use crate::{ArbiterService, Context, Supervisor, SyncArbiter, SyncContext, SystemService};
