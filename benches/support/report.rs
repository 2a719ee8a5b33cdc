//! How results are printed: what ran, the absolute figures, and one row for the README's table.

use super::load::Measured;
use super::median;

/// Rounds of one variant.
#[derive(Debug, Default)]
pub struct Rounds(pub Vec<Measured>);

impl Rounds {
    /// Requests a second, median.
    pub fn rate(&self) -> f64 {
        median(self.0.iter().map(Measured::rate))
    }

    /// One line: rates, latencies, and what a request costs each side in processor time.
    pub fn line(&self, name: &str) {
        let of = |get: &dyn Fn(&Measured) -> f64| median(self.0.iter().map(get));
        println!(
            "{name:<34} {:>9.0}/s  p50 {:>6.0} us  p99 {:>7.0} us  {:>8.0} B  server {:>6.1} us  load {:>6.1} us",
            self.rate(),
            of(&|m| m.all.p50),
            of(&|m| m.all.p99),
            of(&Measured::mean_size),
            of(&Measured::server_us),
            of(&Measured::load_us),
        );
    }
}

/// The median of the rounds' own ratios: what disturbed the machine disturbed both.
pub fn ratio(of: &Rounds, to: &Rounds) -> f64 {
    median(of.0.iter().zip(&to.0).map(|(of, to)| of.rate() / to.rate()))
}

/// A row of the README's table.
pub fn row(what: &str, aim: &str, result: &str, figures: &str, command: &str) {
    println!("\n| {what} | {aim} | {result} | {figures} | `{command}` |");
}

/// A number as people write it: 1,000,000.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.join(",")
}
