//! The public items of a crate, read from its sources: a line for each, by the path that users write.

use std::collections::{BTreeMap, BTreeSet};

use quote::ToTokens;
use syn::{ImplItem, Item, TraitItem, Type, Visibility};

use crate::source::{Crate, ModulePath, attributes, is_hidden, is_public, name, text};

/// Names lead from re-export to re-export.
const MAX_STEPS: u32 = 16;

/// The public items of a crate by their paths: what each is, with its signature.
pub(crate) struct Api {
    /// A line for each, those of traits that are implemented included.
    lines: BTreeSet<String>,
    /// Each item and each method once, however many paths lead to it; no variants, fields or implemented traits.
    counted: BTreeSet<String>,
}

impl Api {
    pub(crate) fn of(crate_name: &str, of: &Crate) -> Self {
        let mut lister = Lister {
            of,
            api: Self { lines: BTreeSet::new(), counted: BTreeSet::new() },
            types: BTreeMap::new(),
        };
        lister.module(&Vec::new(), crate_name, 0);
        lister.implementations();
        lister.api
    }

    /// All lines, as they stand in the file.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |text, line| text + line + "\n")
    }
}

impl Api {
    /// Returns how many items and methods are public.
    pub(crate) fn count(&self) -> usize {
        self.counted.len()
    }

    fn list(&mut self, line: String) {
        self.lines.insert(line);
    }
}

struct Lister<'a> {
    of: &'a Crate,
    api: Api,
    /// The names of public types where they are defined, and their public paths.
    types: BTreeMap<(ModulePath, String), String>,
}

