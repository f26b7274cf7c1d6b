use std::collections::HashMap;

struct Points {
    n: u64,
}

impl Points {
    #[inline(never)]
    fn sum(&self) -> u64 {
        (0..self.n).map(|v| v ^ 3).filter(|v| v % 2 == 0).sum()
    }
}

#[inline(never)]
fn count(n: u64) -> u64 {
    let mut counts: HashMap<u64, u64> = HashMap::new();

    for i in 0..n {
        *counts.entry(i % 97).or_insert(0) += i * i;
    }
    counts.values().sum()
}

fn main() {
    let repeats = std::env::args().nth(1).map_or(1, |text| text.parse().unwrap());
    for _ in 0..repeats {
        println!("{}", count(100000) + Points { n: 1000 }.sum());
    }
}
