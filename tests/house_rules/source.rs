//! A crate's source, read by `syn`: every module with the paths that it names. What is compiled for tests only is left out.

use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A file of a crate.
pub struct Module {
    pub file: PathBuf,
    /// Its place in the crate: `["http", "error"]`.
    pub place: Vec<String>,
    /// Every path of two segments or more, and everything that is imported, from `crate` or another crate on.
    pub names: Vec<Vec<String>>,
    /// The lines that it writes into the log: level and message.
    pub logged: Vec<(String, String)>,
}

/// The modules of the crate whose root is `file`.
pub fn modules(file: &Path) -> Vec<Module> {
    let mut found = Vec::new();
    read(file.to_owned(), file.parent().unwrap(), Vec::new(), &mut found);
    found
}

/// Reads `file`, whose own modules lie in `folder`.
fn read(file: PathBuf, folder: &Path, place: Vec<String>, found: &mut Vec<Module>) {
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut names = Names { place: place.clone(), found: Vec::new(), logged: Vec::new(), files: Vec::new() };
    names.visit_file(&parsed);
    for module in names.files {
        let (flat, nested) = (folder.join(&module).with_extension("rs"), folder.join(&module).join("mod.rs"));
        let file = if flat.exists() { flat } else { nested };
        read(file, &folder.join(&module), [place.as_slice(), &[module]].concat(), found);
    }
    found.push(Module { file, place, names: names.found, logged: names.logged });
}

struct Names {
    place: Vec<String>,
    found: Vec<Vec<String>>,
    logged: Vec<(String, String)>,
    /// The modules that stand in files of their own.
    files: Vec<String>,
}

impl Names {
    fn add(&mut self, path: &[String]) {
        let ups = path.iter().take_while(|segment| *segment == "super").count();
        let absolute = match path.first().map(String::as_str) {
            Some("super") => [&["crate".to_owned()], &self.place[..self.place.len() - ups], &path[ups..]].concat(),
            Some("self") => [&["crate".to_owned()], self.place.as_slice(), &path[1..]].concat(),
            _ => path.to_owned(),
        };
        self.found.push(absolute);
    }

    fn add_imports(&mut self, before: &[String], tree: &UseTree) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(path) => self.add_imports(&with(&path.ident), &path.tree),
            UseTree::Name(name) => self.add(&with(&name.ident)),
            UseTree::Rename(rename) => self.add(&with(&rename.ident)),
            UseTree::Glob(_) => self.add(before),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add_imports(before, tree)),
        }
    }

    /// A macro's arguments are of no form that is known: whatever looks like a path in them is one.
    fn add_tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Ident(ident) if colons == 2 && !path.is_empty() => {
                    path.push(ident.to_string());
                    colons = 0;
                }
                other => {
                    self.add_longer(&std::mem::take(&mut path));
                    colons = 0;
                    match other {
                        TokenTree::Ident(ident) => path.push(ident.to_string()),
                        TokenTree::Group(group) => self.add_tokens(group.stream()),
                        _ => {}
                    }
                }
            }
        }
        self.add_longer(&path);
    }

    fn add_longer(&mut self, path: &[String]) {
        if path.len() > 1 {
            self.add(path);
        }
    }
}

impl<'ast> Visit<'ast> for Names {
    fn visit_item(&mut self, item: &'ast Item) {
        if !for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast syn::ItemMod) {
        if module.content.is_none() {
            self.files.push(module.ident.to_string());
        }
        self.place.push(module.ident.to_string());
        visit::visit_item_mod(self, module);
        self.place.pop();
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add_imports(&[], &item.tree);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.add_longer(&segments);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        let path: Vec<_> = called.path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let [library, level] = path.as_slice()
            && library == "tracing"
            && let Some(TokenTree::Literal(message)) = called.tokens.clone().into_iter().last()
        {
            self.logged.push((level.to_uppercase(), message.to_string().trim_matches('"').to_owned()));
        }
        self.add_tokens(called.tokens.clone());
        visit::visit_macro(self, called);
    }
}

fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|condition| condition == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
