//! actix's prelude, with what is traced in the place of actix's own: `use traced_actor_actix::prelude::*;`.

#[doc(no_inline)]
pub use actix::prelude::*;

#[doc(no_inline)]
pub use crate::{ArbiterService, Context, Supervisor, SyncArbiter, SyncContext, SystemService};
