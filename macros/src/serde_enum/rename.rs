//! serde's `rename_all`, for variants.

/// Returns the name on the wire of the variant `name` under `rule`, as serde's documentation lists them.
///
/// Errors about an unknown rule are left to serde.
pub(super) fn variant(name: &str, rule: Option<&str>) -> String {
    match rule.unwrap_or_default() {
        "lowercase" => name.to_ascii_lowercase(),
        "UPPERCASE" => name.to_ascii_uppercase(),
        "camelCase" => {
            let mut characters = name.chars();
            let first = characters.next().map(|first| first.to_ascii_lowercase());
            first.into_iter().chain(characters).collect()
        }
        "snake_case" => snake(name),
        "SCREAMING_SNAKE_CASE" => snake(name).to_ascii_uppercase(),
        "kebab-case" => snake(name).replace('_', "-"),
        "SCREAMING-KEBAB-CASE" => snake(name).to_ascii_uppercase().replace('_', "-"),
        _ => name.to_owned(),
    }
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, character) in name.char_indices() {
        if at > 0 && character.is_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::variant;

    /// The table of serde's documentation, for `VeryTasty`; and a name with an underscore of its own.
    #[test]
    fn the_rules_are_serde_s() {
        for (rule, expected) in [
            (None, "VeryTasty"),
            (Some("PascalCase"), "VeryTasty"),
            (Some("lowercase"), "verytasty"),
            (Some("UPPERCASE"), "VERYTASTY"),
            (Some("camelCase"), "veryTasty"),
            (Some("snake_case"), "very_tasty"),
            (Some("SCREAMING_SNAKE_CASE"), "VERY_TASTY"),
            (Some("kebab-case"), "very-tasty"),
            (Some("SCREAMING-KEBAB-CASE"), "VERY-TASTY"),
        ] {
            assert_eq!(variant("VeryTasty", rule), expected);
        }
        assert_eq!(variant("__Traced", Some("lowercase")), "__traced");
        assert_eq!(variant("__traced", Some("snake_case")), "__traced");
    }
}
