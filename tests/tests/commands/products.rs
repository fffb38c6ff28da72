//! A product is a folder, and nothing else.

use permesso_tests::{PRODUCTS, permesso, root};
use std::fs;
use std::path::Path;

/// The files of a source tree. Its tests may take their worlds from the examples.
fn visit(folder: &Path, each: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("tests") {
                visit(&path, each);
            }
        } else if let Ok(text) = fs::read_to_string(&path) {
            each(&path, &text);
        }
    }
}

#[test]
fn no_products_name_stands_in_the_engine_or_the_host() {
    for part in ["engine", "host", "wit"] {
        visit(&root().join(part), &mut |path, text| {
            let text = text.to_lowercase();
            for product in PRODUCTS {
                assert!(!text.contains(product), "{} names {product}", path.display());
            }
        });
    }
}

#[test]
fn a_product_that_nobody_has_seen_is_added_by_a_folder_alone() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write(
        "product.yaml",
        "product: bakery\nversion: 1.0.0\nrelations: [baker]\nown_means: [baker]\n\
         categories:\n  - id: oven\n    permissions: [{id: bread.bake}, {id: bread.eat, baseline: all}]\n",
    );
    write(
        "tenant.yaml",
        "tenant: corner\nproduct: bakery\nroles:\n  - id: baker\n    grants: [{permission: bread.bake, scope: own}]\n",
    );
    write("people.yaml", "users: [{id: anna, roles: [baker]}, {id: otto}]\n");
    let path = folder.path().to_str().unwrap();
    let ask = |user: &str, action: &str, attribute: &str| {
        permesso(["check", "--example", path, user, action, "bread", "-a", attribute])
    };
    assert_eq!(ask("anna", "bread.bake", "baker=anna").code, 0);
    assert_eq!(ask("anna", "bread.bake", "baker=otto").code, 1);
    assert_eq!(ask("otto", "bread.bake", "baker=otto").code, 1);
    let eaten = ask("otto", "bread.eat", "baker=anna");
    assert_eq!((eaten.code, eaten.out.trim()), (0, "ALLOW  granted [granted]"));
}
