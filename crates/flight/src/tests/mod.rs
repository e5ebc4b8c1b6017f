//! Tests of what is not public.

mod ring;
