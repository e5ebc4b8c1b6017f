//! The modules of a crate, as its files declare them. What is for tests alone (`#[cfg(test)]`) is left out, wherever it stands
//! in a file; everything behind it is read.

#![allow(dead_code, reason = "two test programs read it, each what it needs")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::ext::IdentExt as _;
use syn::{Attribute, Ident, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

/// The path of a module from the root of its crate.
pub(crate) type ModulePath = Vec<String>;

pub(crate) struct Module {
    /// An index into [`Crate::files`].
    pub(crate) file: usize,
    pub(crate) items: Vec<Item>,
    /// The names that it defines.
    pub(crate) defined: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// Whether it is declared `pub`, and not hidden from the documentation.
    pub(crate) is_public: bool,
}

/// One name that a `use` brings into a module.
#[derive(Clone)]
pub(crate) struct Import {
    /// `None` for a glob.
    pub(crate) name: Option<String>,
    pub(crate) path: Vec<String>,
    /// Whether it only hands the name on.
    pub(crate) is_reexport: bool,
    /// Whether it hands it on to everybody, documented.
    pub(crate) is_public: bool,
}

pub(crate) struct Crate {
    pub(crate) folder: PathBuf,
    pub(crate) files: Vec<PathBuf>,
    pub(crate) modules: BTreeMap<ModulePath, Module>,
}

impl Crate {
    /// Reads the crate in this folder.
    pub(crate) fn read(folder: &Path) -> Self {
        let mut found = Self { folder: folder.join("src"), files: Vec::new(), modules: BTreeMap::new() };
        let root = found.folder.join("lib.rs");
        let beside = found.folder.clone();
        found.read_file(&root, &beside, Vec::new(), true);
        found
    }

    /// The crate whose only file is this text.
    pub(crate) fn of_text(text: &str) -> Self {
        let mut found =
            Self { folder: PathBuf::new(), files: vec!["lib.rs".into()], modules: BTreeMap::new() };
        let items = syn::parse_file(text).unwrap().items;
        found.add(0, Path::new(""), (Vec::new(), true), items, true);
        found
    }

    /// The file without the folder of its crate.
    pub(crate) fn name(&self, file: usize) -> String {
        self.files[file].strip_prefix(&self.folder).unwrap_or(&self.files[file]).display().to_string()
    }

    /// `beside` is the folder of the file's child modules.
    fn read_file(&mut self, path: &Path, beside: &Path, module: ModulePath, is_public: bool) {
        let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.files.push(path.to_owned());
        self.add(self.files.len() - 1, beside, (module, is_public), parsed.items, false);
    }

    fn add(
        &mut self,
        file: usize,
        beside: &Path,
        (path, is_public): (ModulePath, bool),
        items: Vec<Item>,
        split: bool,
    ) {
        let mut module =
            Module { file, items: Vec::new(), defined: Vec::new(), imports: Vec::new(), is_public };
        for item in items {
            if attributes(&item).iter().any(is_for_tests) {
                continue;
            }
            module.defined.extend(name(&item));
            match item {
                Item::Use(item) => import(&item, &mut module.imports),
                Item::Mod(child) => self.add_child(file, beside, &path, child, split),
                item => module.items.push(item),
            }
        }
        self.modules.insert(path, module);
    }

    fn add_child(&mut self, file: usize, beside: &Path, parent: &ModulePath, child: ItemMod, split: bool) {
        let name = text(&child.ident);
        let path = [parent.as_slice(), std::slice::from_ref(&name)].concat();
        let beneath = beside.join(&name);
        let is_public = is_public(&child.vis) && !is_hidden(&child.attrs);
        if let Some((_, items)) = child.content {
            let file = if split {
                self.files.push(format!("{name}.rs").into());
                self.files.len() - 1
            } else {
                file
            };
            return self.add(file, &beneath, (path, is_public), items, split);
        }
        if let Some(named) = path_attribute(&child.attrs) {
            return self.read_file(&beside.join(named), beside, path, is_public);
        }
        let candidates = [beside.join(format!("{name}.rs")), beneath.join("mod.rs")];
        let file = candidates.iter().find(|path| path.exists());
        let file = file.unwrap_or_else(|| panic!("{} has no file", path.join("::")));
        self.read_file(file, &beneath, path, is_public);
    }
}

/// The name without the `r#` of one that is a keyword, too.
pub(crate) fn text(name: &Ident) -> String {
    name.unraw().to_string()
}

fn is_for_tests(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    let condition = list.tokens.to_string().replace(' ', "");
    list.path.is_ident("cfg")
        && (condition == "test" || condition == "doctest" || condition.starts_with("all(test,"))
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

/// Returns `true` if the item is left out of the documentation.
pub(crate) fn is_hidden(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        matches!(&attribute.meta, Meta::List(list) if list.path.is_ident("doc") && list.tokens.to_string() == "hidden")
    })
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else { return None };
    Some(text.value())
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

pub(crate) fn name(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(text(ident))
}

/// Adds the names that a `use` brings in.
pub(crate) fn import(item: &ItemUse, imports: &mut Vec<Import>) {
    let is_reexport = !matches!(item.vis, Visibility::Inherited);
    let is_public = is_public(&item.vis) && !is_hidden(&item.attrs);
    leaves(&item.tree, &mut Vec::new(), &mut |name, path| {
        imports.push(Import { name, path, is_reexport, is_public });
    });
}

fn leaves(tree: &UseTree, path: &mut Vec<String>, leaf: &mut dyn FnMut(Option<String>, Vec<String>)) {
    let with = |name: &str, path: &[String]| {
        let mut path = path.to_vec();
        if name != "self" || path.is_empty() {
            path.push(name.to_owned());
        }
        path
    };
    match tree {
        UseTree::Path(part) => {
            path.push(text(&part.ident));
            leaves(&part.tree, path, leaf);
            path.pop();
        }
        UseTree::Name(name) => {
            let path = with(&text(&name.ident), path);
            leaf(path.last().cloned(), path);
        }
        UseTree::Rename(name) => {
            leaf(Some(text(&name.rename)), with(&text(&name.ident), path));
        }
        UseTree::Glob(_) => leaf(None, path.clone()),
        UseTree::Group(group) => group.items.iter().for_each(|tree| leaves(tree, path, leaf)),
    }
}
