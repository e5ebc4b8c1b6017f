//! The user's item, as far as the macro reads it, with the macro's decisions beside the syntax.
//!
//! Bodies of functions are not parsed. So half-typed code in one of them does not break the whole actor, and code that
//! is passed through costs no parsing.

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

/// An enum or a struct: a message type, or in a module possibly other data.
pub(crate) struct Message {
    pub(crate) data: Data,
    /// The options of `#[traced(..)]`: one entry for each variant, and exactly one for a struct.
    pub(crate) kinds: Vec<KindOptions>,
    /// The former shapes of an enum's variants.
    pub(crate) legacy: Vec<Legacy>,
    /// The contents of ractor's own attributes, if the attribute has the option `ractor`.
    pub(crate) ractor: Option<Ractor>,
    /// Whether data in a module is a message, because an attribute or a channel says so.
    pub(crate) traced: bool,
    /// The item as written, if a variant or a field could not be read. `data` does not contain that part.
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
    /// Half-typed, or newer than this macro. Passed through.
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
    /// The actor that it works for, if that is visible.
    pub(crate) actor: Option<Ident>,
    /// Whether the attribute stands on the function alone.
    ///
    /// Then nothing can stand beside it: its block may be the impl of a trait.
    pub(crate) alone: bool,
    /// The parameters of the impl around it, which a function within it could not name.
    pub(crate) around: Vec<Ident>,
    /// The reason why a function that receives has no role.
    pub(crate) seen: Option<NotALoop>,
    /// The reason why it does not have the role that it should have.
    pub(crate) problem: Option<Problem>,
    /// The ways in which it differs from other receive loops.
    pub(crate) special: SpecialLoop,
    /// The calls in it that lose the trace.
    pub(crate) lost: Vec<Lost>,
    /// The receiver of a loop, where it is one place whose type the compiler knows.
    pub(crate) place: Option<Place>,
    /// The assumption that its role, or that of another function of its item, depends on.
    pub(crate) assumed: Option<Assumed>,
    /// Whether an option allows such calls.
    pub(crate) may_lose: bool,
}

/// The ways in which a receive loop may differ from others.
#[derive(Clone, Copy, Default)]
pub(crate) struct SpecialLoop {
    /// Whether it receives from a mailbox behind a lock.
    pub(crate) shares_mailbox: bool,
    /// Whether it awaits each handler in place, and may send what it returns.
    pub(crate) continues: bool,
}

/// The assumed meaning of `tokio::..`, because the `use` that defines it cannot be seen.
#[derive(Clone)]
pub(crate) struct Assumed {
    /// The type of a receiver, as it is named.
    pub(crate) receiver: Path,
    /// Whether it is the receiver of `traced_actor::tokio`, and not tokio's own.
    pub(crate) carries_trace: bool,
}

/// A receiver, as the user names it: `self.inbox`.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) tokens: TokenStream,
    /// The method that receives.
    pub(crate) at: Span,
}

/// A call that starts a task or a thread without the trace of the handled message.
#[derive(Clone)]
pub(crate) struct Lost {
    /// The function of the runtime whose deprecation note is the warning.
    pub(crate) warning: &'static str,
    /// The location of the last word of its path.
    pub(crate) span: Span,
}

/// The reason why a function does not have the role that it was given, or that only it could have.
#[derive(Clone)]
pub(crate) enum Problem {
    /// A wrapper cannot run it as a receive loop.
    CannotLoop,
    /// A wrapper cannot call it as a handler.
    CannotHandle,
    /// The function takes no message by value.
    NoMessage,
    /// Each of these functions could be the handler, including this one.
    Rivals(Vec<Ident>),
}

/// The reason why a function that receives is not a receive loop.
#[derive(Clone)]
pub(crate) enum NotALoop {
    /// An `async` block or a closure in it receives.
    Block { span: Span, traced: bool },
    /// The function returns the received message.
    Returned,
    /// The function receives from a channel of another crate, whose type is written here.
    Foreign(Option<Path>),
    /// Another attribute has rewritten the function, and the loop is in the result.
    Rewritten,
}

/// The role of a function.
#[derive(Clone)]
pub(crate) enum Role {
    Plain,
    Loop,
    Handler(Box<MessageInput>),
    /// A function that is already written for envelopes, or has its own annotation. It is not changed.
    AlreadyWrapped,
}

/// The input of a handler that takes the message.
#[derive(Clone)]
pub(crate) struct MessageInput {
    /// The position among all inputs, including the receiver.
    pub(crate) input: usize,
    pub(crate) message: Type,
    /// The form in which the parameter holds the message.
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
    /// The token that identifies it: `const`, `trait`, `use`.
    pub(crate) keyword: TokenTree,
    pub(crate) tokens: TokenStream,
    pub(crate) what: What,
}

pub(crate) enum What {
    TraitImpl(Path),
    Declaration,
    Alias(Box<ItemType>),
    Use(Box<ItemUse>),
    /// Data or an impl with its own `#[traced_actor]`.
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

    /// Returns the last path segment of the impl's type: the default name of the actor.
    pub(crate) fn ident(&self) -> Option<&Ident> {
        types::last_segment(&self.header.self_ty).map(|segment| &segment.ident)
    }
}

impl Function {
    pub(crate) fn has_receiver(&self) -> bool {
        self.sig.receiver().is_some()
    }

    /// Returns the tokens between the braces of the body.
    pub(crate) fn statements(&self) -> TokenStream {
        block(&self.body).map(|group| group.stream()).unwrap_or_default()
    }

    /// Returns the location of those braces.
    pub(crate) fn braces(&self) -> Span {
        block(&self.body).map_or_else(Span::call_site, |group| group.span())
    }

    /// Returns the function with another signature and body.
    ///
    /// The braces are the user's own, so that unused code is reported there.
    pub(crate) fn rewritten(&self, sig: &Signature, body: TokenStream) -> TokenStream {
        let Self { attrs, vis, defaultness, .. } = self;
        let mut body = Group::new(Delimiter::Brace, body);
        body.set_span(self.braces());
        quote!(#(#attrs)* #vis #defaultness #sig #body)
    }

    /// Returns the form of the returned future, if the function is not async and returns one.
    pub(crate) fn returned_future(&self) -> Option<Returned> {
        if self.sig.asyncness.is_some() { None } else { types::returned_future(&self.sig.output) }
    }

    /// Returns whether a type mentions none of the function's own generic types, which an envelope could not determine.
    pub(crate) fn is_concrete(&self, ty: &Type) -> bool {
        let own: Vec<String> = self.sig.generics.type_params().map(|param| param.ident.to_string()).collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        !types::mentions(ty.to_token_stream(), &own)
    }

    /// Returns the inputs except `self`.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &PatType> {
        self.sig.inputs.iter().filter_map(|input| match input {
            FnArg::Typed(input) => Some(input),
            FnArg::Receiver(_) => None,
        })
    }
}

/// Returns the names of fields in options: `_0` for the first field of a tuple.
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

/// Returns the block of a body, which may be in a fragment of `macro_rules!`.
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
