//! What the guide and the README say that is no code block: quotations, figures, names and tables.

mod chapters;
mod errors;
mod figures;
mod names;
mod shapes;
