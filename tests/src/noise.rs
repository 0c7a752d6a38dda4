//! Text that no compression makes small.

/// The next state of a generator (xorshift), the same in every run.
fn next(state: u64) -> u64 {
    let state = state ^ (state << 13);
    let state = state ^ (state >> 7);
    state ^ (state << 17)
}

/// Printable ASCII of this many bytes, without what JSON would escape.
pub fn text(bytes: usize) -> String {
    let states = std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |state| Some(next(*state)));
    states
        .filter_map(|state| char::from_u32(0x20 + u32::try_from((state >> 32) % 95).ok()?))
        .filter(|character| !matches!(character, '"' | '\\'))
        .take(bytes)
        .collect()
}
