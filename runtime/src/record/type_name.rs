//! Readable names for types, from the result of `std::any::type_name`.
//!
//! Paths are removed from a name. A type that only wraps a message gets the message's name: `Option<T>`, `Result<T,
//! E>`, `Box<T>` and a tuple of a command and its reply channel. A collection is named with its content. Other
//! arguments are left out.

/// Returns the name in a readable form: `Order` for `(shop::Order, tokio::sync::oneshot::Sender<u32>)`.
pub(super) fn readable(name: &str) -> String {
    Reader { rest: name, depth: 0 }.ty()
}

/// Types that only wrap their content.
const WRAPPERS: [&str; 9] = ["Option", "Result", "Box", "Arc", "Rc", "Pin", "Cow", "Envelope", "Reverse"];

/// The crates that define them.
const CRATES: [&str; 4] = ["core::", "alloc::", "std::", "traced_actor::envelope::"];

/// Types that contain many values.
const COLLECTIONS: [&str; 9] =
    ["Vec", "VecDeque", "HashMap", "HashSet", "BTreeMap", "BTreeSet", "BinaryHeap", "LinkedList", "SmallVec"];

/// Types that accompany a command in a tuple and do not describe it.
const BESIDE: [&str; 7] =
    ["Sender", "UnboundedSender", "SyncSender", "WeakSender", "Span", "Instant", "TraceContext"];

/// The maximum depth of nested types that a name shows.
const MAX_DEPTH: usize = 16;

/// Reads one type after the other.
struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn ty(&mut self) -> String {
        self.depth += 1;
        let name = if self.depth > MAX_DEPTH { String::new() } else { self.nested() };
        self.depth -= 1;
        name
    }

    fn nested(&mut self) -> String {
        for pointer in ["&", "*const ", "*mut "] {
            if self.takes(pointer) {
                self.skip_lifetime();
                let mutable = if self.takes("mut ") { "mut " } else { "" };
                return format!("{pointer}{mutable}{}", self.ty());
            }
        }
        if self.takes("dyn ") {
            return self.bounds();
        }
        if self.takes("(") {
            let before = self.rest;
            let parts = self.list(")");
            let read = before.strip_suffix(self.rest).unwrap_or(before);
            return match parts.as_slice() {
                // A bound in parentheses.
                [one] if !read.ends_with(",)") => one.clone(),
                parts => tuple(parts),
            };
        }
        if self.takes("[") {
            let element = self.ty();
            let length = self.until("]").to_owned();
            self.takes("]");
            return format!("[{element}{length}]");
        }
        self.path()
    }

    /// Reads `dyn core::ops::FnOnce(a::B) -> a::C + Send`. The first bound gives the name.
    fn bounds(&mut self) -> String {
        let name = self.path();
        while self.takes(" + ") {
            self.path();
        }
        name
    }

    /// Reads a path with arguments, or a function.
    fn path(&mut self) -> String {
        if self.takes("for<") {
            self.until(">");
            self.takes("> ");
        }
        let mut name = String::new();
        loop {
            // Also `<T as Trait>::Output` and `{{closure}}`.
            let end =
                self.rest.find(['<', '>', '(', ')', '[', ']', ',', ' ', ';']).unwrap_or(self.rest.len());
            let (path, rest) = self.rest.split_at(end);
            self.rest = rest;
            if let Some(last) = path.rsplit("::").next().filter(|last| !last.is_empty()) {
                last.trim_matches(['{', '}']).clone_into(&mut name);
            }
            if self.takes("<") {
                let arguments = self.list(">");
                name = generic(&name, &arguments, path);
                if self.rest.starts_with("::") {
                    continue;
                }
                return name;
            }
            if self.takes("(") {
                let inputs = self.list(")").join(", ");
                let output = if self.takes(" -> ") { format!(" -> {}", self.ty()) } else { String::new() };
                return format!("{name}({inputs}){output}");
            }
            return name;
        }
    }

    /// Reads types that are separated by commas, up to the closing bracket.
    fn list(&mut self, close: &str) -> Vec<String> {
        let mut types = Vec::new();
        while !self.rest.is_empty() && !self.takes(close) {
            let before = self.rest.len();
            types.push(self.ty());
            // `Iterator<Item = T>`, `<T as Trait>`, and anything else that is not known here.
            if self.takes(" = ") || self.takes(" as ") {
                types.pop();
                types.push(self.ty());
            }
            self.takes(",");
            self.takes(" ");
            if self.rest.len() == before {
                self.skip();
            }
        }
        types
    }

    fn takes(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Skips `'a ` after a `&`.
    fn skip_lifetime(&mut self) {
        if self.rest.starts_with('\'') {
            self.until(" ");
            self.takes(" ");
        }
    }

    fn until(&mut self, close: &str) -> &str {
        let end = self.rest.find(close).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        text
    }

    fn skip(&mut self) {
        let mut chars = self.rest.chars();
        chars.next();
        self.rest = chars.as_str();
    }
}

fn generic(name: &str, arguments: &[String], path: &str) -> String {
    // A type of the user's may have the same name.
    let wraps = WRAPPERS.contains(&name) && CRATES.iter().any(|of| path.starts_with(of));
    let held: Vec<&str> = arguments
        .iter()
        .map(String::as_str)
        .filter(|held| !held.is_empty() && !held.starts_with('\''))
        .collect();
    match held.first() {
        Some(held) if wraps && *held != "()" => (*held).to_owned(),
        Some(_) if COLLECTIONS.contains(&name) => format!("{name}<{}>", held.join(", ")),
        _ => name.to_owned(),
    }
}

