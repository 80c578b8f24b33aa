//! What goes into the binary may be given away: permissive licences, from the public registry, nothing else.
//!
//! The list is that of `.cargo/deny.toml`, which also looks for known vulnerabilities; this test needs no network and no tool to install.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// The licences of `.cargo/deny.toml`.
fn allowed() -> BTreeSet<String> {
    let deny: toml::Table = toml::from_str(include_str!("../../.cargo/deny.toml")).unwrap();
    deny["licenses"]["allow"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_dependency_is_free_to_use_and_comes_from_the_registry() {
    let allowed = allowed();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", "x86_64-unknown-linux-gnu"])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(packages.len() > 100, "the list of packages is not whole");
    let mut refused = Vec::new();
    for package in packages {
        let (name, licence, source) = (&package["name"], package["license"].as_str().unwrap_or(""), package["source"].as_str());
        let from_the_registry = source.is_none_or(|source| source == "registry+https://github.com/rust-lang/crates.io-index");
        if !permits(licence, &allowed) || !from_the_registry {
            refused.push(format!("{name} {licence:?} {source:?}"));
        }
    }
    assert!(refused.is_empty(), "{refused:#?}");
}

/// Whether an SPDX expression can be satisfied with the allowed licences. `/` is the registry's old way of writing OR.
fn permits(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ").replace(" WITH ", "-WITH-");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut position = 0;
    let satisfied = any_of(&words, &mut position, allowed);
    satisfied && position == words.len()
}

fn any_of(words: &[&str], position: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = all_of(words, position, allowed);
    while words.get(*position) == Some(&"OR") {
        *position += 1;
        satisfied |= all_of(words, position, allowed);
    }
    satisfied
}

fn all_of(words: &[&str], position: &mut usize, allowed: &BTreeSet<String>) -> bool {
    let mut satisfied = true;
    loop {
        match words.get(*position) {
            Some(&"(") => {
                *position += 1;
                satisfied &= any_of(words, position, allowed);
            }
            Some(name) => satisfied &= allowed.contains(&name.replace("-WITH-", " WITH ")),
            None => return false,
        }
        *position += 1;
        if words.get(*position) != Some(&"AND") {
            return satisfied;
        }
        *position += 1;
    }
}

#[test]
fn expressions_are_read_as_written() {
    let allowed = ["MIT", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
    for (expression, expected) in [
        ("MIT", true),
        ("MIT OR GPL-3.0-only", true),
        ("GPL-3.0-only/MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(GPL-3.0-only OR MIT) AND MIT", true),
        ("Apache-2.0 WITH LLVM-exception OR GPL-2.0-only", true),
        ("AGPL-3.0-only", false),
        ("", false),
    ] {
        assert_eq!(permits(expression, &allowed), expected, "{expression}");
    }
}
