//! Real brokers, a database and a browser for tests and examples: each on a free port of the loopback interface, with a folder of its own. What is missing is
//! installed by `install`, beside this package's `Cargo.toml`.

mod browser;
mod folder;
mod kafka;
mod postgres;
mod server;
mod watcher;

pub use browser::Browser;
pub use folder::Folder;
pub use kafka::kafka;
pub use postgres::postgres;
pub use server::{Server, as_user, free_port, is_root, program};
