//! The trust of a process in all others of a kind, such as the nodes of its cluster.

use std::fmt;
use std::sync::OnceLock;

use crate::Edge;

/// An [`Edge`] for a whole process, which a program sets at most once. For adapters of clusters.
///
/// ```
/// use traced_actor_propagation::{Edge, ProcessEdge, Trust};
///
/// static CLUSTER: ProcessEdge = ProcessEdge::new("cluster");
///
/// CLUSTER.set(Edge::new("cluster").trust(Trust::Ids))?;
/// assert!(CLUSTER.set(Edge::new("cluster")).is_err());
/// # Ok::<(), traced_actor_propagation::EdgeAlreadySet>(())
/// ```
#[derive(Debug)]
pub struct ProcessEdge {
    edge: OnceLock<Edge>,
    name: &'static str,
}

impl ProcessEdge {
    /// Creates an edge with this name and full trust, until another one is set.
    pub const fn new(name: &'static str) -> Self {
        Self { edge: OnceLock::new(), name }
    }

    /// Sets the edge.
    ///
    /// # Errors
    ///
    /// Returns an error if it was already set or used.
    pub fn set(&self, edge: Edge) -> Result<(), EdgeAlreadySet> {
        self.edge.set(edge).map_err(|_| EdgeAlreadySet)
    }

    /// Returns the edge.
    pub fn get(&self) -> &Edge {
        self.edge.get_or_init(|| Edge::new(self.name))
    }
}

/// The error of setting an edge too late, after it was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EdgeAlreadySet;

impl fmt::Display for EdgeAlreadySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "the edge of this process is already set; set it once, before the first message of another node",
        )
    }
}

impl std::error::Error for EdgeAlreadySet {}
