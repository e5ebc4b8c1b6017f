//! The address of a viewer, as people write it. The program `traced-actor-top` includes this file, too.

/// Returns the address with a host, without the rest of a URL. A port alone is one of the loopback.
pub(crate) fn with_host(address: &str) -> String {
    let address = address.trim();
    let address = address.strip_prefix("http://").unwrap_or(address).split('/').next().unwrap_or_default();
    match address.strip_prefix(':').unwrap_or(address).parse::<u16>() {
        Ok(port) => format!("127.0.0.1:{port}"),
        Err(_) => address.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_the_loopback() {
        for (given, address) in [
            ("4319", "127.0.0.1:4319"),
            (":4319", "127.0.0.1:4319"),
            ("0", "127.0.0.1:0"),
            ("localhost:1", "localhost:1"),
            ("[::1]:4319", "[::1]:4319"),
            ("::1", "::1"),
            ("65536", "65536"),
            ("http://127.0.0.1:4319/", "127.0.0.1:4319"),
            (" http://localhost:1/#/traces ", "localhost:1"),
            ("https://localhost:1", "https:"),
            ("", ""),
        ] {
            assert_eq!(with_host(given), address);
        }
    }
}
