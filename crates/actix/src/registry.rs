//! actix's services, one for each system or arbiter, for traced actors.

use std::any::{Any, TypeId};
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use actix::{Actor, Addr, ArbiterHandle, Supervised, System};

use crate::context::Context;
use crate::supervisor::Supervisor;

/// The key of a system's service: the system's number, and the type of the actor.
type Key = (usize, TypeId);

static OF_SYSTEMS: LazyLock<Mutex<HashMap<Key, Box<dyn Any + Send>>>> = LazyLock::new(Mutex::default);

thread_local! {
    static OF_ARBITER: RefCell<HashMap<TypeId, Box<dyn Any>>> = RefCell::default();
}

/// A traced actor that exists once in each system. Replaces [`actix::SystemService`].
pub trait SystemService: Actor<Context = Context<Self>> + Supervised + Default {
    /// Starts the service in an arbiter, under a supervisor.
    fn start_service(arbiter: &ArbiterHandle) -> Addr<Self> {
        Supervisor::start_in_arbiter(arbiter, |context| {
            let mut service = Self::default();
            service.service_started(context);
            service
        })
    }

    /// Prepares the service when it is started. Does nothing by default.
    fn service_started(&mut self, context: &mut Context<Self>) {
        let _ = context;
    }

    /// Returns the address of the current system's service, and starts the service in the system's arbiter if
    /// necessary.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system.
    fn from_registry() -> Addr<Self> {
        let system = System::current();
        let mut all = OF_SYSTEMS.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.get(&key::<Self>(&system)).and_then(|known| known.downcast_ref::<Addr<Self>>());
        if let Some(known) = known {
            return known.clone();
        }
        let started = Self::start_service(system.arbiter());
        all.insert(key::<Self>(&system), Box::new(started.clone()));
        started
    }
}

fn key<A: 'static>(system: &System) -> Key {
    (system.id(), TypeId::of::<A>())
}

/// The services of systems. Replaces [`actix::SystemRegistry`].
#[derive(Debug)]
pub struct SystemRegistry(());

impl SystemRegistry {
    /// Makes this actor the service of the current system.
    ///
    /// # Panics
    ///
    /// Panics if the system already has this service, or outside of an actix system.
    pub fn set<A: SystemService>(address: Addr<A>) {
        let key = key::<A>(&System::current());
        let mut all = OF_SYSTEMS.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = !all.contains_key(&key);
        if is_new {
            all.insert(key, Box::new(address));
        }
        drop(all);
        assert!(is_new, "Actor already started");
    }
}

/// A traced actor that exists once in each arbiter. Replaces [`actix::ArbiterService`].
pub trait ArbiterService: Actor<Context = Context<Self>> + Supervised + Default {
    /// Starts the service in the current arbiter, under a supervisor.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system.
    fn start_service() -> Addr<Self> {
        Supervisor::start(|context| {
            let mut service = Self::default();
            service.service_started(context);
            service
        })
    }

    /// Prepares the service when it is started. Does nothing by default.
    fn service_started(&mut self, context: &mut Context<Self>) {
        let _ = context;
    }

    /// Returns the address of the current arbiter's service, and starts the service if necessary.
    ///
    /// # Panics
    ///
    /// Panics outside of an actix system.
    fn from_registry() -> Addr<Self> {
        let id = TypeId::of::<Self>();
        let known = |all: &RefCell<HashMap<_, Box<dyn Any>>>| all.borrow().get(&id)?.downcast_ref().cloned();
        OF_ARBITER.with(known).unwrap_or_else(|| {
            let started = Self::start_service();
            OF_ARBITER.with_borrow_mut(|all| all.insert(id, Box::new(started.clone())));
            started
        })
    }
}

/// The services of an arbiter. Replaces [`actix::Registry`](actix::registry::Registry).
#[derive(Debug)]
pub struct Registry(());

impl Registry {
    /// Makes this actor the service of the current arbiter.
    ///
    /// # Panics
    ///
    /// Panics if the arbiter already has this service.
    pub fn set<A: ArbiterService>(address: Addr<A>) {
        let id = TypeId::of::<A>();
        OF_ARBITER.with_borrow_mut(|all| {
            assert!(!all.contains_key(&id), "Actor already started");
            all.insert(id, Box::new(address));
        });
    }
}
