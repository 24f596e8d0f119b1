//! The layers of the crate: a file uses only files of earlier layers, and no two files use each other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};

/// A layer may use those of the rows above it; those of one row do not use each other.
const LAYERS: &[&[&str]] = &[
    &["error", "text"],
    &["image", "files"],
    &["image_file", "weights", "procedural"],
    &["style"],
    &["net"],
    &["lower"],
    &["reference", "gpu", "cpu", "settings"],
    &["stylize"],
    &["train", "import"],
    &["web", "cli"],
];

/// A module: the names on the way to it, such as `["gpu", "plan"]`.
type Module = Vec<String>;

/// What a file says of modules.
#[derive(Default)]
struct File {
    /// Paths that it uses, absolute: without `crate`.
    uses: Vec<Vec<String>>,
    /// What it passes on under a name of its own: name and absolute path.
    exports: BTreeMap<String, Vec<String>>,
}

/// Reads one file.
struct Reader<'a> {
    module: &'a Module,
    modules: &'a BTreeSet<Module>,
    file: File,
}

impl Reader<'_> {
    /// The absolute path of `path` as it stands in the file, if it is one of the crate.
    fn absolute(&self, path: &[String]) -> Option<Vec<String>> {
        let ups = path.iter().take_while(|name| *name == "super").count();
        let rest = &path[ups.max(1).min(path.len())..];
        match path.first()?.as_str() {
            "crate" | "impasto" => Some(rest.to_vec()),
            "self" => Some([self.module, rest].concat()),
            "super" => Some([&self.module[..self.module.len().checked_sub(ups)?], rest].concat()),
            name => {
                let child = [self.module.as_slice(), &[name.to_string()]].concat();
                self.modules.contains(&child).then(|| [self.module, path].concat())
            }
        }
    }

    fn tree(&mut self, before: &[String], tree: &syn::UseTree, exported: bool) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&with(&path.ident), &path.tree, exported),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(before, tree, exported)),
            syn::UseTree::Glob(_) => self.used(before, None),
            syn::UseTree::Name(name) if name.ident == "self" => self.used(before, None),
            syn::UseTree::Name(name) => self.used(&with(&name.ident), exported.then(|| name.ident.to_string())),
            syn::UseTree::Rename(name) => self.used(&with(&name.ident), exported.then(|| name.rename.to_string())),
        }
    }

    fn used(&mut self, path: &[String], exported: Option<String>) {
        let Some(path) = self.absolute(path) else { return };
        match exported {
            Some(name) => drop(self.file.exports.insert(name, path)),
            None => self.file.uses.push(path),
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|a| a.path().is_ident("cfg") && a.parse_args::<syn::Path>().is_ok_and(|p| p.is_ident("test")))
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&[], &item.tree, !matches!(item.vis, syn::Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if names.len() > 1 {
            self.used(&names, None);
        }
        visit::visit_path(self, path);
    }
}

/// The Rust files below `folder`.
fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let paths = paths.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] });
    paths.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).collect()
}

/// Every module of the crate with the modules that it uses.
fn graph() -> BTreeMap<Module, BTreeSet<Module>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let module_of = |path: &Path| {
        let path = path.strip_prefix(&root).unwrap().with_extension("");
        let names: Module = path.iter().map(|name| name.to_str().unwrap().to_string()).collect();
        match names.split_last() {
            Some((last, before)) if last == "mod" => before.to_vec(),
            _ => names,
        }
    };
    let paths: BTreeMap<Module, PathBuf> = rust_files(&root).into_iter().map(|p| (module_of(&p), p)).collect();
    let modules: BTreeSet<Module> = paths.keys().cloned().collect();
    let read = |(module, path): (&Module, &PathBuf)| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut reader = Reader { module, modules: &modules, file: File::default() };
        let syntax = syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        reader.visit_file(&syntax);
        (module.clone(), reader.file)
    };
    let files: BTreeMap<Module, File> = paths.iter().map(read).collect();
    // The module that defines what a path names: through names that modules pass on.
    let defining = |path: &[String]| {
        let mut path = path.to_vec();
        for _ in 0..8 {
            let known = (1..=path.len()).rev().find(|n| modules.contains(&path[..*n]))?;
            let (module, rest) = path.split_at(known);
            match rest.first().and_then(|name| files[module].exports.get(name)) {
                Some(other) => path = [other, &rest[1..]].concat(),
                None => return Some(module.to_vec()),
            }
        }
        None
    };
    let edges = files.iter().map(|(module, file)| {
        let used = file.uses.iter().filter_map(|path| defining(path)).filter(|other| other != module);
        (module.clone(), used.collect())
    });
    edges.collect()
}

fn layer(module: &Module) -> Option<usize> {
    LAYERS.iter().position(|row| row.contains(&module[0].as_str()))
}

#[test]
fn files_use_only_layers_before_their_own() {
    let mut wrong = Vec::new();
    for (module, used) in graph() {
        if ["lib", "main"].contains(&module[0].as_str()) {
            continue;
        }
        let own = layer(&module).unwrap_or_else(|| panic!("{} is in no layer", module.join("/")));
        for other in used.iter().filter(|other| other[0] != module[0]) {
            if layer(other).is_none_or(|layer| layer >= own) {
                wrong.push(format!("{} uses {}", module.join("/"), other.join("/")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_use_each_other() {
    let graph = graph();
    let reaches = |from: &Module, to: &Module| {
        let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(module) = open.pop() {
            if seen.insert(module) {
                open.extend(graph.get(module).into_iter().flatten());
            }
        }
        seen.contains(to)
    };
    let edges = graph.iter().flat_map(|(module, used)| used.iter().map(move |other| (module, other)));
    let circular = edges.filter(|(module, other)| reaches(other, module));
    let lines: Vec<String> = circular.map(|(m, other)| format!("{} uses {}", m.join("/"), other.join("/"))).collect();
    assert!(lines.is_empty(), "{}", lines.join("\n"));
}

#[test]
fn only_the_module_without_a_gpu_uses_the_plain_executor() {
    let users = graph()
        .into_iter()
        .filter(|(module, used)| module[0] != "reference" && used.iter().any(|other| other[0] == "reference"));
    let users: Vec<String> = users.map(|(module, _)| module.join("/")).collect();
    assert_eq!(users, ["web/import"]);
}
