//! The grammar of `fields(..)`.

use syn::parse::Parser;

use crate::attr::fields::{self, Form};
use crate::types::text;

/// `name`, form and value of each field, or the error.
fn parse(fields: &str) -> Result<Vec<(String, Form, String)>, String> {
    let parsed = fields::parse.parse_str(fields).map_err(|error| error.to_string())?;
    Ok(parsed.into_iter().map(|field| (field.name.value(), field.form, text(&field.value))).collect())
}

#[track_caller]
fn check(fields: &str, name: &str, form: Form, value: &str) {
    assert_eq!(parse(fields).unwrap(), [(name.to_owned(), form, value.to_owned())]);
}

#[test]
fn shorthands() {
    check("channel", "channel", Form::Value, "channel");
    check("%user", "user", Form::Display, "user");
    check("?state", "state", Form::Debug, "state");
    check("user.id", "user.id", Form::Value, "user . id");
    check("%user.id", "user.id", Form::Display, "user . id");
    check("_0", "_0", Form::Value, "_0");
    check("r#type", "type", Form::Value, "r#type");
}

#[test]
fn named_values() {
    check("text_len = text.len()", "text_len", Form::Value, "text . len ()");
    check("user.id = id", "user.id", Form::Value, "id");
    check("x = %a + b", "x", Form::Display, "a + b");
    check("y = ?&z", "y", Form::Debug, "& z");
    check("type = kind", "type", Form::Value, "kind");
    check("\"http.route\" = route", "http.route", Form::Value, "route");
}

#[test]
fn lists() {
    let names: Vec<String> = parse("a, %b, c = f(1, 2),").unwrap().into_iter().map(|field| field.0).collect();
    assert_eq!(names, ["a", "b", "c"]);
}

#[test]
fn mistakes() {
    assert_eq!(parse("text.len()").unwrap_err(), "expected `,`, or `name = ` before an expression");
    assert_eq!(
        parse("3").unwrap_err(),
        "expected a field: `channel`, `%user`, `?state` or `text_len = text.len()`"
    );
    assert!(parse("x = ").is_err());
    assert!(parse("%").is_err());
}

/// The arm of `record` for a variant with these fields and options.
fn arm(variant: &str, options: &str) -> String {
    let item = format!("enum M {{ #[traced(fields({options}))] A {variant} }}");
    let output = crate::traced(proc_macro2::TokenStream::new(), &item.parse().unwrap());
    let file = syn::parse2::<syn::File>(output).unwrap();
    let text = prettyplease::unparse(&file);
    let arm = text.split("match self {").nth(2).unwrap_or_else(|| panic!("{text}"));
    arm.split("=>").next().unwrap().trim().to_owned()
}

#[test]
fn only_what_is_used_is_bound() {
    let fields = "{ a: u8, b: u8, r#type: u8, len: u8 }";
    assert_eq!(arm(fields, "a"), "Self::A { a, .. }");
    assert_eq!(arm(fields, "x = f(b, g!(a))"), "Self::A { b, a, .. }");
    assert_eq!(arm(fields, "x = a.len(), y = len::f(), z = S { len: 1 }"), "Self::A { a, .. }");
    assert_eq!(arm(fields, "x = a..b"), "Self::A { a, b, .. }");
    assert_eq!(arm(fields, "x = 3"), "Self::A { .. }");
    assert_eq!(arm(fields, "r#type, len, a, b"), "Self::A { r#type, len, a, b }");
}

#[test]
fn a_tuple_s_fields_are_bound_by_place() {
    assert_eq!(arm("(u8, u8, u8)", "_1"), "Self::A(_, _1, ..)");
    assert_eq!(arm("(u8, u8)", "x = _1 + _0"), "Self::A(_0, _1)");
    assert_eq!(arm("(u8)", "x = 1"), "Self::A { .. }");
}

#[test]
fn what_a_string_captures_is_bound() {
    let fields = "{ a: u8, b: u8, r#type: u8 }";
    assert_eq!(arm(fields, r#"x = format!("{a} {b:?}")"#), "Self::A { a, b, .. }");
    assert_eq!(arm(fields, r#"x = format!("{{a}} {} {0} {r#type}", b)"#), "Self::A { r#type, b, .. }");
}
