//! The user's item, as deep as the macro reads it, with what was decided noted beside the syntax.
//!
//! Bodies of functions stay unparsed: half-typed code in one must not cost the user the whole
//! actor, and nobody pays for parsing what is passed through.

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::{
    Attribute, Fields, FnArg, Ident, ItemEnum, ItemImpl, ItemStruct, ItemType, ItemUse, PatType, Path,
    Signature, Token, Type, Visibility, token,
};

use crate::attr::kind::KindOptions;
use crate::attr::legacy::Legacy;
use crate::attr::method::MethodAttr;
use crate::attr::ractor::Ractor;
use crate::types::{self, Form, Returned};

/// One item, at the top or inside a module.
pub(crate) enum Item {
    Message(Message),
    Actor(Actor),
    Function(Box<Function>),
    Module(Module),
    Other(Other),
}

/// An enum or a struct: a message type, or in a module perhaps mere data.
pub(crate) struct Message {
    pub(crate) data: Data,
    /// What `#[traced(..)]` said: one entry a variant, exactly one for a struct.
    pub(crate) kinds: Vec<KindOptions>,
    /// The shapes that an enum's variants had once.
    pub(crate) legacy: Vec<Legacy>,
    /// What ractor's own attributes said, where the attribute asks for ractor.
    pub(crate) ractor: Option<Ractor>,
    /// Data in a module becomes a message when something says so.
    pub(crate) traced: bool,
    /// The item as it was written, where a variant or a field could not be read: it is left out of `data`.
    pub(crate) unread: Option<TokenStream>,
}

pub(crate) enum Data {
    Enum(ItemEnum),
    Struct(ItemStruct),
}

/// An inherent impl block.
pub(crate) struct Actor {
    /// The impl without its items.
    pub(crate) header: ItemImpl,
    pub(crate) members: Vec<Member>,
}

#[derive(Clone)]
pub(crate) enum Member {
    Function(Box<Function>),
    Other(TokenStream),
    /// Half-typed, or newer than this macro: passed through.
    Unread(TokenStream),
}

/// A method or a free function.
#[derive(Clone)]
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) defaultness: Option<Token![default]>,
    pub(crate) sig: Signature,
    pub(crate) body: TokenTree,
    pub(crate) mark: Option<MethodAttr>,
    pub(crate) role: Role,
    /// The actor in whose name it works, where that can be seen.
    pub(crate) actor: Option<Ident>,
    /// The attribute stands on it alone, so that nothing can stand beside it: its block may be the impl of a trait.
    pub(crate) alone: bool,
    /// What was seen in the body of a function without a role.
    pub(crate) seen: Option<Seen>,
    /// Why it has no role that it should have.
    pub(crate) problem: Option<Problem>,
    /// It receives from a mailbox behind a lock.
    pub(crate) shares_mailbox: bool,
    /// The calls in it that lose the trace.
    pub(crate) lost: Vec<Lost>,
    /// What its role, or that of another function of its item, depends on.
    pub(crate) assumed: Option<Assumed>,
    /// It was said that it may have some.
    pub(crate) may_lose: bool,
}

/// What `tokio::..` was taken for: the `use` that says what it is cannot be seen.
#[derive(Clone)]
pub(crate) struct Assumed {
    /// The type of a receiver, as it is named.
    pub(crate) receiver: Path,
    /// It is that of `traced_actor::tokio`, and not tokio's own.
    pub(crate) carries_trace: bool,
}

/// A call that starts a task or a thread without the trace of what is handled.
#[derive(Clone)]
pub(crate) struct Lost {
    /// The function of the runtime whose note is the warning.
    pub(crate) warning: &'static str,
    /// The last word of its path.
    pub(crate) span: Span,
}

/// Why a function does not have the role that it was given, or that only it could have.
#[derive(Clone)]
pub(crate) enum Problem {
    /// A wrapper cannot run it as a receive loop.
    CannotLoop,
    /// A wrapper cannot call it as a handler.
    CannotHandle,
    /// It takes no message by value.
    NoMessage,
    /// Each of these could be the handler, itself included.
    Rivals(Vec<Ident>),
}

/// Why a function that receives is no receive loop.
#[derive(Clone)]
pub(crate) enum Seen {
    /// An `async` block or a closure in it receives.
    Block { span: Span, traced: bool },
    /// It returns what it receives.
    Returned,
    /// It receives from a channel of another crate, of the type that is written here.
    Foreign(Option<Path>),
    /// Another attribute has rewritten it, and the loop is in what that made.
    Rewritten,
}

/// What a function turned out to be.
#[derive(Clone)]
pub(crate) enum Role {
    Plain,
    Loop,
    Handler(Box<MessageInput>),
    /// Already written for envelopes, or annotated by itself: left alone.
    AlreadyWrapped,
}

/// What a handler takes out of its mailbox.
#[derive(Clone)]
pub(crate) struct MessageInput {
    /// Position among all inputs, the receiver included.
    pub(crate) input: usize,
    pub(crate) message: Type,
    /// How the parameter holds the message.
    pub(crate) form: Form,
}

