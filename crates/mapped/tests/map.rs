//! Values that are written to the mapped words are in the file, and an earlier file is kept.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::Ordering::Relaxed;

use traced_actor_mapped::{before, map};

/// A directory that is removed in the end.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("traced-actor-mapped-{}-{name}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn what_is_stored_is_in_the_file() {
    let directory = Directory::new("stored");
    let path = directory.0.join("words");
    let words = map(&path, 5000).unwrap();
    assert_eq!(words.len(), 8192 / 8, "two pages");
    assert!(words.iter().all(|word| word.load(Relaxed) == 0));
    words[0].store(7, Relaxed);
    words[1023].store(u64::MAX, Relaxed);
    let bytes = fs::read(&path).unwrap();
    assert_eq!(bytes.len(), 8192);
    assert_eq!((&bytes[..8], &bytes[8184..]), (&7_u64.to_ne_bytes()[..], &[0xff; 8][..]));
}

#[test]
fn an_earlier_file_is_kept_once() {
    let directory = Directory::new("kept");
    let path = directory.0.join("words");
    for number in 1..=3 {
        map(&path, 1).unwrap()[0].store(number, Relaxed);
    }
    let first = |path: PathBuf| fs::read(path).unwrap()[0];
    assert_eq!((first(path.clone()), first(before(&path))), (3, 2));
    assert_eq!(fs::read_dir(&directory.0).unwrap().count(), 2);
}

#[test]
fn what_has_no_room_is_an_error_and_leaves_no_file() {
    let directory = Directory::new("room");
    let path = directory.0.join("words");
    for bytes in [u64::MAX, u64::MAX / 2 - 4096] {
        assert!(map(&path, bytes).is_err());
    }
    assert!(map(directory.0.join("no/such/place"), 4096).is_err());
    assert!(!path.exists());
}
