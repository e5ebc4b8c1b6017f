//! The figures that one process measured for one set, and their encoding on the pipe to the parent: a line per
//! contestant.

use std::collections::BTreeMap;

use crate::median;

/// Each contestant's samples. Samples with the same index belong to one round.
#[derive(Default)]
pub(crate) struct Figures(BTreeMap<String, Figure>);

#[derive(Default)]
pub(crate) struct Figure {
    /// The nanoseconds per repetition, by round; for a counted contestant the number, once.
    pub(crate) samples: Vec<f64>,
    /// Allocations per repetition.
    pub(crate) allocations: f64,
}

impl Figures {
    pub(crate) fn insert(&mut self, contestant: &str, figure: Figure) {
        self.0.insert(contestant.to_owned(), figure);
    }

    pub(crate) fn allocations(&self, contestant: &str) -> f64 {
        self.get(contestant).allocations
    }

    pub(crate) fn median(&self, contestant: &str) -> f64 {
        median(&self.get(contestant).samples)
    }

    /// Returns the median over rounds of the result of `compare` for two contestants in the same round.
    pub(crate) fn paired(&self, one: &str, other: &str, compare: fn(f64, f64) -> f64) -> f64 {
        let (one, other) = (&self.get(one).samples, &self.get(other).samples);
        let values: Vec<f64> = one.iter().zip(other).map(|(one, other)| compare(*one, *other)).collect();
        median(&values)
    }

    fn get(&self, contestant: &str) -> &Figure {
        self.0.get(contestant).unwrap_or_else(|| panic!("a row names `{contestant}`, which its set has not"))
    }

    pub(crate) fn print(&self) {
        for (name, figure) in &self.0 {
            print!("{name}\t{}\t", figure.allocations);
            let samples: Vec<String> = figure.samples.iter().map(f64::to_string).collect();
            println!("{}", samples.join(" "));
        }
    }

    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut figures = Self::default();
        for line in text.lines() {
            let mut columns = line.split('\t');
            let (Some(name), Some(allocations), Some(samples)) =
                (columns.next(), columns.next(), columns.next())
            else {
                return Err(format!("a process printed what is no figure: {line}"));
            };
            let number = |text: &str| text.parse::<f64>().map_err(|error| format!("{text}: {error}"));
            let samples = samples.split(' ').map(number).collect::<Result<_, _>>()?;
            figures.insert(name, Figure { samples, allocations: number(allocations)? });
        }
        Ok(figures)
    }
}
