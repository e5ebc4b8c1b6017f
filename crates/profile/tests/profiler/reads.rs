//! Reads the published data as a profiler does.

use std::fs;

use crate::elf::thread_local;
use crate::memory::{Memory, mapping};
use crate::protobuf::{fields, pair};
use crate::stopped::thread_pointer;
use crate::subject::Subject;

/// The record of a thread: the trace id, the span id, the flags, and the attributes by their number.
type Record = (String, String, u8, Vec<(u8, String)>);

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// Reads the record that the pointer at this address leads to, in the layout of OTEP 4947.
fn record(memory: &Memory, slot: u64) -> Option<Record> {
    let address = memory.number(slot);
    if address == 0 {
        return None;
    }
    assert_eq!(address % 2, 0, "aligned to two bytes");
    let head = memory.read(address, 28);
    if head[24] != 1 {
        return None;
    }
    let length = u16::from_ne_bytes([head[26], head[27]]);
    let data = memory.read(address + 28, length.into());
    let mut rest = &data[..];
    let mut attributes = Vec::new();
    while let [key, length, after @ ..] = rest {
        let (value, after) = after.split_at_checked(usize::from(*length)).expect("a whole attribute");
        attributes.push((*key, String::from_utf8(value.to_vec()).expect("UTF-8")));
        rest = after;
    }
    Some((hex(&head[..16]), hex(&head[16..24]), head[25], attributes))
}

#[test]
fn a_profiler_reads_what_each_thread_works_on() {
    let subject = Subject::start();
    let file = fs::read(format!("/proc/{}/exe", subject.id())).expect("it runs");
    let symbol = thread_local(&file, "otel_thread_ctx_v1").expect("the symbol is exported");
    assert_eq!(thread_local(&file, "otel_thread_ctx_v2"), None);
    let memory = Memory::of(subject.id()).expect("it is a child of this process");
    let mut seen = Vec::new();
    for said in &subject.said {
        let pointer = match thread_pointer(said.thread) {
            Ok(pointer) => pointer,
            Err(error) => {
                assert!(std::env::var_os("REQUIRE_PTRACE").is_none(), "{error}");
                eprintln!("skipped: needs ptrace ({error})");
                return;
            }
        };
        let found = record(&memory, symbol.address(pointer));
        seen.push(said.what.clone());
        if said.what == "outside" {
            assert_eq!(found, None);
            continue;
        }
        let kind = match &*said.what {
            "sampled" => "Sampled",
            "unsampled" => "Unsampled",
            _ => "Spawns",
        };
        let is_sampled = said.what != "unsampled";
        assert_eq!(is_sampled, said.trace != "0".repeat(32), "{said:?}");
        let (trace, span, flags, attributes) = found.unwrap_or_else(|| panic!("{said:?}"));
        assert_eq!(
            (trace, span, flags & 1 == 1),
            (said.trace.clone(), said.span.clone(), is_sampled),
            "{said:?}"
        );
        assert_eq!(attributes[1..], [(1, "Guild".to_owned()), (2, kind.to_owned())], "{said:?}");
    }
    seen.sort();
    assert_eq!(seen, ["blocking", "outside", "sampled", "task", "unsampled"]);
}

/// Reads the names from the process context, in the layout of OTEP 4719.
#[test]
fn a_profiler_reads_what_the_process_is() {
    let subject = Subject::start();
    let address = mapping(subject.id(), "/memfd:OTEL_CTX").expect("it is published");
    let memory = Memory::of(subject.id()).expect("it is a child of this process");
    let header = memory.read(address, 32);
    assert_eq!(&header[..8], b"OTEL_CTX");
    assert_eq!(u32::from_ne_bytes(header[8..12].try_into().expect("4 bytes")), 2);
    let size = u32::from_ne_bytes(header[12..16].try_into().expect("4 bytes"));
    assert_ne!(memory.number(address + 16), 0, "nothing is being changed");
    let payload = memory.read(memory.number(address + 24), usize::try_from(size).expect("small"));
    let (mut resource, mut others) = (Vec::new(), Vec::new());
    for (number, field) in fields(&payload) {
        match number {
            1 => resource.extend(fields(field).into_iter().map(|(_, attribute)| pair(attribute))),
            2 => others.push(pair(field)),
            _ => panic!("field {number}"),
        }
    }
    assert_eq!(resource, [("service.name".to_owned(), "subject".to_owned())]);
    let expected = [
        ("threadlocal.schema_version", "tlsdesc_v1_dev"),
        ("threadlocal.attribute_key_map", "local_root_span_id,actor.name,actor.message.kind"),
    ];
    assert_eq!(others, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

/// Checks in this process that an update keeps the mapping and changes its time stamp.
#[test]
fn what_is_published_again_replaces_what_was() {
    let own = std::process::id();
    let published = |version: &str| {
        traced_actor_profile::publish_process(&[("service.name", "again"), ("service.version", version)])
            .expect("memory");
        let address = mapping(own, "/memfd:OTEL_CTX").expect("it is published");
        let memory = Memory::of(own).expect("it is this process");
        let at = memory.number(address + 16);
        let size = memory.number(address + 8) >> 32;
        let payload = memory.read(memory.number(address + 24), usize::try_from(size).expect("small"));
        let has = |text: &str| payload.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(has("again") && has(version));
        (address, at)
    };
    let (first, second) = (published("1.0.0"), published("a longer one, 1.0.1"));
    assert_eq!(first.0, second.0);
    assert!(first.1 < second.1);
    let maps = fs::read_to_string("/proc/self/maps").expect("Linux");
    assert_eq!(maps.matches("OTEL_CTX").count(), 1);
}
