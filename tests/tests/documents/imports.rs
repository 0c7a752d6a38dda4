//! Which module imports which, read from the `use` declarations and the paths of the sources.
//!
//! A re-export is an alias: a module that imports the alias depends on the module that has the item, and
//! the re-exporting module depends on that module only if its own code uses the alias.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

/// A module by its names from the crate's root, which has none.
pub(crate) type Module = Vec<String>;

/// The modules of a crate and what each imports from the others.
pub(crate) type Imports = BTreeMap<Module, BTreeSet<Module>>;

struct Source {
    /// The paths of its `use` declarations, with whether each is a re-export.
    uses: Vec<(Module, bool)>,
    /// The words of the code besides, with `a::b` as one word.
    code: Vec<String>,
}

/// The imports between the modules of the files, whose paths begin at the crate's `src`. Tests and binaries
/// are left out.
pub(crate) fn between_modules<'a>(files: impl Iterator<Item = (&'a Path, &'a str)>) -> Imports {
    let sources: BTreeMap<Module, Source> = files
        .map(|(path, text)| (module_of(path), text))
        .filter(|(module, _)| !module.iter().any(|name| name == "bin" || name == "tests"))
        .map(|(module, text)| (module, read(text)))
        .collect();
    let aliases: BTreeMap<(Module, String), Module> = sources
        .iter()
        .flat_map(|(module, source)| {
            let reexports = source.uses.iter().filter(|(_, is_reexport)| *is_reexport);
            reexports.filter_map(|(path, _)| {
                Some(((module.clone(), path.last()?.clone()), path.clone()))
            })
        })
        .collect();
    let imports = sources.iter().map(|(module, source)| {
        let used = source.uses.iter().filter(|(path, is_reexport)| {
            !is_reexport || path.last().is_some_and(|name| has_word(&source.code, name))
        });
        let in_code = source.code.iter().filter_map(|word| {
            let path: Module = word.split("::").map(str::to_owned).collect();
            let first = path.first().filter(|_| path.len() > 1)?;
            ["crate", "super", "self"]
                .contains(&first.as_str())
                .then_some(path)
        });
        let resolved = used
            .map(|(path, _)| path.clone())
            .chain(in_code)
            .filter_map(|path| resolve(module, &path, &sources, &aliases))
            .filter(|imported| imported != module);
        (module.clone(), resolved.collect())
    });
    imports.collect()
}

/// A circle of modules that import one another, if there is one.
pub(crate) fn circle(imports: &Imports) -> Option<Vec<String>> {
    fn visit(
        module: &Module,
        imports: &Imports,
        done: &mut BTreeSet<Module>,
        path: &mut Vec<Module>,
    ) -> Option<Vec<String>> {
        if let Some(start) = path.iter().position(|known| known == module) {
            return Some(
                path[start..]
                    .iter()
                    .map(|module| module.join("::"))
                    .collect(),
            );
        }
        if !done.insert(module.clone()) {
            return None;
        }
        path.push(module.clone());
        let found = imports[module]
            .iter()
            .find_map(|imported| visit(imported, imports, done, path));
        path.pop();
        found
    }
    let mut done = BTreeSet::new();
    imports
        .keys()
        .find_map(|module| visit(module, imports, &mut done, &mut Vec::new()))
}

fn module_of(path: &Path) -> Module {
    let path = path.with_extension("");
    let mut names: Module = path
        .iter()
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.pop_if(|last| last == "mod" || last == "lib");
    names
}

fn read(text: &str) -> Source {
    let text = text
        .split("\n#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or_default();
    let (mut uses, mut code) = (Vec::new(), Vec::new());
    let lines: Vec<&str> = text.lines().map(without_comment).collect();
    let mut rest = lines.join("\n");
    while let Some(start) = use_declaration(&rest) {
        let before = rest[..start]
            .rsplit(['\n', ';', '}'])
            .next()
            .unwrap_or_default();
        let is_reexport = before.trim_start().starts_with("pub");
        let end = start + rest[start..].find(';').unwrap_or(rest.len() - start);
        expand(
            &rest[start + "use ".len()..end],
            &Module::new(),
            &mut |path| {
                uses.push((path, is_reexport));
            },
        );
        code.extend(words(&rest[..start]));
        rest.replace_range(..end, "");
    }
    code.extend(words(&rest));
    Source { uses, code }
}

/// The line without a comment. A text with `//` is cut, too, which loses no import.
fn without_comment(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Where the next `use` stands.
fn use_declaration(text: &str) -> Option<usize> {
    text.match_indices("use ").map(|(at, _)| at).find(|at| {
        let line = text[..*at].rsplit('\n').next().unwrap_or_default().trim();
        line.is_empty() || (line.starts_with("pub") && !line.contains("fn"))
    })
}

/// Calls `found` for each path of a tree like `a::{b, c::{self, D as E}}`.
fn expand(tree: &str, before: &Module, found: &mut impl FnMut(Module)) {
    let tree = tree.trim();
    let (names, group) = match tree.split_once('{') {
        Some((names, group)) => (names, group.strip_suffix('}')),
        None => (tree, None),
    };
    let names = names.split(" as ").next().unwrap_or_default().split("::");
    let names = names.map(str::trim).filter(|name| !name.is_empty());
    let path: Module = before
        .iter()
        .cloned()
        .chain(names.map(str::to_owned))
        .collect();
    let Some(group) = group else {
        if !path.is_empty() {
            found(path);
        }
        return;
    };
    let (mut depth, mut start) = (0, 0);
    for (at, letter) in group.char_indices().chain([(group.len(), ',')]) {
        match letter {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                if !group[start..at].trim().is_empty() {
                    expand(&group[start..at], &path, found);
                }
                start = at + 1;
            }
            _ => {}
        }
    }
}

/// Names and paths; a visibility like `pub(in crate::store)` is none.
fn words(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace("(in crate", "").replace("(in super", "");
    let words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric() && letter != '_' && letter != ':')
        .map(|word| word.trim_matches(':').to_owned())
        .filter(|word| !word.is_empty())
        .collect();
    words.into_iter()
}

fn has_word(code: &[String], name: &str) -> bool {
    code.iter()
        .any(|word| word.split("::").any(|part| part == name))
}

/// The module that a path of `module` leads to; `None` if that is another crate.
fn resolve(
    module: &Module,
    path: &[String],
    sources: &BTreeMap<Module, Source>,
    aliases: &BTreeMap<(Module, String), Module>,
) -> Option<Module> {
    let child = |base: &Module, name: &String| {
        let child: Module = base.iter().chain([name]).cloned().collect();
        sources.contains_key(&child).then_some(child)
    };
    let (mut base, mut rest) = (module.clone(), path);
    match path.first()?.as_str() {
        "crate" => (base, rest) = (Module::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {
            while let Some(("super", others)) = rest
                .split_first()
                .map(|(name, others)| (name.as_str(), others))
            {
                base.pop();
                rest = others;
            }
        }
        _ => {
            child(&base, path.first()?)?;
        }
    }
    while let Some((name, others)) = rest.split_first()
        && let Some(module) = child(&base, name)
    {
        (base, rest) = (module, others);
    }
    let alias = rest
        .first()
        .and_then(|name| aliases.get(&(base.clone(), name.clone())));
    match alias {
        Some(path) => resolve(&base, path, sources, aliases).or(Some(base)),
        None => Some(base),
    }
}
