//! The mode `headers`: the context beside the message's bytes, which stay what they always were.
