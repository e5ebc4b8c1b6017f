//! The command line: `[--quick] [--list] [--write] [FILTER…]`.

/// The options of a run.
#[derive(Clone, Debug, Default)]
pub struct Args {
    /// A quick look: less of everything.
    pub quick: bool,
    /// Only list the rows.
    pub list: bool,
    /// Also write the table to `benches/results`.
    pub write: bool,
    /// The filters. A row runs if it contains one of them, or if there are none.
    pub filters: Vec<String>,
}

impl Args {
    /// Parses the process's arguments.
    ///
    /// # Errors
    ///
    /// Returns a message for an option that does not exist.
    pub fn parse() -> Result<Self, String> {
        let mut args = Self::default();
        for arg in std::env::args().skip(1) {
            match arg.as_str() {
                "--bench" => {} // Cargo's own
                "--quick" => args.quick = true,
                "--list" => args.list = true,
                "--write" => args.write = true,
                option if option.starts_with('-') => {
                    return Err(format!(
                        "there is no option `{option}`; there are --quick, --list, --write and filters"
                    ));
                }
                _ => args.filters.push(arg.to_lowercase()),
            }
        }
        Ok(args)
    }

    /// Returns `true` if a filter selects this name.
    #[must_use]
    pub fn asks_for(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        self.filters.is_empty() || self.filters.iter().any(|filter| name.contains(filter))
    }

    pub(crate) fn processes(&self) -> u32 {
        if self.quick { 10 } else { 20 }
    }

    pub(crate) fn rounds(&self) -> usize {
        if self.quick { 21 } else { 61 }
    }
}
