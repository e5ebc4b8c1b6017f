//! Mistakes in the wire format: names, numbers and retired shapes.

use super::errors;

/// An enum that serde writes.
fn serde(item: &str) -> String {
    format!("#[derive(Serialize, Deserialize)] {item}")
}

/// Exactly these errors: what each underlines, and how what it says begins.
#[track_caller]
fn found(item: &str, expected: &[(&str, &str)]) {
    let found = errors("", item);
    let same = found.len() == expected.len()
        && found
            .iter()
            .zip(expected)
            .all(|((at, text), (place, start))| at == place && text.starts_with(start));
    assert!(same, "{item}: {found:#?}");
}

#[test]
fn nothing_is_wrong_with_a_protocol_that_keeps_its_numbers() {
    found(
        &serde(
            "#[traced(legacy(A1, name = \"A\", index = 0), legacy(B1, name = \"B\", until = 2))] \
             enum M { #[traced(index = 2, since = 1)] #[serde(rename = \"A2\")] A, #[traced(skip, index = 1)] C, \
             #[serde(skip)] D }",
        ),
        &[],
    );
    // One side is enough, and a path.
    found("#[derive(Debug, serde::Serialize)] enum M { #[traced(index = 1)] A }", &[]);
    found("#[derive(::serde::Deserialize)] enum M { #[traced(index = 1)] A }", &[]);
    // Of two alternatives one is there.
    found(
        &serde(
            "enum M { #[cfg(a)] #[traced(index = 1)] A(u8), #[cfg(not(a))] #[traced(index = 1)] A { a: u8 } }",
        ),
        &[],
    );
}

#[test]
fn the_reserved_name() {
    let reserved = "the name `__traced` is reserved for envelopes on the wire: rename this variant";
    found("enum M { A, __traced }", &[("__traced", reserved)]);
    found("enum M { r#__traced { a: u8 } }", &[("r#__traced", reserved)]);
    found(&serde("enum M { #[serde(rename = \"__traced\")] A }"), &[("\"__traced\"", reserved)]);
    found(&serde("enum M { #[serde(rename(serialize = \"__traced\"))] A }"), &[("\"__traced\"", reserved)]);
    found(&serde("enum M { #[serde(rename(deserialize = \"__traced\"))] A }"), &[("\"__traced\"", reserved)]);
    found(
        &serde("enum M { #[serde(alias = \"a\", alias = \"__traced\")] A }"),
        &[("\"__traced\"", reserved)],
    );
    found(&serde("#[serde(rename_all = \"lowercase\")] enum M { __Traced }"), &[("__Traced", reserved)]);
    found(
        &serde("#[serde(rename_all(serialize = \"lowercase\"))] enum M { __TRACED }"),
        &[("__TRACED", reserved)],
    );
    found(&serde("#[serde(rename_all = \"lowercase\")] enum M { #[serde(rename = \"x\")] __Traced }"), &[]);
    found(
        &serde("#[traced(legacy(Old, name = \"__traced\"))] enum M { #[traced(index = 0)] A }"),
        &[(
            "\"__traced\"",
            "the name `__traced` is reserved for envelopes on the wire: no older shape can have it",
        )],
    );
    // In a module, only what is a message.
    let module =
        |field: &str| format!("mod a {{ enum Data {{ __traced }} enum M {{ A }} struct S {{ {field} }} }}");
    assert_eq!(errors("msg = M", &module("rx: Receiver<M>")), []);
    assert_eq!(errors("msg = Data", &module("rx: Receiver<Data>")).len(), 1);
}

#[test]
fn the_reserved_number() {
    let variants = |count: usize| (0..count).map(|at| format!("V{at},")).collect::<Vec<_>>().concat();
    let many = "this enum has too many variants: on the wire, number 127 is reserved for envelopes";
    found(&serde(&format!("enum M {{ {} }}", variants(127))), &[]);
    found(&serde(&format!("enum M {{ {} }}", variants(128))), &[("V127", many)]);
    found(&format!("#[cfg_attr(a, derive(Serialize))] enum M {{ {} }}", variants(130)), &[("V127", many)]);
    // Nobody writes it; or perhaps it is not there.
    found(&format!("enum M {{ {} }}", variants(128)), &[]);
    found(&serde(&format!("enum M {{ {} #[cfg(a)] X }}", variants(127))), &[]);
    let range = "invalid value for `index` (it must be from 0 to 126; 127 is reserved for envelopes): write \
     `index = 5`";
    found(&serde("enum M { #[traced(index = 127)] A }"), &[("127", range)]);
    found(&serde("enum M { #[traced(index = 99999999999)] A }"), &[("99999999999", range)]);
    found(&serde("enum M { #[traced(index = 126)] A }"), &[]);
}

