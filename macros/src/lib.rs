//! The attribute macro of [`traced-actor`](https://docs.rs/traced-actor), which re-exports it. Name that crate, not
//! this one.
//!
//! A compiler in steps: `syntax` reads the user's item as deep as needed, `attr` takes out what is ours, `resolve`
//! says what each part is, `check` says all that is wrong, and `expand` cannot fail. After an error `fallback` keeps
//! the user's items alive. No step calls a later one.

mod attr;
mod attrs;
mod body;
mod check;
mod dataflow;
mod errors;
mod expand;
mod fallback;
mod model;
mod receive;
mod resolve;
mod shapes;
mod syntax;
mod types;

#[cfg(test)]
mod tests;

use attr::actor::Args;
use errors::Errors;
use model::Item;
use proc_macro2::TokenStream;

/// Traces an actor. `traced_actor::traced_actor`, by which name it is used, has an example.
///
/// What you wrote stays as you wrote it. `cargo expand` shows what comes with it: an `impl Message`, a wrapper around
/// each receive loop and each handler, and, where no receive loop is in view and the handler's signature allows it, an
/// `impl Actor` for [`spawn`](https://docs.rs/traced-actor/latest/traced_actor/fn.spawn.html).
///
/// # Options
///
/// | option | on | meaning |
/// |---|---|---|
/// | `name = "Guild"` | all | the actor's name in spans; by default the type's |
/// | `start = never`, `always`, `sampler` | all | whether a message without a trace starts one |
/// | `sampler = path` | all | the function that decides, instead of the process-wide sampler |
/// | `fanout_budget = 10` | all | how many traces one fan-out keeps on average |
/// | `hops = 64` | all | where a trace that loops is cut, to go on as a linked one |
/// | `crate = "::path"` | all | where the runtime is, if not at `::traced_actor`; absolute or `crate::..` |
/// | `msg = Message` | impl, fn, module | the message type, if it cannot be seen |
/// | `handler = name` | impl, module | the handler, if it is not found |
/// | `run = name` | impl, module | a receive loop that is not seen as one |
/// | `local` | impl, module | no `impl Actor`: the handler's future is not `Send` |
/// | `spawn` | impl, module | an `impl Actor` for `spawn`, although a receive loop is in view |
/// | `allow(lost_context)` | impl, fn, module | no warning where `tokio::spawn` and the like lose the trace |
///
/// On a variant or a message struct, `#[traced(..)]` takes:
///
/// | option | meaning |
/// |---|---|
/// | `skip` | no span for this message |
/// | `name = "Post"` | its name in spans; by default the variant's |
/// | `sample = 0.01`, `always`, `never`, `path` | how many of the traces that it starts are kept |
/// | `fanout = recipients.len()` | how many messages handling it sends |
/// | `fanout_policy = discord`, `path` | how many of those are traced: by Discord's table, or with this probability, a `fn(u64) -> f64` |
/// | `fields(channel, %user, ?state, text_len = text.len())` | what is recorded, in `tracing`'s grammar, when it is sampled |
/// | `key = user` | what a sampler may keep together |
/// | `kind = command` | on a struct: the field that says what kind of message it is, with its options |
/// | `link` | its span is linked to the sender's, not its child |
/// | `index = 5` | a variant's number on the wire, 0 to 126, whatever its place |
/// | `since = 1` | the first schema that has the variant; by default 0, the first release |
///
/// Expressions see the variant's fields by reference, those of a tuple as `_0`, `_1`.
///
/// On a method, `#[traced(handler)]`, `#[traced(run)]` and `#[traced(skip)]` say what the macro cannot see, and
/// `#[traced(allow(lost_context))]` that what it spawns need not go on with the trace.
///
/// # Lost context
///
/// Where a handler or a loop calls `tokio::spawn`, `spawn_local` or `spawn_blocking` of tokio, `std::thread::spawn` or rayon's
/// `spawn`, what runs there is not connected with the message, and rustc warns at the call, naming
/// [`task::spawn`](https://docs.rs/traced-actor/latest/traced_actor/task/fn.spawn.html). What is known is a path that begins with
/// the crate's name, or that a `use` of the annotated module makes one.
/// [`lost_context`](https://docs.rs/traced-actor/latest/traced_actor/lost_context/) says how to silence it, and how clippy finds
/// such calls elsewhere.
///
/// # On the wire
///
/// An enum that serde derives keeps its numbers when it says them, and reads its older shapes when it names them, the
/// oldest first:
///
/// ```text
/// #[traced_actor]                                    // above the derive
/// #[derive(Serialize, Deserialize)]
/// #[traced(legacy(JoinV1, name = "Join", index = 0, until = 1, upgrade = JoinV1::up, downgrade = JoinV1::down))]
/// enum Message {
///     #[traced(index = 3, since = 1)]
///     Enter { user: u64, region: String },
///     #[traced(index = 1)]
///     Tick,
/// }
/// ```
///
/// | in `legacy(..)` | meaning |
/// |---|---|
/// | a type | the content of the variant as it was: a struct, a tuple struct or a unit struct, with serde's traits |
/// | `name = "Join"`, `index = 0` | what the variant was called, and its number; one of the two, or both |
/// | `since = 1`, `until = 2` | the first schema with it, and the first without; by default 0 and 1 |
/// | `upgrade = path` | `fn(JoinV1) -> Message`, or to a `Result` with any error that can be displayed; by default `From` |
/// | `downgrade = path` | `fn(&Message) -> Option<JoinV1>`: how a peer of an older schema is told; by default it is not |
///
/// As soon as one of `index`, `since` and `legacy` is there, every variant that is on the wire has an `index`: the one
/// that it has always had, or a new one. None moves, because none follows from a place, and none is used again. Names
/// are serde's, with `rename` and `rename_all`. `legacy` stands on the enum, not on the variant that took the shape's
/// place, because it must outlive that one, too.
///
/// serde's derives then move to a mirror of the enum, behind which
/// [`wire::versions`](https://docs.rs/traced-actor/latest/traced_actor/wire/versions/) translates; that module has an
/// example that runs. serde's attributes mean what they always did, except those that give the enum another form
/// (`tag`, `content`, `untagged`, `from`, `try_from`, `into`, `remote`), which are refused.
///
/// With or without that, no variant of an enum that serde derives can be called `__traced`, or be number 127: both
/// are the envelope's.
///
/// # Rules
///
/// A **receive loop** is a function that receives and keeps the message: by `.recv()`, `.recv_many(..)`, `.try_recv()`,
/// `.blocking_recv()`, `poll_recv`, `.next().await` on a stream, or `for message in receiver.iter()`; inside macros such as
/// `select!` and in `poll_fn` too. A function that receives and *returns* the message is a **helper**, whatever stands around
/// the receive: who calls a helper in view receives. What closures and `async` blocks receive is theirs: write `.traced()`
/// behind the block. What comes from a channel that is plainly another crate's does not count.
///
/// A **handler** takes the message by value, perhaps in an `Option` or an `Envelope`. The first rule that finds one ends the
/// search:
///
/// 1. it is named;
/// 2. it is the only one that takes the message type, known from `msg = ..` or a `Receiver<M>` in view;
/// 3. a receive loop in view hands it the whole message that it received;
/// 4. no loop is in view, and it is the only method with a usual name such as `handle_message`;
/// 5. no loop is in view, and it is the only method that takes one value, or one that is called `..Command`, `..Message` and
///    the like.
///
/// An actor is called like the type whose impl it is; a free loop like the type of the parameter that it receives from, else
/// like the type whose handler it calls, else like its message.
///
/// No handler is no error. Two are one error that names both. Methods of a trait are never touched:
///
/// ```compile_fail
/// # use traced_actor_macros::traced_actor;
/// # struct Guild;
/// # trait Handle { fn handle(&mut self, message: String); }
/// #[traced_actor] // annotate the function that runs the receive loop instead
/// impl Handle for Guild {
///     fn handle(&mut self, message: String) {}
/// }
/// ```
///
/// An argument that never returns, `handle(todo!())`, fits from the 2024 edition on. Before it is `()` to the compiler, which is
/// no message: write `let message: Message = todo!();`.
///
/// Loops and handlers may be async or not, take further parameters, return anything, and be generic. `const`, `unsafe`
/// and `extern` functions, and those that return a future without being `async`, are left alone.
///
/// **Attributes**: docs, `must_use` and `deprecated` stay on the function that keeps the name, `cfg` and `allow` go on
/// both, and all others stay with the body, also those in `cfg_attr`. `#[instrument]` keeps the name of its span. An attribute
/// that rewrites functions, such as `#[tokio::main]`, stands below this one.
#[proc_macro_attribute]
pub fn traced_actor(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    traced(args.into(), &item.into()).into()
}