/// An inline module.
pub(crate) struct Module {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) unsafety: Option<Token![unsafe]>,
    pub(crate) mod_token: Token![mod],
    pub(crate) ident: Ident,
    pub(crate) brace: token::Brace,
    pub(crate) items: Vec<Item>,
}

/// An item that is passed through.
pub(crate) struct Other {
    /// The token that says what it is: `const`, `trait`, `use`.
    pub(crate) keyword: TokenTree,
    pub(crate) tokens: TokenStream,
    pub(crate) what: What,
}

pub(crate) enum What {
    TraitImpl(Path),
    Declaration,
    Alias(Box<ItemType>),
    Use(Box<ItemUse>),
    /// Data or an impl with a `#[traced_actor]` of its own.
    Annotated,
    /// Half-typed, or newer than this macro.
    Unread,
    Rest,
}

impl Data {
    pub(crate) fn attrs(&self) -> &[Attribute] {
        match self {
            Data::Enum(item) => &item.attrs,
            Data::Struct(item) => &item.attrs,
        }
    }

    pub(crate) fn ident(&self) -> &Ident {
        match self {
            Data::Enum(item) => &item.ident,
            Data::Struct(item) => &item.ident,
        }
    }

    pub(crate) fn vis(&self) -> &Visibility {
        match self {
            Data::Enum(item) => &item.vis,
            Data::Struct(item) => &item.vis,
        }
    }

    pub(crate) fn generics(&self) -> &syn::Generics {
        match self {
            Data::Enum(item) => &item.generics,
            Data::Struct(item) => &item.generics,
        }
    }
}

impl Actor {
    pub(crate) fn functions(&self) -> impl Iterator<Item = &Function> {
        self.members.iter().filter_map(|member| match member {
            Member::Function(function) => Some(&**function),
            Member::Other(_) | Member::Unread(_) => None,
        })
    }

    pub(crate) fn functions_mut(&mut self) -> impl Iterator<Item = &mut Function> {
        self.members.iter_mut().filter_map(|member| match member {
            Member::Function(function) => Some(&mut **function),
            Member::Other(_) | Member::Unread(_) => None,
        })
    }

    /// The last path segment of the impl's type: what the actor is called by default.
    pub(crate) fn ident(&self) -> Option<&Ident> {
        types::last_segment(&self.header.self_ty).map(|segment| &segment.ident)
    }
}

impl Function {
    pub(crate) fn has_receiver(&self) -> bool {
        self.sig.receiver().is_some()
    }

    /// What stands between the braces of the body.
    pub(crate) fn statements(&self) -> TokenStream {
        block(&self.body).map(|group| group.stream()).unwrap_or_default()
    }

    /// Where those braces are.
    pub(crate) fn braces(&self) -> Span {
        block(&self.body).map_or_else(Span::call_site, |group| group.span())
    }

    /// Returns the function with another signature and body. The braces are the user's own: what nobody calls is reported where
    /// they stand.
    pub(crate) fn rewritten(&self, sig: &Signature, body: TokenStream) -> TokenStream {
        let Self { attrs, vis, defaultness, .. } = self;
        let mut body = Group::new(Delimiter::Brace, body);
        body.set_span(self.braces());
        quote!(#(#attrs)* #vis #defaultness #sig #body)
    }

    /// Returns the form of the future that it returns, if it is not async and returns one.
    pub(crate) fn returned_future(&self) -> Option<Returned> {
        if self.sig.asyncness.is_some() { None } else { types::returned_future(&self.sig.output) }
    }

    /// Returns whether a type mentions no generic type of the function's own: that could not be inferred from an envelope.
    pub(crate) fn is_concrete(&self, ty: &Type) -> bool {
        let own: Vec<String> = self.sig.generics.type_params().map(|param| param.ident.to_string()).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        !types::mentions(ty.to_token_stream(), &own)
    }

    /// The inputs but `self`.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        })
    }
}

/// Field names as they are written in options: `_0` for the first field of a tuple.
pub(crate) fn field_names(fields: &Fields) -> Vec<String> {
    fields
        .iter()
        .enumerate()
        .map(|(at, field)| match &field.ident {
            Some(ident) => ident.unraw().to_string(),
            None => format!("_{at}"),
        })
        .collect()
}

/// A body is a block, or a fragment of `macro_rules!` that holds one.
fn block(body: &TokenTree) -> Option<Group> {
    match body {
        TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
            group.stream().into_iter().next().as_ref().and_then(block)
        }
        TokenTree::Group(group) => Some(group.clone()),
        _ => None,
    }
}

impl ToTokens for Data {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Data::Enum(item) => item.to_tokens(tokens),
            Data::Struct(item) => item.to_tokens(tokens),
        }
    }
}

impl ToTokens for Message {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match &self.unread {
            Some(unread) => unread.to_tokens(tokens),
            None => self.data.to_tokens(tokens),
        }
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        for attr in &self.attrs {
            attr.to_tokens(tokens);
        }
        self.vis.to_tokens(tokens);
        self.defaultness.to_tokens(tokens);
        self.sig.to_tokens(tokens);
        self.body.to_tokens(tokens);
    }
}
