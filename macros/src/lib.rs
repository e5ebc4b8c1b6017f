//! The attribute macro of [`traced-actor`](https://docs.rs/traced-actor).
//!
//! That crate re-exports the macro. Depend on it, and not on this crate.
//!
//! The macro works in steps. `syntax` parses the user's item as far as needed. `attr` removes the macro's own
//! attributes. `resolve` finds out what each part is. `check` reports all errors. `expand` generates the code and
//! cannot fail. After an error, `fallback` keeps the user's items. No step calls a later one.

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
mod serde_enum;
mod syntax;
mod types;

#[cfg(test)]
mod tests;

use attr::actor::Args;
use errors::Errors;
use model::Item;
use proc_macro2::TokenStream;

/// Traces an actor.
///
/// Use it as `traced_actor::traced_actor`, whose documentation has an example.
///
/// The macro does not change your code. It adds an `impl Message`, and a wrapper around each receive loop and each
/// handler. If there is no receive loop in the item, and the handler's signature allows it, it also adds an `impl
/// Actor` for [`spawn`](https://docs.rs/traced-actor/latest/traced_actor/fn.spawn.html). `cargo expand` shows the
/// generated code.
///
/// # Options
///
/// | option | on | meaning |
/// |---|---|---|
/// | `name = "Guild"` | all | sets the actor's name in spans; the default is the type's name |
/// | `start = never`, `always`, `sampler` | all | decides whether a message without a trace starts one |
/// | `sampler = path` | all | sets the function that decides, instead of the process-wide sampler |
/// | `fanout_budget = 10` | all | sets the maximum number of recipients of a fan-out that are traced |
/// | `hop_limit = 64` | all | sets the number of messages after which a trace is cut and continues as a linked one |
/// | `actix` | actix's message and `impl Actor for ..` | traces it with [`traced-actor-actix`](https://docs.rs/traced-actor-actix), or with the crate at `actix = "::path"` |
/// | `by_type` | actix's `impl Actor for ..` | names all messages of the actor by their types, so that none needs an attribute |
/// | `own(start, create)` | actix's `impl Actor for ..` | does not generate these methods to start an actor, because the actor has its own |
/// | `kameo` | kameo's `impl Actor for ..` (or above `#[derive(Actor)]`), `impl Message<..> for ..`, and above `#[messages]` | traces it with [`traced-actor-kameo`](https://docs.rs/traced-actor-kameo), or with the crate at `kameo = "::path"` |
/// | `ractor` | ractor's message and `impl Actor for ..` | traces it with [`traced-actor-ractor`](https://docs.rs/traced-actor-ractor), or with the crate at `ractor = "::path"` |
/// | `crate = "::path"` | all | sets the path of the runtime, if it is not `::traced_actor`; absolute or `crate::..` |
/// | `msg = Message` | impl, fn, module | names the message type, if the macro cannot find it |
/// | `handler = name` | impl, module | names the handler, if the macro cannot find it |
/// | `run = name` | impl, module | names a receive loop, if the macro cannot find it |
/// | `local` | impl, module | generates no `impl Actor`, for a handler whose future is not `Send` |
/// | `spawn` | impl, module | generates an `impl Actor` for `spawn`, even with a receive loop in the item |
/// | `by_type(Said, Row<T>, dyn Work)` | impl, fn, module | names messages of these types by their types, so that the types need no attribute |
/// | `allow(lost_context)` | impl, fn, module | silences the warnings about code that loses the trace, such as a call of `tokio::spawn` |
///
/// On a variant or a message struct, `#[traced(..)]` takes:
///
/// | option | meaning |
/// |---|---|
/// | `skip` | disables the span of this message |
/// | `name = "Post"` | sets its name in spans; the default is the variant's name |
/// | `sample = 0.01`, `always`, `never`, `path` | sets the share of traces that start with this message and are kept |
/// | `fanout = recipients.len()` | tells how many messages its handler sends |
/// | `fanout_policy = discord`, `path` | sets how many of those are traced: by Discord's table, or with the probability of a `fn(u64) -> f64` |
/// | `fields(channel, %user, ?state, text_len = text.len())` | records fields of a sampled message, in the syntax of `tracing` |
/// | `key = user` | sets the key by which samplers group messages |
/// | `kind = command` | on a struct: names the field whose enum gives the kind of the message and its options |
/// | `link` | makes its span a root with a link to the sender's span, instead of a child |
/// | `index = 5` | sets the variant's number on the wire, 0 to 126 |
/// | `since = 1` | sets the first schema with the variant; the default is 0, the first release |
///
/// In expressions, the variant's fields are references. Those of a tuple variant are `_0`, `_1` and so on.
///
/// On a method, `#[traced(handler)]` and `#[traced(run)]` mark a handler and a receive loop that the macro cannot
/// find, and `#[traced(skip)]` excludes the method. `#[traced(allow(lost_context))]` silences the warnings below in
/// the method.
///
/// # Lost context
///
/// If a handler or a loop calls tokio's `spawn`, `spawn_local` or `spawn_blocking`, `std::thread::spawn`, or rayon's
/// `spawn`, the spawned code does not continue the trace of the message. rustc then warns at the call, and suggests
/// [`task::spawn`](https://docs.rs/traced-actor/latest/traced_actor/task/fn.spawn.html). It also warns at a call in a
/// method of the same type that they call, `self.retry()`. The macro recognizes paths
/// that begin with the crate's name, names that a `use` in the annotated module imports, and `tasks.spawn(async ..)` of a
/// `JoinSet` or similar.
///
/// It also warns if a received message is stored, as in `self.stash.push_back(message)`, and what is taken out of the same
/// field or variable goes to the handler or another function that takes the message, or a `match` tells its variants apart. Store `Envelope::hold(message)` to keep the
/// context.
///
/// [`lost_context`](https://docs.rs/traced-actor/latest/traced_actor/lost_context/) documents how to silence the
/// warning, and how clippy finds such calls elsewhere.
///
/// # On the wire
///
/// An enum with serde's derives can fix the numbers of its variants, and can list older shapes that it still reads,
/// the oldest first:
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
/// | a type | the old content of the variant: a struct, a tuple struct or a unit struct, with serde's traits |
/// | `name = "Join"`, `index = 0` | the old name of the variant, its old number, or both |
/// | `since = 1`, `until = 2` | the first schema with the shape, and the first without it; the defaults are 0 and 1 |
/// | `upgrade = path` | a `fn(JoinV1) -> Message`, or one that returns a `Result` with an error that implements `Display`; the default is `From` |
/// | `downgrade = path` | a `fn(&Message) -> Option<JoinV1>`, to write to peers of an older schema; by default, writing to them fails |
///
/// If one of `index`, `since` and `legacy` is used, every variant on the wire needs an `index`: the number that it has
/// always had, or a new one. Numbers do not depend on the order of the variants, and must not be reused. Names are
/// serde's, with `rename` and `rename_all`. `legacy` is an attribute of the enum, because the variant that replaced the
/// shape may be removed as well.
///
/// The macro then moves serde's derives to a mirror of the enum, and
/// [`wire::versions`](https://docs.rs/traced-actor/latest/traced_actor/wire/versions/) translates between the two.
/// serde's attributes keep their meaning. Attributes that change the form of the enum (`tag`, `content`, `untagged`,
/// `from`, `try_from`, `into`, `remote`) are errors.
///
/// In any case, no variant of an enum with serde's derives can have the name `__traced` or the number 127, which
/// belong to the envelope.
///
/// # Rules
///
/// A **receive loop** is a function that receives a message and keeps it: by `.recv()`, `.recv_many(..)`,
/// `.try_recv()`, `.blocking_recv()`, `poll_recv`, `.next().await` or `.for_each(..)` on a stream, or
/// `for message in receiver.iter()`.
/// Receives inside of macros such as `select!` and inside of `poll_fn` count, too. A function that receives a message
/// and returns it is a **helper**: a function that calls it in the same item is a receive loop. Receives in closures
/// and `async` blocks do not count: call `.traced()` on the block. Receives from a channel that is clearly of another
/// crate do not count either.
///
/// A **handler** takes the message by value, or in an `Option` or an `Envelope`. The first rule that applies finds
/// it:
///
/// 1. an option or attribute names it;
/// 2. it is the only method that takes the message type, which is known from `msg = ..` or a `Receiver<M>` in the item;
/// 3. a receive loop in the item passes the whole received message to it;
/// 4. the item has no loop, and it is the only method with a usual name such as `handle_message`;
/// 5. the item has no loop, and it is the only method that takes one value, or one whose type is named `..Command`, `..Message`
///    or similar.
///
/// An actor is named after the type of its impl block. A loop without `self` is named after the type of the parameter that
/// it receives from. A free loop without such a parameter is named after the type whose handler it calls, or else after its
/// message.
///
/// An item without a handler is not an error. Two handlers are an error that names both. Methods of a trait are never
/// changed:
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
/// An argument that never returns, such as `handle(todo!())`, compiles since the 2024 edition. In earlier editions
/// the compiler infers `()`, which is not a message: write `let message: Message = todo!();`.
///
/// Loops and handlers may be async or not. They may have further parameters and any return type, and may be generic.
/// `const`, `unsafe` and `extern` functions are not changed, and neither are functions that return a future without
/// being `async`.
///
/// **Attributes**: docs, `must_use` and `deprecated` stay on the function with the original name. `cfg` and `allow`
/// are put on both functions. All others stay with the body, including those in `cfg_attr`. `#[instrument]` keeps the
/// name of its span. Put an attribute that rewrites functions, such as `#[tokio::main]`, below this one.
#[proc_macro_attribute]
pub fn traced_actor(args: proc_macro::TokenStream, item: proc_macro::TokenStream) -> proc_macro::TokenStream {
    traced(args.into(), &item.into()).into()
}

