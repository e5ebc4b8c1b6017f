//! Each wrong use is an error that says what to write. The files in `ui/` are named after the mistake; `TRYBUILD=overwrite cargo
//! test -p traced-actor-kameo --test ui` writes what the compiler says.

#[test]
fn wrong_uses_are_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
