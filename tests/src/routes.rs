//! The routes of template.yaml.

use std::fs;

use crate::stack::root;

/// Method and path of every route.
pub fn routes() -> Vec<(String, String)> {
    let template = fs::read_to_string(root().join("template.yaml")).expect("a route");
    let routes = template
        .lines()
        .filter(|line| line.contains("Type: HttpApi"))
        .map(|line| {
            let value = |name: &str| {
                let (_, rest) = line.split_once(name).expect("a route");
                let end = rest.find([',', '}']).filter(|_| !rest.starts_with('"'));
                let text = rest.strip_prefix('"').map_or_else(
                    || rest[..end.expect("a route")].to_owned(),
                    |quoted| quoted.split('"').next().expect("a route").to_owned(),
                );
                text.trim().to_owned()
            };
            (value("Method: "), value("Path: "))
        });
    let routes: Vec<_> = routes.collect();
    assert!(routes.len() > 10, "{routes:?}");
    routes
}
