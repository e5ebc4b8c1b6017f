//! An empty library. The package only has tests.
