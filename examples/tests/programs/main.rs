//! Runs the examples as their users do.

mod guild;
mod outside;
mod rolling_upgrade;
mod support;
