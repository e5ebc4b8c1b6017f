//! Where traces come in, are thinned, and go to other nodes: headers, sampling, and the rollout of a fleet.

mod propagation;
mod rollout;
mod sampling;