#[test]
fn a_number_used_again() {
    found(
        &serde("#[traced(legacy(Old, index = 3))] enum M { #[traced(index = 0)] A, #[traced(index = 3)] B }"),
        &[(
            "3",
            "number 3 was used by `Old`, and old nodes still read it as that: choose one that no node has ever used, \
             such as 4",
        )],
    );
    found(
        &serde("enum M { #[traced(index = 7)] A, #[traced(index = 7)] B }"),
        &[("7", "number 7 is already used by `A`: choose one that no node has ever used, such as 8")],
    );
    found(
        &serde(
            "#[traced(legacy(a::Old<u8>, index = 3), legacy(Older, index = 3))] enum M { #[traced(index = 126)] A }",
        ),
        &[("3", "number 3 was used by `a::Old<u8>` already: two shapes cannot have the same number")],
    );
    // Behind the last number come the gaps.
    found(
        &serde("enum M { #[traced(index = 126)] A, #[traced(index = 126)] B, #[traced(index = 0)] C }"),
        &[("126", "number 126 is already used by `A`: choose one that no node has ever used, such as 1")],
    );
}

#[test]
fn a_name_used_again() {
    let was = |name: &str| {
        format!(
            "on the wire, the name \"{name}\" was used by `Old`, and old nodes still read it as that: choose \
             another one, \
             `#[serde(rename = \"..\")]`"
        )
    };
    let old = |name: &str, rest: &str| serde(&format!("#[traced(legacy(Old, name = \"{name}\"))] {rest}"));
    found(&old("A", "enum M { #[traced(index = 0)] A }"), &[("A", &was("A"))]);
    found(
        &old("b", "#[serde(rename_all = \"snake_case\")] enum M { #[traced(index = 0)] B }"),
        &[("B", &was("b"))],
    );
    found(&old("x", "enum M { #[traced(index = 0)] #[serde(rename = \"x\")] A }"), &[("\"x\"", &was("x"))]);
    found(&old("x", "enum M { #[traced(index = 0)] #[serde(alias = \"x\")] A }"), &[("\"x\"", &was("x"))]);
    found(
        &old("x", "enum M { #[traced(index = 0)] #[serde(rename(serialize = \"x\"))] A }"),
        &[("\"x\"", &was("x"))],
    );
    // A variant that is never on the wire has no name there.
    found(&old("A", "enum M { #[serde(skip)] A, #[traced(index = 0)] B }"), &[]);
    found(
        &serde("enum M { #[traced(index = 0)] A, #[traced(index = 1)] #[serde(rename = \"A\")] B }"),
        &[("\"A\"", "on the wire, the name \"A\" is already used by `A`: choose another one")],
    );
    found(
        &serde(
            "#[traced(legacy(Old, name = \"x\"), legacy(Older, name = \"x\"))] enum M { #[traced(index = 0)] A }",
        ),
        &[("\"x\"", "\"x\" was the name of `Old` already: two shapes cannot have the same name")],
    );
}

#[test]
fn a_variant_without_a_number() {
    let pin = |name: &str, free: u8| {
        format!(
            "with `index`, `since` or `legacy`, each variant needs its number on the wire: write `#[traced(index \
             = ..)]` \
             on `{name}` with the number that it has always had, or {free} if it is new"
        )
    };
    found(&serde("enum M { #[traced(index = 4)] A, B, C }"), &[("B", &pin("B", 5)), ("C", &pin("C", 5))]);
    found(&serde("#[traced(legacy(Old, name = \"Old\"))] enum M { A }"), &[("A", &pin("A", 0))]);
    found(&serde("enum M { #[traced(since = 1)] A }"), &[("A", &pin("A", 0))]);
    found(
        &serde("enum M { #[traced(index = 4)] A, #[traced(index = 5, since = 1)] #[serde(skip)] B }"),
        &[
            ("index", "serde skips `B`, so it is never on the wire: remove `index`"),
            ("since", "serde skips `B`, so it is never on the wire: remove `since`"),
        ],
    );
    // One side is on the wire.
    found(&serde("enum M { #[traced(index = 4)] #[serde(skip_serializing)] A }"), &[]);
}

