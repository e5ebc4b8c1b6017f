//! Writes the seed corpus: `cargo run --example seeds`, once, before `RUSTC_BOOTSTRAP=1 cargo fuzz run <target>`.

use std::fs;
use std::path::Path;

use traced_actor_fuzz::seeds;

/// A few headers for each parser of them.
const HEADERS: [(&str, &[&str]); 8] = [
    (
        "traceparent",
        &[
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03",
            "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ],
    ),
    ("tracestate", &["ta=w:0.5;h:3,ot=th:8;rv:00000000000001,vendor=x", " a=1 ,, b@c=2"]),
    ("baggage", &["user=alice%20b;ttl=30,tier=gold", "user=alice;;\tttl = 30"]),
    ("b3", &["0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-d-05e3ac9a4f6e3b90", "0"]),
    ("jaeger", &["0af7651916cd43dd8448eb211c80319c%3Ab7ad6b7169203331:0:3"]),
    ("xray", &["Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=?;Lineage=a:1|b:2"]),
    (
        "browser",
        &[
            "traceparent=00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01&tracestate=a%3D1",
            "chat, traceparent.00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ],
    ),
    // The first byte of a line names the header.
    (
        "edge",
        &[
            "\u{0}00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-03\n\u{1}ta=w:0.5;h:3\n\u{2}a=1\n\u{3}0\n\u{9}b",
        ],
    ),
];

fn write(target: &str, seeds: impl IntoIterator<Item = impl AsRef<[u8]>>) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the corpus can be written");
    for (i, seed) in seeds.into_iter().enumerate() {
        fs::write(folder.join(i.to_string()), seed).expect("the corpus can be written");
    }
}

fn main() {
    for (target, seeds) in seeds::wire() {
        write(target, seeds);
    }
    for (target, seeds) in HEADERS {
        write(&format!("propagation_{target}"), seeds);
    }
}