/// Accepts serde's attributes on an enum whose derives `#[traced_actor]` has moved. Generates nothing.
///
/// Other derives may read these attributes.
#[doc(hidden)]
#[proc_macro_derive(SerdeAttributes, attributes(serde))]
pub fn serde_attributes(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    proc_macro::TokenStream::new()
}

/// Runs the macro on plain token streams, so that tests can call it.
fn traced(args: TokenStream, item: &TokenStream) -> TokenStream {
    let of_framework = actor_of_ractor(&args, item)
        .or_else(|| item_of_kameo(&args, item))
        .or_else(|| actor_of_actix(&args, item));
    if let Some(tokens) = of_framework {
        return tokens;
    }
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

/// Returns the impl of ractor's trait if the option `ractor` is set.
fn actor_of_ractor(args: &TokenStream, item: &TokenStream) -> Option<TokenStream> {
    if !types::mentions(args.clone(), &["ractor"]) {
        return None;
    }
    let (args, is_moved) = attr::ractor_actor::moved(args);
    let errors = Errors::default();
    let parse = || Args::parse(args.clone(), attr::actor::Target::Trait, &errors);
    let expanded = if let Some(actor) = syntax::trait_impl(item.clone()) {
        let args = parse();
        check::ractor::actor(&actor, &errors);
        errors.finish().map(|()| expand::ractor::actor(&actor, &args))
    } else if is_moved {
        // The methods beside those of the trait.
        errors.finish().map(|()| item.clone())
    } else if let Some(mut of) = attr::ractor_actor::Below::take(item, &errors) {
        let root = parse().root;
        errors.finish().map(|()| of.attribute(&root, &args))
    } else {
        errors.finish().ok();
        return None;
    };
    Some(expanded.unwrap_or_else(|error| fallback::unparsed(item, &error)))
}

/// Returns an item of kameo if the option is set: the impl of one of its traits, or a type above its derive.
fn item_of_kameo(args: &TokenStream, item: &TokenStream) -> Option<TokenStream> {
    if !types::mentions(args.clone(), &["kameo"]) {
        return None;
    }
    let expanded = if let Some(of_trait) = syntax::trait_impl(item.clone()) {
        let errors = Errors::default();
        let args = Args::parse(args.clone(), attr::actor::Target::Trait, &errors);
        check::kameo::trait_impl(&of_trait, &args, &errors);
        errors.finish().map(|()| expand::kameo::trait_impl(&of_trait, &args))
    } else if let Ok(Item::Message(model::Message { data, unread: None, .. })) = syntax::item(item.clone()) {
        let errors = Errors::default();
        let args = Args::parse(args.clone(), attr::actor::Target::Data, &errors);
        let derived = attr::kameo::Derived::take(data, &errors);
        errors.finish().map(|()| expand::kameo::derived(&derived, &args))
    } else {
        let errors = Errors::default();
        let args = Args::parse(args.clone(), attr::actor::Target::Trait, &errors);
        let messages = attr::kameo_messages::Messages::take(item, &errors);
        check::kameo::messages(messages.as_ref(), &args, &errors);
        if messages.is_none() && errors.is_empty() {
            return None;
        }
        errors.finish().map(|()| {
            messages.map(|messages| expand::kameo_messages::messages(&messages, &args)).unwrap_or_default()
        })
    };
    Some(expanded.unwrap_or_else(|error| fallback::unparsed(item, &error)))
}

/// Returns the impl of actix's trait if the option `actix` is set.
fn actor_of_actix(args: &TokenStream, item: &TokenStream) -> Option<TokenStream> {
    if !types::mentions(args.clone(), &["actix"]) {
        return None;
    }
    let actor = syntax::trait_impl(item.clone())?;
    let errors = Errors::default();
    let args = Args::parse(args.clone(), attr::actor::Target::Trait, &errors);
    check::actix::actor(&actor, &errors);
    Some(match errors.finish() {
        Ok(()) => expand::actix::actor(&actor, item, &args),
        Err(error) => fallback::unparsed(item, &error),
    })
}

/// The result of the first steps.
struct Read {
    item: Item,
    args: Args,
    /// The conditions under which helper attributes in `cfg_attr` exist.
    conditions: Vec<TokenStream>,
    checked: syn::Result<()>,
}

/// Parses and checks an item. If it cannot be read, that is the only error. All other errors are reported together.
fn read(args: TokenStream, item: TokenStream) -> syn::Result<Read> {
    let mut item = syntax::item(item)?;
    let errors = Errors::default();
    let args = match attr::target(&item) {
        Some(target) => Args::parse(args, target, &errors),
        None => Args::default(),
    };
    let mut conditions = Vec::new();
    attr::take(&mut item, &mut conditions, &errors);
    if let (Item::Message(message), true) = (&mut item, args.ractor.is_some()) {
        attr::take_ractor(message, &errors);
    }
    resolve::item(&mut item, &args);
    check::item(&item, &args, &errors);
    let checked = errors.finish();
    Ok(Read { item, args, conditions, checked })
}