impl Lister<'_> {
    /// Lists the public items of a module that is called `path` outside.
    fn module(&mut self, module: &ModulePath, path: &str, steps: u32) {
        let Some(found) = self.of.modules.get(module).filter(|_| steps < MAX_STEPS) else { return };
        for item in found.items.iter().filter(|item| is_public_item(item)) {
            self.item(module, item, path);
        }
        let children: Vec<ModulePath> = self
            .of
            .modules
            .iter()
            .filter(|(child, of)| {
                of.is_public && child.len() == module.len() + 1 && child.starts_with(module)
            })
            .map(|(child, _)| child.clone())
            .collect();
        for child in children {
            let path = format!("{path}::{}", child[child.len() - 1]);
            self.api.list(format!("{path}: mod"));
            self.module(&child, &path, steps + 1);
        }
        let exported: Vec<_> = found.imports.iter().filter(|import| import.is_public).cloned().collect();
        for import in exported {
            match &import.name {
                Some(name) => {
                    self.exported(module, &import.path, &format!("{path}::{name}"), path, steps + 1);
                }
                None => {
                    if let Some(all) = self.resolve(module, &import.path) {
                        self.module(&all, path, steps + 1);
                    }
                }
            }
        }
    }

    fn is_public_module(&self, module: &ModulePath) -> bool {
        let of = |end| self.of.modules.get(&module[..end]);
        !module.is_empty() && (1..=module.len()).all(|end| of(end).is_some_and(|module| module.is_public))
    }

    /// A name that is handed on as `known_as`.
    fn exported(&mut self, module: &ModulePath, path: &[String], known_as: &str, parent: &str, steps: u32) {
        if steps > MAX_STEPS {
            return;
        }
        if let Some(target) = self.resolve(module, path) {
            // Its items are listed under that path.
            if self.is_public_module(&target) {
                self.api.list(format!("{known_as}: use {}", path.join("::")));
                return;
            }
            self.api.list(format!("{known_as}: mod"));
            return self.module(&target, known_as, steps + 1);
        }
        let Some((last, before)) = path.split_last() else { return };
        let Some(target) = self.resolve(module, before) else {
            self.api.list(format!("{known_as}: use {}", path.join("::")));
            return;
        };
        let found = &self.of.modules[&target];
        let items = found.items.iter().filter(|item| name(item).as_deref() == Some(last));
        let items: Vec<Item> = items.filter(|item| !is_hidden(attributes(item))).cloned().collect();
        for item in &items {
            self.item(&target, item, parent);
        }
        if items.is_empty() {
            let onward = found.imports.iter().find(|import| import.name.as_deref() == Some(last)).cloned();
            match onward {
                Some(import) => self.exported(&target, &import.path, known_as, parent, steps + 1),
                None => self.api.list(format!("{known_as}: use")),
            }
        }
    }

    /// The module that a path names, seen from another one.
    fn resolve(&self, module: &ModulePath, path: &[String]) -> Option<ModulePath> {
        let mut at = module.clone();
        for part in path {
            match &**part {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()?),
                name => at.push(name.to_owned()),
            }
        }
        self.of.modules.contains_key(&at).then_some(at)
    }

    fn item(&mut self, module: &ModulePath, item: &Item, parent: &str) {
        let Some(name) = name(item) else { return };
        let path = format!("{parent}::{name}");
        let line = match item {
            Item::Const(item) => format!("{path}: const {}", shown(&item.ty)),
            Item::Static(item) => format!("{path}: static {}", shown(&item.ty)),
            Item::Fn(item) => format!("{path}: {}", shown(&item.sig)),
            Item::Type(item) => format!("{path}: type {}", shown(&item.ty)),
            Item::Macro(_) => format!("{path}: macro"),
            Item::Struct(item) => {
                for field in item.fields.iter().filter(|field| is_public(&field.vis)) {
                    if let Some(ident) = &field.ident {
                        self.api.list(format!("{path}: field {}: {}", text(ident), shown(&field.ty)));
                    }
                }
                format!("{path}: struct{}", shown(&item.generics))
            }
            Item::Enum(item) => {
                for variant in &item.variants {
                    self.api.list(format!("variant {path}::{}{}", variant.ident, shown(&variant.fields)));
                }
                format!("{path}: enum{}", shown(&item.generics))
            }
            Item::Trait(item) => {
                for part in &item.items {
                    if let TraitItem::Fn(method) = part
                        && !is_hidden(&method.attrs)
                    {
                        self.method(module, &path, &method.sig);
                    }
                }
                format!("{path}: trait{}", shown(&item.generics))
            }
            _ => return,
        };
        self.api.list(line);
        self.api.counted.insert(format!("{module:?} {name}"));
        self.types.insert((module.clone(), name), path.clone());
        for attribute in attributes(item).iter().filter(|attribute| attribute.path().is_ident("derive")) {
            let derived = attribute
                .parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
            for of_trait in derived.into_iter().flatten() {
                let last = of_trait.segments.last().map(|segment| segment.ident.to_string());
                self.api.list(format!("{path}: impl {}", last.unwrap_or_default()));
            }
        }
    }

    fn method(&mut self, module: &ModulePath, path: &str, signature: &syn::Signature) {
        self.api.list(format!("{path}: {}", shown(signature)));
        let name = path.rsplit("::").next().unwrap_or_default();
        self.api.counted.insert(format!("{module:?} {name} {}", shown(signature)));
    }

    /// The methods of public types, and the traits that they implement.
    fn implementations(&mut self) {
        let of = self.of;
        for (module, found) in &of.modules {
            for item in &found.items {
                if let Item::Macro(item) = item
                    && item.mac.path.is_ident("opaque")
                    && let Some(this) = item.mac.tokens.clone().into_iter().next()
                    && let Some(path) = self.public_path(module, &this.to_string())
                {
                    self.api.list(format!("{path}: impl Debug"));
                }
                let Item::Impl(item) = item else { continue };
                let Type::Path(this) = &*item.self_ty else { continue };
                let Some(this) = this.path.segments.last().map(|segment| text(&segment.ident)) else {
                    continue;
                };
                let Some(path) = self.public_path(module, &this) else { continue };
                if let Some((of_trait, _)) = &item.trait_ {
                    let last = of_trait.segments.last().map(shown).unwrap_or_default();
                    self.api.list(format!("{path}: impl {last}"));
                    continue;
                }
                for part in &item.items {
                    match part {
                        ImplItem::Fn(method) if is_public(&method.vis) && !is_hidden(&method.attrs) => {
                            self.method(module, &path, &method.sig);
                        }
                        ImplItem::Const(part) if is_public(&part.vis) && !is_hidden(&part.attrs) => {
                            self.api.list(format!("{path}: const {}: {}", part.ident, shown(&part.ty)));
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// The public path of a type by the name that a module has for it: its own, or that of the only such type.
    fn public_path(&self, module: &ModulePath, name: &str) -> Option<String> {
        if let Some(path) = self.types.get(&(module.clone(), name.to_owned())) {
            return Some(path.clone());
        }
        // A type of the same name that is not public is another one.
        if self.of.modules.get(module)?.defined.iter().any(|defined| defined == name) {
            return None;
        }
        let mut all = self.types.iter().filter(|((_, known), _)| known == name);
        all.next().filter(|_| all.next().is_none()).map(|(_, path)| path.clone())
    }
}

fn is_public_item(item: &Item) -> bool {
    let visibility = match item {
        Item::Const(item) => &item.vis,
        Item::Enum(item) => &item.vis,
        Item::Fn(item) => &item.vis,
        Item::Static(item) => &item.vis,
        Item::Struct(item) => &item.vis,
        Item::Trait(item) => &item.vis,
        Item::Type(item) => &item.vis,
        Item::Macro(item) => {
            let exported = item.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export"));
            return exported && !is_hidden(&item.attrs);
        }
        _ => &Visibility::Inherited,
    };
    is_public(visibility) && !is_hidden(attributes(item))
}

/// Code in one line, with the spaces that people write.
fn shown(code: &impl ToTokens) -> String {
    let mut text = code.to_token_stream().to_string();
    for (long, short) in [
        (" :: ", "::"),
        (" < ", "<"),
        (" > ", ">"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        ("( ", "("),
        (" )", ")"),
        (" (", "("),
        (" : ", ": "),
        (" ;", ";"),
        (":: ", "::"),
        ("' ", "'"),
        (" ?", "?"),
        (",)", ")"),
        (", >", ">"),
        (",>", ">"),
        ("< ", "<"),
        (" <", "<"),
    ] {
        text = text.replace(long, short);
    }
    text
}
