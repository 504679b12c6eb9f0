//! Prefix codes: how long each symbol's is, by how often it occurs, and what it is by all their lengths.

/// How long the codes of symbols are that occur so often, at most `longest` bits; 0 for those that do not occur. Of
/// less than two symbols two get a code, for readers refuse a code that is not whole.
pub(super) fn lengths<const N: usize>(often: &[u32; N], longest: u8) -> [u8; N] {
    let mut lengths = [0; N];
    // How often, and in the lower bits which: those that occur, the rarest first.
    let mut used = Vec::with_capacity(N);
    for (symbol, often) in (0u64..).zip(often) {
        if *often > 0 {
            used.push(u64::from(*often) << u16::BITS | symbol);
        }
    }
    for symbol in 0..N as u64 {
        if used.len() < 2 && !used.iter().any(|used| *used as u16 == symbol as u16) {
            used.push(1 << u16::BITS | symbol);
        }
    }
    sort(&mut used);
    let mut weights: Vec<u32> = used.iter().map(|used| (used >> u16::BITS) as u32).collect();
    let mut depths = weights.clone();
    loop {
        depths.copy_from_slice(&weights);
        to_depths(&mut depths);
        // The rarest is the deepest.
        if depths[0] <= u32::from(longest) {
            break;
        }
        // Less unequal weights make less unequal depths, in the end equal ones; the order stays.
        weights
            .iter_mut()
            .for_each(|weight| *weight = weight.div_ceil(2));
    }
    for (used, depth) in used.iter().zip(depths) {
        lengths[usize::from(*used as u16)] = depth as u8;
    }
    lengths
}

/// Sorts what occurs by how often it does, below it by which it is, which is its order: by the lower byte of how often, then
/// by the upper one, each in two looks at all.
fn sort(used: &mut Vec<u64>) {
    /// Of less a sort by comparing makes sooner.
    const MANY: usize = 32;
    const BYTES: usize = 1 << u8::BITS;
    let most = used.iter().max().map_or(0, |most| most >> u16::BITS);
    if used.len() < MANY || most > u64::from(u16::MAX) {
        return used.sort_unstable();
    }
    let mut sorted = vec![0; used.len()];
    for shift in [u16::BITS, u16::BITS + u8::BITS] {
        let byte = |used: u64| usize::from((used >> shift) as u8);
        let mut places = [0u32; BYTES];
        used.iter().for_each(|used| places[byte(*used)] += 1);
        let mut next = 0;
        for place in &mut places {
            next += std::mem::replace(place, next);
        }
        for used in &*used {
            let place = &mut places[byte(*used)];
            sorted[*place as usize] = *used;
            *place += 1;
        }
        std::mem::swap(used, &mut sorted);
        if most < BYTES as u64 {
            return;
        }
    }
}

/// Replaces two or more weights, the least first, by their depths in a tree that has the least sum of both multiplied, in
/// place (Moffat and Katajainen, "In-place calculation of minimum-redundancy codes", 1995).
fn to_depths(a: &mut [u32]) {
    let n = a.len();
    // Joins the two least weights, of leaves or of what was joined; what was joined is told where it hangs.
    let (mut root, mut leaf) = (0, 0);
    for next in 0..n - 1 {
        let mut least = || {
            if leaf >= n || (root < next && a[root] < a[leaf]) {
                let weight = a[root];
                a[root] = next as u32;
                root += 1;
                weight
            } else {
                leaf += 1;
                a[leaf - 1]
            }
        };
        let both = least() + least();
        a[next] = both;
    }
    // Depths of what was joined, from the top.
    a[n - 2] = 0;
    for next in (0..n - 2).rev() {
        a[next] = a[a[next] as usize] + 1;
    }
    // Of these, depths of leaves.
    let (mut places, mut depth, mut root, mut next) = (1, 0, n as isize - 2, n);
    while places > 0 {
        let mut joined = 0;
        while root >= 0 && a[root as usize] == depth {
            joined += 1;
            root -= 1;
        }
        for _ in joined..places {
            next -= 1;
            a[next] = depth;
        }
        places = 2 * joined;
        depth += 1;
    }
}

/// By symbol: its code, first bit lowest, and how many bits that has.
pub(super) struct Codes<const N: usize>(pub(super) [(u32, u32); N]);

impl<const N: usize> Codes<N> {
    /// The codes with these lengths, as RFC 1951, section 3.2.2, has them.
    pub(super) fn of(lengths: &[u8; N]) -> Codes<N> {
        let mut first = [0u32; 17];
        for length in lengths {
            first[usize::from(*length) + 1] += u32::from(*length > 0);
        }
        let mut code = 0;
        for count in &mut first {
            code = (code + *count) << 1;
            *count = code;
        }
        let mut codes = [(0, 0); N];
        for (code, length) in codes.iter_mut().zip(lengths) {
            if *length > 0 {
                let next = &mut first[usize::from(*length)];
                let length = u32::from(*length);
                *code = (next.reverse_bits() >> (u32::BITS - length), length);
                *next += 1;
            }
        }
        Codes(codes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::sort;

    proptest! {
        #[test]
        fn what_occurs_is_sorted_as_by_the_library(
            often in prop::collection::vec(prop_oneof![1..4u64, 1..300u64, 1..70_000u64], 0..288),
            most in prop::sample::select(vec![200u64, 60_000, 70_000]),
        ) {
            let numbered = often.into_iter().zip(0..);
            let mut used: Vec<u64> = numbered.map(|(often, n)| often.min(most) << 16 | n).collect();
            let mut plainly = used.clone();
            plainly.sort_unstable();
            sort(&mut used);
            prop_assert_eq!(used, plainly);
        }
    }
}
