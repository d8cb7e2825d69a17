//! Random numbers that are the same in every run: xorshift64*.

pub(crate) struct Random(u64);

impl Random {
    /// A source for a seed; neighbouring seeds give unlike numbers.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number from 0 to `end`, without `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        (self.next() >> 11) % end
    }

    /// True one time in `number`.
    pub(crate) fn one_in(&mut self, number: u64) -> bool {
        self.below(number) == 0
    }

    /// One of several.
    pub(crate) fn of<'a>(&mut self, several: &[&'a str]) -> &'a str {
        let at = self.below(several.len() as u64);
        several[usize::try_from(at).expect("an index")]
    }
}
