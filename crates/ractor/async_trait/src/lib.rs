//! Nothing: what is here is a test.
