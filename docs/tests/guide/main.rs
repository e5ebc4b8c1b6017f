//! Checks everything in the guide and the README that is not a code block: quotations, figures, names and tables.

mod chapters;
mod errors;
mod figures;
mod names;
mod shapes;
