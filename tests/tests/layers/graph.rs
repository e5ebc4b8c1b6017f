//! The uses of files by other files of a crate: every path in the code, followed through re-exports to the file that defines the
//! name. A re-export is not a use.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::source::{Crate, ModulePath, import, text};

/// Files by what they use.
pub(crate) type Graph = BTreeMap<usize, BTreeSet<usize>>;

/// The files that each file uses.
pub(crate) fn uses(of: &Crate) -> Graph {
    let mut graph = Graph::new();
    for (path, module) in &of.modules {
        let mut paths = Paths::default();
        module.items.iter().for_each(|item| paths.visit_item(item));
        let imported = module.imports.iter().filter(|import| !import.is_reexport);
        let imported = imported.filter(|import| import.name.is_some()).map(|import| import.path.clone());
        for used in paths.0.into_iter().chain(imported) {
            if let Some(file) = defining(of, path, &used, 0)
                && file != module.file
            {
                graph.entry(module.file).or_default().insert(file);
            }
        }
    }
    graph
}

/// The circles: sets of files of which each uses, by way of others, each other.
pub(crate) fn circles(graph: &Graph) -> Vec<BTreeSet<usize>> {
    let reached: BTreeMap<usize, BTreeSet<usize>> =
        graph.keys().map(|file| (*file, reachable(graph, *file))).collect();
    let mut circles: Vec<BTreeSet<usize>> = Vec::new();
    for (file, all) in &reached {
        let both = |other: &&usize| reached.get(other).is_some_and(|back| back.contains(file));
        let circle: BTreeSet<usize> = all.iter().filter(both).copied().collect();
        if circle.len() > 1 && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles
}

fn reachable(graph: &Graph, from: usize) -> BTreeSet<usize> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(file) = next.pop() {
        for used in graph.get(&file).into_iter().flatten() {
            if found.insert(*used) {
                next.push(*used);
            }
        }
    }
    found
}

/// Names lead from re-export to re-export; some, of macros that are not expanded here, lead nowhere.
const MAX_STEPS: u32 = 16;

/// The file that defines what `path` names in the code of `module`; `None` for a module, and for what is not of this crate.
fn defining(of: &Crate, module: &ModulePath, path: &[String], steps: u32) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    if steps > MAX_STEPS {
        return None;
    }
    match &**first {
        "crate" | "$crate" => within(of, &Vec::new(), rest, steps),
        "self" => within(of, module, rest, steps),
        "super" => {
            let (_, parent) = module.split_last()?;
            match rest.first().map(|next| &**next) {
                Some("super") => defining(of, &parent.to_vec(), rest, steps + 1),
                _ => within(of, &parent.to_vec(), rest, steps),
            }
        }
        _ => here(of, module, path, steps),
    }
}

/// Like [`defining`], for a path that is read from the inside of `module`.
fn within(of: &Crate, module: &ModulePath, path: &[String], steps: u32) -> Option<usize> {
    let found = here(of, module, path, steps);
    // An item that a macro makes has no name here.
    found.or_else(|| {
        let child = [module.as_slice(), path.get(..1)?].concat();
        (!of.modules.contains_key(&child) && !is_imported(of, module, path.first()?))
            .then(|| of.modules.get(module).map(|module| module.file))
            .flatten()
    })
}

fn is_imported(of: &Crate, module: &ModulePath, name: &str) -> bool {
    of.modules.get(module).is_some_and(|module| {
        module.imports.iter().any(|import| import.name.as_deref().is_none_or(|known| known == name))
    })
}

fn here(of: &Crate, module: &ModulePath, path: &[String], steps: u32) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let found = of.modules.get(module)?;
    if found.defined.contains(first) {
        return Some(found.file);
    }
    let child = [module.as_slice(), std::slice::from_ref(first)].concat();
    if of.modules.contains_key(&child) {
        return within(of, &child, rest, steps + 1);
    }
    let named = found.imports.iter().find(|import| import.name.as_ref() == Some(first));
    if let Some(import) = named {
        // A crate of the same name as one of its own items.
        if import.path.first() == Some(first) && import.path.len() == 1 {
            return None;
        }
        return defining(of, module, &[import.path.as_slice(), rest].concat(), steps + 1);
    }
    let mut globs = found.imports.iter().filter(|import| import.name.is_none());
    globs.find_map(|glob| {
        let target = module_of(of, module, &glob.path)?;
        (target != *module).then(|| here(of, &target, path, steps + 1)).flatten()
    })
}

/// The module that this path names, without re-exports.
fn module_of(of: &Crate, module: &ModulePath, path: &[String]) -> Option<ModulePath> {
    let mut at = module.clone();
    for part in path {
        match &**part {
            "crate" => at.clear(),
            "self" => {}
            "super" => drop(at.pop()?),
            name => at.push(name.to_owned()),
        }
    }
    of.modules.contains_key(&at).then_some(at)
}

/// Every path in some code, those in the arguments of macros included.
#[derive(Default)]
struct Paths(Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.0.push(path.segments.iter().map(|segment| text(&segment.ident)).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        // Within a function.
        let mut imports = Vec::new();
        import(item, &mut imports);
        self.0.extend(imports.into_iter().map(|import| import.path));
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.visit_path(&item.path);
        self.tokens(item.tokens.clone());
    }
}

impl Paths {
    /// Names that are joined by `::`.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(text(&name));
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.tokens(group.stream());
                }
                _ => {
                    self.end(&mut path);
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        // A single word may be anything: a variable, a field, a name.
        if path.len() > 1 {
            self.0.push(path);
        }
    }
}