#[test]
fn a_shape_that_cannot_be_found() {
    let of =
        |legacy: &str| serde(&format!("#[traced(legacy({legacy}))] enum M {{ #[traced(index = 9)] A }}"));
    found(
        &of("Old, upgrade = up"),
        &[(
            "Old",
            "nothing identifies this shape on the wire: write the `name` that its variant had, its `index`, or both",
        )],
    );
    let both = "to be written for an older peer, a shape needs a name and a number: add";
    found(&of("Old, name = \"x\", downgrade = a::down"), &[("a::down", &format!("{both} `index = ..`"))]);
    found(&of("Old, index = 1, downgrade = down"), &[("down", &format!("{both} `name = \"..\"`"))]);
}

#[test]
fn shapes_in_another_order() {
    let of = |legacy: &str| serde(&format!("#[traced({legacy})] enum M {{ #[traced(index = 9)] A }}"));
    found(
        &of("legacy(A, index = 1, until = 3), legacy(B, index = 2, until = 2)"),
        &[("2", "the shape above ends with schema 3, and this one ends with 2: write the oldest first")],
    );
    found(
        &of("legacy(A, index = 1, until = 2), legacy(B, index = 2)"),
        &[("legacy", "the shape above ends with schema 2, and this one ends with 1: write the oldest first")],
    );
    found(&of("legacy(A, index = 1, since = 1, until = 2), legacy(B, index = 2, until = 2)"), &[]);
    let gone = |until: u8, next: u8| {
        format!(
            "this shape begins with schema 2 and ends with {until}: write the first schema without it, \
             `until = {next}` or later"
        )
    };
    found(&of("legacy(A, index = 1, since = 2)"), &[("2", &gone(1, 3))]);
    found(&of("legacy(A, index = 1, since = 2, until = 2)"), &[("2", &gone(2, 3))]);
    let zero = "invalid value for `until` (it must be from 1 to 4294967295): write `until = 1`";
    found(&of("legacy(A, index = 1, until = 0)"), &[("0", zero)]);
}

#[test]
fn no_derive_in_view() {
    let above = |key: &str| {
        format!(
            "`{key}` needs serde's derive on the enum, and there is none below `#[traced_actor]`: move \
             `#[traced_actor]` above `#[derive(Serialize, Deserialize)]`"
        )
    };
    found("enum M { #[traced(index = 1)] A }", &[("index", &above("index"))]);
    found(
        "#[derive(Debug)] #[traced(legacy(A, index = 2))] enum M { #[traced(index = 1)] A }",
        &[("legacy", &above("legacy"))],
    );
    found("#[derive(rkyv::Serialize)] enum M { #[traced(index = 1)] A }", &[("index", &above("index"))]);
    let late = "in `cfg_attr` takes effect too late for variant numbers: write it without `cfg_attr`";
    found(
        "#[cfg_attr(a, derive(Serialize))] enum M { #[traced(index = 1)] A }",
        &[("Serialize", &format!("`Serialize` {late}"))],
    );
    found(
        &serde(
            "#[cfg_attr(a, serde(rename_all = \"x\"))] enum M { #[traced(index = 1)] #[cfg_attr(a, serde(skip))] A }",
        ),
        &[("serde", &format!("`serde` {late}")), ("serde", &format!("`serde` {late}"))],
    );
    // On a field it decides over nothing here.
    found(&serde("enum M { #[traced(index = 1)] A(#[cfg_attr(a, serde(default))] u8) }"), &[]);
}

#[test]
fn another_form_than_serde_s_own() {
    let tagged = "does not work with variant numbers and retired shapes: remove it, or remove `index`, `since` and \
                  `legacy`, send the message in a `Sidecar`";
    let of = |attribute: &str| serde(&format!("#[serde({attribute})] enum M {{ #[traced(index = 1)] A }}"));
    found(&of("tag = \"t\""), &[("tag", &format!("`tag` {tagged}"))]);
    found(
        &of("tag = \"t\", content = \"c\""),
        &[("tag", &format!("`tag` {tagged}")), ("content", &format!("`content` {tagged}"))],
    );
    found(&of("untagged"), &[("untagged", &format!("`untagged` {tagged}"))]);
    found(
        &serde("enum M { #[traced(index = 1)] #[serde(untagged)] A }"),
        &[("untagged", &format!("`untagged` {tagged}"))],
    );
    let converted = "puts another type on the wire: annotate that type";
    found(&of("try_from = \"T\""), &[("try_from", &format!("`try_from` {converted}"))]);
    found(
        &of("from = \"T\", into = \"T\""),
        &[("from", &format!("`from` {converted}")), ("into", &format!("`into` {converted}"))],
    );
    // Nothing is pinned: serde's business.
    found(&serde("#[serde(tag = \"t\")] enum M { A }"), &[]);
}

