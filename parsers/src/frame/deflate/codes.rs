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
    used.sort_unstable();
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
