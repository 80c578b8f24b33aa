//! Configuration and rules files: defaults are inside the binary, files override them, mistakes are listed all at once.

use anyhow::Context;

use crate::domain::rules::Rules;

/// The default rules, as shipped under `config/rules/`.
pub const DEFAULT_RULES: &str = include_str!("../config/rules/2024.toml");

/// Parses a rules file.
pub fn parse_rules(text: &str) -> anyhow::Result<Rules> {
    toml::from_str(text).context("rules file")
}

/// The rules inside the binary.
pub fn default_rules() -> anyhow::Result<Rules> {
    parse_rules(DEFAULT_RULES)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_shipped_rules_parse() {
        let rules = super::default_rules().unwrap();
        assert_eq!(rules.juries.len(), 4);
        assert_eq!(rules.programmes.len(), 7);
    }
}