#[test]
fn a_borrow_for_ever() {
    let borrow = "this type cannot be read from the wire, because it borrows for `'static`: write `String`";
    found(&serde("enum M { #[traced(index = 1)] A(&'static str) }"), &[("'static", borrow)]);
    found(&serde("enum M { #[traced(index = 1)] A(Option<&'static [u8]>) }"), &[("'static", borrow)]);
    found("#[derive(Serialize)] enum M { #[traced(index = 1)] A(&'static str) }", &[]);
    found(&serde("enum M { #[traced(index = 1)] A(Cow<'static, str>) }"), &[]);
    found(&serde("enum M { #[traced(index = 1)] A(#[serde(skip)] &'static str) }"), &[]);
}

#[test]
fn the_grammar() {
    let takes = "`legacy` takes the type that describes the old shape: write `legacy(JoinV1, name = \"Join\", index = 0)`";
    for wrong in ["legacy", "legacy()", "legacy = A", "legacy(name = \"A\")"] {
        let item = format!("#[traced({wrong})] enum M {{ A }}");
        assert_eq!(errors("", &item)[0], ("legacy".to_owned(), takes.to_owned()), "{wrong}");
    }
    found("#[traced(legacy(5))] enum M { A }", &[("5", "not a type (")]);
    found("#[traced(legacy(A name = 3))] enum M { A }", &[("name", "expected `,` behind the type: write")]);
    let of = |legacy: &str| {
        serde(&format!("#[traced(legacy(A, index = 1, {legacy}))] enum M {{ #[traced(index = 0)] A }}"))
    };
    found(
        &of("upgarde = x"),
        &[(
            "upgarde",
            "unknown option `upgarde`; did you mean `upgrade`? (known here: `name`, `index`, `since`, `until`, `upgrade` and \
             `downgrade`)",
        )],
    );
    found(&of("since = 0, until = 1"), &[("0", "invalid value for `since` (it must be from 1 to")]);
    found(&of("index = 2"), &[("index", "`index` is given twice"), ("index", "first one here")]);
    found(&of("name = \"\""), &[("\"\"", "invalid value for `name` (empty): write `name = \"Join\"`")]);
    found(&of("upgrade = |a| a"), &[("|", "invalid value for `upgrade` (")]);
    found(
        &of("downgrade"),
        &[("downgrade", "`downgrade` takes a value: write `downgrade = JoinV1::downgrade`")],
    );
}

#[test]
fn options_in_another_place() {
    found(
        "enum M { #[traced(legacy(Old, index = 1))] A }",
        &[("legacy", "`legacy` does not go here: it belongs on the enum, because it stays")],
    );
    found(
        "enum M { #[traced(upgrade = a)] A }",
        &[("upgrade", "`upgrade` does not go here: it belongs to a retired shape")],
    );
    found(
        "#[traced(until = 1)] enum M { A }",
        &[("until", "`until` does not go here: it belongs to a retired shape")],
    );
    found(
        "#[traced(index = 1)] enum M { A }",
        &[("index", "`index` does not go here: it belongs to one kind of message")],
    );
    for option in ["index = 1", "since = 1", "legacy(Old, index = 1)"] {
        let key = option.split([' ', '(']).next().unwrap();
        found(
            &format!("#[traced({option})] struct M;"),
            &[(
                key,
                &format!("`{key}` does not go here: a struct has no variants; serde's `default` and `alias`"),
            )],
        );
    }
    found(
        "impl A { #[traced(index = 1)] fn handle(&self, m: M) {} }",
        &[("index", "`index` does not go here: it belongs to one kind of message")],
    );
    let text = &errors("legacy(A)", "enum M { A }")[0].1;
    assert!(
        text.starts_with("`legacy` does not go here: it belongs to an enum, below the attribute"),
        "{text}"
    );
}
