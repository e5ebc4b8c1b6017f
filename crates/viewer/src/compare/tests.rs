//! Planted causes among noise, and noise alone.

use std::borrow::Cow;
use std::sync::LazyLock;

use super::*;

/// A small generator of random numbers (xorshift64*), so that each seed is the same everywhere.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, n: u64) -> u64 {
        u64::try_from((u128::from(self.next()) * u128::from(n)) >> 64).unwrap()
    }

    fn is_one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

const NOISE: [&str; 12] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];

/// The numbers below 200, as texts.
static NUMBERS: LazyLock<Vec<String>> = LazyLock::new(|| (0..200).map(|i: u32| i.to_string()).collect());

fn number(n: u64) -> Cow<'static, str> {
    Cow::Borrowed(&NUMBERS[usize::try_from(n).unwrap()])
}

/// Seeds that a test tries: `VIEWER_SEEDS=1000 cargo test --release -p traced-actor-viewer --lib compare` tries as many.
fn seeds(default: u64) -> u64 {
    std::env::var("VIEWER_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(default)
}

/// Attributes that mean nothing: of 2 to 200 values each, and an id.
fn noise(random: &mut Random) -> Vec<(&'static str, Cow<'static, str>)> {
    let mut attributes = Vec::with_capacity(NOISE.len() + 3);
    for (i, name) in NOISE.iter().enumerate() {
        let values = [2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 200, 4][i];
        attributes.push((*name, number(random.below(values))));
    }
    attributes.push(("id", Cow::Owned(random.next().to_string())));
    attributes
}

fn names(cause: &Cause) -> String {
    let terms: Vec<String> = cause.terms.iter().map(|term| format!("{}={}", term.name, term.value)).collect();
    terms.join(" ")
}

/// 5 % of the bad have the channel; the others are bad for no reason.
#[test]
fn a_planted_value_is_ranked_first_at_five_percent_support() {
    for seed in 0..seeds(8) {
        let mut random = Random::new(seed);
        let items: Vec<Item<'_>> = (0..10_000)
            .map(|i| {
                let mut attributes = noise(&mut random);
                // 500 are bad in any case; those of channel 42 are bad by half. So 27 of 527 are its: 5.1 %.
                let is_planted = i % 185 == 3;
                let channel = if is_planted { 42 } else { 100 + random.below(30) };
                attributes.push(("channel", number(channel)));
                Item {
                    is_bad: if is_planted { i % 2 == 0 } else { random.is_one_in(20) },
                    weight: 1.0,
                    attributes,
                }
            })
            .collect();
        let options = CompareOptions { support: 0.045, ..CompareOptions::default() };
        let report = compare(&items, &options);
        assert!(!report.causes.is_empty(), "seed {seed}");
        assert_eq!(names(&report.causes[0]), "channel=42", "seed {seed}: {report}");
        let cause = &report.causes[0];
        assert!(cause.share_of_bad > 0.04 && cause.share_of_bad < 0.065, "{cause}");
        assert!(cause.at_least > 1.0 && cause.at_least < cause.ratio, "{cause}");
    }
}

/// Neither of the two values is bad by itself.
#[test]
fn a_planted_pair_is_ranked_before_its_parts() {
    for seed in 0..seeds(5) {
        let mut random = Random::new(seed);
        let items: Vec<Item<'_>> = (0..10_000)
            .map(|_| {
                let mut attributes = noise(&mut random);
                let (region, build) = (random.below(8), random.below(5));
                attributes.push(("region", number(region)));
                attributes.push(("build", number(build)));
                let is_bad =
                    if region == 3 && build == 1 { random.is_one_in(2) } else { random.is_one_in(50) };
                Item { is_bad, weight: 1.0, attributes }
            })
            .collect();
        let report = compare(&items, &CompareOptions::default());
        assert_eq!(names(&report.causes[0]), "build=1 region=3", "seed {seed}: {report}");
    }
}

/// Few lengths occur twice. The long ones are bad by half.
#[test]
fn a_planted_range_is_ranked_first() {
    for seed in 0..seeds(2) {
        let mut random = Random::new(seed + 31);
        let items: Vec<Item<'_>> = (0..10_000)
            .map(|_| {
                let mut attributes = noise(&mut random);
                let bytes = random.below(100_000);
                attributes.push(("bytes", bytes.to_string().into()));
                attributes.push(("share", format!("0.{bytes:05}").into()));
                let is_bad = if bytes >= 90_000 { random.is_one_in(2) } else { random.is_one_in(50) };
                Item { is_bad, weight: 1.0, attributes }
            })
            .collect();
        let report = compare(&items, &CompareOptions::default());
        let first = &report.causes[0];
        let bound: f64 = first.terms[0].value.parse().unwrap();
        assert_eq!((first.terms.len(), first.terms[0].is), (1, Is::AtLeast), "seed {seed}: {report}");
        assert!(
            first.terms[0].name == "share" && (bound - 0.9).abs() < 0.02
                || (bound - 90_000.0).abs() < 2_000.0,
            "seed {seed}: {report}"
        );
        // One range of each, and no single length.
        let of_bytes = report.causes.iter().filter(|cause| names(cause).starts_with("bytes=")).count();
        assert_eq!(of_bytes, 1, "seed {seed}: {report}");
    }
}

/// A field that is there or missing is the cause, whatever its values are.
#[test]
fn a_field_that_is_missing_or_there_is_ranked_first() {
    for seed in 0..seeds(2) {
        for (is, has) in [(Is::Missing, false), (Is::Present, true)] {
            let mut random = Random::new(seed + 77);
            let items: Vec<Item<'_>> = (0..5_000)
                .map(|i: u32| {
                    let mut attributes = noise(&mut random);
                    let is_planted = random.is_one_in(10);
                    if is_planted == has {
                        attributes.push(("key", format!("key {i}").into()));
                    }
                    let is_bad = if is_planted { random.is_one_in(2) } else { random.is_one_in(50) };
                    Item { is_bad, weight: 1.0, attributes }
                })
                .collect();
            let report = compare(&items, &CompareOptions::default());
            let term = &report.causes[0].terms[0];
            assert_eq!((&*term.name, term.is, &*term.value), ("key", is, ""), "seed {seed}: {report}");
            let text = if has { "key is set: " } else { "key is not set: " };
            assert!(report.causes[0].to_string().starts_with(text), "{report}");
        }
    }
}

/// Neither numbers nor fields that are there or not say anything by themselves.
#[test]
fn noise_of_numbers_and_of_missing_fields_shows_nothing() {
    let seeds = seeds(15);
    let mut wrong = 0;
    for seed in 0..seeds {
        let mut random = Random::new(seed + 5_000);
        let items: Vec<Item<'_>> = (0..2_000)
            .map(|_| {
                let mut attributes = Vec::new();
                for (i, name) in NOISE.iter().enumerate() {
                    // Of many sizes, with fractions, and each less often there than the one before.
                    let number = random.below(10 << (i * 3));
                    let text = if i % 3 == 0 { format!("{number}.5") } else { number.to_string() };
                    if random.below(12) >= u64::try_from(i).unwrap() {
                        attributes.push((*name, text.into()));
                    }
                }
                Item { is_bad: random.is_one_in(10), weight: 1.0, attributes }
            })
            .collect();
        wrong += u64::from(!compare(&items, &CompareOptions::default()).causes.is_empty());
    }
    assert!(wrong <= seeds / 100 + 1, "{wrong} of {seeds}");
}

#[test]
fn a_report_says_why_it_has_no_causes() {
    let report = |bad: usize, of: usize| {
        let item = |i| Item { is_bad: i < bad, weight: 1.0, attributes: vec![("a", "1".into())] };
        compare(&(0..of).map(item).collect::<Vec<_>>(), &CompareOptions::default()).to_string()
    };
    assert_eq!(report(0, 0), "0 bad, 0 others\nthere is nothing to explain: none is bad\n");
    assert_eq!(report(0, 9), "0 bad, 9 others\nthere is nothing to explain: none is bad\n");
    assert_eq!(report(9, 9), "9 bad, 0 others\nthere is nothing to compare with: all are bad\n");
    assert_eq!(
        report(4, 9),
        "4 bad, 5 others\nthere are too few to compare: 4 bad, and at least 5 are needed\n"
    );
    assert_eq!(report(5, 20), "5 bad, 15 others\nnothing sets them apart (1 values and pairs looked at)\n");
}

#[test]
fn noise_with_a_fifth_bad_shows_nothing() {
    noise_shows_nothing(5);
}

#[test]
fn noise_with_a_twentieth_bad_shows_nothing() {
    noise_shows_nothing(20);
}

#[test]
fn noise_with_a_hundredth_bad_shows_nothing() {
    noise_shows_nothing(100);
}

/// One of `of` items is bad. One seed in a hundred may show something; the test prints how many do.
fn noise_shows_nothing(of: u64) {
    let seeds = seeds(40);
    let (mut wrong, mut tested) = (0, 0);
    for seed in 0..seeds {
        let mut random = Random::new(seed + 1_000 * of);
        let items: Vec<Item<'_>> = (0..2_000)
            .map(|_| {
                let attributes = noise(&mut random);
                // As with a fan-out: some stand for many.
                let weight = if random.is_one_in(3) { 10.0 } else { 1.0 };
                Item { is_bad: random.is_one_in(of), weight, attributes }
            })
            .collect();
        let report = compare(&items, &CompareOptions::default());
        wrong += u64::from(!report.causes.is_empty());
        tested += report.tested;
    }
    println!(
        "one in {of} bad: {wrong} of {seeds} seeds show something; {tested} values and pairs were looked at"
    );
    // One in a hundred may.
    assert!(wrong <= seeds / 100 + 1, "one in {of} bad: {wrong} of {seeds}");
}

/// Three fields name the same tenth of the items, and half of them are bad in a region: one pair says it.
#[test]
fn pairs_that_say_the_same_are_one() {
    let mut random = Random::new(9);
    let items: Vec<Item<'_>> = (0..4_000)
        .map(|_| {
            let (part, region) = (random.below(10), random.below(4));
            let same = number(part);
            let attributes = vec![
                ("build", same.clone()),
                ("host", same.clone()),
                ("zone", same),
                ("region", number(region)),
            ];
            let is_bad = part == 3 && region == 1 && random.is_one_in(2);
            Item { is_bad, weight: 1.0, attributes }
        })
        .collect();
    let report = compare(&items, &CompareOptions::default());
    let pairs: Vec<String> = report.causes.iter().filter(|cause| cause.terms.len() > 1).map(names).collect();
    assert_eq!(pairs, ["build=3 region=1"], "{report}");
}

/// A rare kept trace stands for many: by number the value is as frequent among the rest as among the bad.
#[test]
fn weights_are_what_counts() {
    let mut items = Vec::new();
    for i in 0..400_u32 {
        let is_bad = i % 2 == 0;
        let shard = if i % 4 < 2 { "1" } else { "2" };
        // Each bad one of shard 1 stands for a hundred.
        let weight = if is_bad && shard == "1" { 100.0 } else { 1.0 };
        items.push(Item { is_bad, weight, attributes: vec![("shard", shard.into())] });
    }
    let report = compare(&items, &CompareOptions::default());
    assert_eq!(names(&report.causes[0]), "shard=1");
    assert!((report.causes[0].share_of_bad - 10_000.0 / 10_100.0).abs() < 1e-9);
    assert!((report.bad.weight - 10_100.0).abs() < 1e-9 && report.bad.items == 200);

    for item in &mut items {
        item.weight = 1.0;
    }
    assert_eq!(compare(&items, &CompareOptions::default()).causes, []);
}

/// Few items of great weight are few items.
#[test]
fn great_weights_make_no_certainty() {
    let mut items: Vec<Item<'_>> = (0..200_u32)
        .map(|i| Item { is_bad: i % 10 == 0, weight: 1.0, attributes: vec![("host", "a".into())] })
        .collect();
    for i in 0..10_u32 {
        let attributes = vec![("host", "b".into())];
        items.push(Item { is_bad: i < 5, weight: if i == 0 { 1e6 } else { 1.0 }, attributes });
    }
    assert_eq!(compare(&items, &CompareOptions::default()).causes, []);
}

#[test]
fn odd_inputs_are_harmless() {
    let attributes = || vec![("a", Cow::Borrowed("1")), ("a", "1".into()), ("", "".into())];
    for weight in [0.0, -1.0, f64::NAN, f64::INFINITY, f64::MAX, f64::MIN_POSITIVE] {
        for bad in [0, 1, 10, 20] {
            let items: Vec<Item<'_>> =
                (0..20).map(|i| Item { is_bad: i < bad, weight, attributes: attributes() }).collect();
            let report = compare(&items, &CompareOptions::default());
            assert_eq!(report.causes, [], "{weight} {bad}");
            assert_eq!(report.bad.items + report.rest.items, 20);
        }
    }
    let options =
        CompareOptions { most_attributes: 0, most_values: 0, most_causes: 0, ..CompareOptions::default() };
    let items = [true, false].map(|is_bad| Item { is_bad, weight: 1.0, attributes: attributes() });
    assert_eq!(compare(&items, &options).omitted, 2);
}

/// Attributes and values beyond the bounds take no room.
#[test]
fn tables_are_bounded() {
    let long = "x".repeat(10_000);
    let names: Vec<String> = (0..5_000).map(|i| format!("name {i}")).collect();
    let items: Vec<Item<'_>> = (0..5_000_usize)
        .map(|i| {
            let attributes =
                vec![("id", i.to_string().into()), ("text", (&*long).into()), (&*names[i], "1".into())];
            Item { is_bad: i % 2 == 0, weight: 1.0, attributes }
        })
        .collect();
    let report = compare(&items, &CompareOptions::default());
    assert_eq!(report.causes, []);
    assert!(report.omitted > 900);
}