/// Lets serde's attributes stand on an enum whose derives `#[traced_actor]` has moved to another place, for other
/// derives that read them. Generates nothing.
#[doc(hidden)]
#[proc_macro_derive(SerdeAttributes, attributes(serde))]
pub fn serde_attributes(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}

/// The macro as a function of plain token streams, which tests can call.
fn traced(args: TokenStream, item: &TokenStream) -> TokenStream {
    match read(args, item.clone()) {
        Err(error) => fallback::unparsed(item, &error),
        Ok(Read { item, args, checked: Err(error), .. }) => fallback::item(&item, &args, &error),
        Ok(Read { item, args, conditions, checked: Ok(()) }) => {
            let item = expand::item(&item, &args);
            let conditions = expand::conditions(&conditions);
            quote::quote!(#item #conditions)
        }
    }
}

/// What the first steps make of the input.
struct Read {
    item: Item,
    args: Args,
    /// What must hold for helper attributes in `cfg_attr` to be there.
    conditions: Vec<TokenStream>,
    checked: syn::Result<()>,
}

/// Parses and checks. An item that cannot be read is an error of its own; all others come together.
fn read(args: TokenStream, item: TokenStream) -> syn::Result<Read> {
    let mut item = syntax::item(item)?;
    let errors = Errors::default();
    let args = match attr::target(&item) {
        Some(target) => Args::parse(args, target, &errors),
        None => Args::default(),
    };
    let mut conditions = Vec::new();
    attr::take(&mut item, &mut conditions, &errors);
    resolve::item(&mut item, &args, &errors);
    check::item(&item, &errors);
    let checked = errors.finish();
    Ok(Read { item, args, conditions, checked })
}