/// Returns the name of a tuple, which is that of the command in it.
fn tuple(parts: &[String]) -> String {
    let said: Vec<&str> = parts.iter().map(String::as_str).filter(|part| !BESIDE.contains(part)).collect();
    match (said.as_slice(), parts) {
        ([one], [_, _, ..]) => (*one).to_owned(),
        ([], _) | (_, [_]) => format!("({})", parts.join(", ")),
        (said, _) => format!("({})", said.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::readable;
    use std::any::type_name;
    use std::collections::HashMap;

    mod wire {
        pub(super) struct Frame;
        pub(super) struct Action<B>(pub(super) B);
        pub(super) struct Sender<T>(pub(super) T);
        pub(super) trait Job {}
        pub(super) struct Envelope<M>(pub(super) M);
        pub(super) struct Reverse<M>(pub(super) M);
    }
    use wire::{Action, Frame, Sender};

    #[track_caller]
    fn check<T: ?Sized>(expected: &str) {
        assert_eq!(readable(type_name::<T>()), expected, "{}", type_name::<T>());
    }

    #[test]
    fn a_path_and_its_arguments_are_left_out() {
        check::<Frame>("Frame");
        check::<Action<Frame>>("Action");
        check::<u64>("u64");
        check::<String>("String");
        check::<str>("str");
        check::<()>("()");
    }

    #[test]
    fn what_wraps_a_message_names_it() {
        check::<Option<Frame>>("Frame");
        check::<Result<Frame, std::io::Error>>("Frame");
        check::<Box<Frame>>("Frame");
        check::<Box<Option<Action<Frame>>>>("Action");
        check::<std::sync::Arc<[Frame]>>("[Frame]");
        check::<std::borrow::Cow<'static, str>>("str");
        check::<Option<()>>("Option");
        check::<crate::Envelope<Frame>>("Frame");
        check::<std::cmp::Reverse<Frame>>("Frame");
        check::<Result<(), Frame>>("Result");
    }

    #[test]
    fn a_type_of_the_users_keeps_its_name() {
        check::<wire::Envelope<Frame>>("Envelope");
        check::<Box<wire::Envelope<Action<Frame>>>>("Envelope");
        check::<(wire::Reverse<Frame>, Sender<u32>)>("Reverse");
        check::<Vec<wire::Reverse<Frame>>>("Vec<Reverse>");
    }

    #[test]
    fn a_command_with_its_reply_channel_is_the_command() {
        check::<(Frame, Sender<u32>)>("Frame");
        check::<(Sender<u32>, Frame)>("Frame");
        check::<(Frame, Sender<Result<Vec<Frame>, String>>, std::time::Instant)>("Frame");
        check::<Box<(Option<Frame>, Sender<u32>)>>("Frame");
        check::<(Frame, std::net::SocketAddr)>("(Frame, SocketAddr)");
        check::<(Frame, std::net::SocketAddr, Sender<()>)>("(Frame, SocketAddr)");
        check::<(Sender<u8>, Sender<u8>)>("(Sender, Sender)");
        check::<(u8, (u16, Frame))>("(u8, (u16, Frame))");
    }

    #[test]
    fn a_collection_says_what_it_holds() {
        check::<Vec<Frame>>("Vec<Frame>");
        check::<Vec<Vec<Action<Frame>>>>("Vec<Vec<Action>>");
        check::<HashMap<u8, u16>>("HashMap<u8, u16>");
        check::<(Frame,)>("(Frame)");
        check::<[u8; 4]>("[u8; 4]");
        check::<[(Frame, Sender<u8>); 2]>("[Frame; 2]");
        check::<&[Frame]>("&[Frame]");
        check::<&'static str>("&str");
        check::<&mut Frame>("&mut Frame");
    }

    #[test]
    fn functions_and_closures_are_read_whole() {
        check::<Box<dyn FnOnce() + Send>>("FnOnce()");
        check::<Box<dyn FnOnce(Frame) -> Frame + Send + Sync>>("FnOnce(Frame) -> Frame");
        check::<Box<dyn FnMut(&mut Frame, u8) + Send>>("FnMut(&mut Frame, u8)");
        check::<fn(u8) -> u16>("fn(u8) -> u16");
        check::<fn(Frame)>("fn(Frame)");
        check::<Box<dyn wire::Job + Send>>("Job");
        check::<&(dyn wire::Job + Send)>("&Job");
        check::<for<'a> fn(&'a Frame) -> &'a u8>("fn(&Frame) -> &u8");
        check::<Box<dyn for<'a> Fn(&'a Frame) -> &'a u8>>("Fn(&Frame) -> &u8");
        check::<(Box<dyn FnOnce(&Frame) -> Vec<Frame>>, Sender<u8>)>("FnOnce(&Frame) -> Vec<Frame>");
        fn name_of<T>(_: T) -> &'static str {
            type_name::<T>()
        }
        assert_eq!(readable(name_of(|| ())), "closure");
    }

    /// No two versions of the compiler write names alike, and nobody may pay for that with a loop without end.
    #[test]
    fn any_text_is_read_to_its_end() {
        for text in
            ["", "<", ">", "(((", "a::<", "[;", "dyn ", "&", "a b c", ")", "é::<ü", "Vec<", "fn() ->", "{{}}"]
        {
            readable(text);
        }
        readable(&"(".repeat(10_000));
        readable(&"Vec<".repeat(10_000));
        readable(&"dyn &".repeat(10_000));
    }
}
