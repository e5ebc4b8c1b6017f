//! A course as text.

use crate::schemes::Course;

pub(crate) fn print(course: &Course) {
    println!("{}: {}", course.name, course.explanation);
    println!("{:>8} {:>12} {:>12} {:>12} {:>14}", "second", "load /s", "kept /s", "share", "estimate /s");
    for interval in &course.intervals {
        let share = interval.kept / interval.load;
        println!(
            "{:>8.0} {:>12.1} {:>12.3} {share:>12.6} {:>14.1}",
            interval.second, interval.load, interval.kept, interval.estimate
        );
    }
    println!();
}
