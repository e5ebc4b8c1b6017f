//! The edges of a program, where traces come in, are sampled, and go to other nodes: headers, sampling, and the rollout
//! of a fleet.

mod propagation;
mod rollout;
mod sampling;
