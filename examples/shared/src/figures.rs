//! The figures that the nodes counted themselves.

use std::collections::HashMap;

/// A number for each name.
pub type Figures = HashMap<String, u64>;
