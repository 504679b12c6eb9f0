//! Huffman codes of bounded length from counts, and the bits they are written as.

/// Symbols of the code in which code lengths are told, the largest of which is 18.
pub(super) const LENGTHS_MAX: usize = 19;

/// Longest code there is.
const LONGEST: usize = 15;

/// The code of each of `N` symbols.
pub(super) struct Codes<const N: usize> {
    /// Bits of each, 0 for a symbol that is not used.
    pub(super) lengths: [u8; N],
    /// Each reversed, as it is written.
    codes: [u16; N],
}

impl<const N: usize> Codes<N> {
    /// The shortest codes of at most `longest` bits for symbols that come so often.
    pub(super) fn of(counts: &[u32; N], longest: usize) -> Codes<N> {
        let mut used: Vec<(u32, u16)> = Vec::with_capacity(N);
        let counted = counts.iter().zip(0u16..).filter(|(count, _)| **count > 0);
        used.extend(counted.map(|(count, symbol)| (*count, symbol)));
        used.sort_unstable();
        let mut weights: Vec<u32> = used.iter().map(|(count, _)| *count).collect();
        depths(&mut weights);
        let mut of_length = [0u32; 33];
        for depth in &weights {
            of_length[(*depth as usize).min(longest)] += 1;
        }
        fit(&mut of_length, longest);
        let mut lengths = [0; N];
        // The least often used first.
        let mut symbols = used.iter().map(|(_, symbol)| usize::from(*symbol));
        for length in (1..=longest).rev() {
            for symbol in symbols.by_ref().take(of_length[length] as usize) {
                lengths[symbol] = length as u8;
            }
        }
        Codes {
            codes: codes(&lengths, &of_length),
            lengths,
        }
    }

    /// Writes a symbol.
    pub(super) fn put(&self, symbol: usize, bits: &mut Bits) {
        bits.put(
            u64::from(self.codes[symbol]),
            u32::from(self.lengths[symbol]),
        );
    }
}

/// Puts in the place of each weight, of which none is smaller than the one before, its depth in the tree of least
/// total length (Moffat and Katajainen, "In-place calculation of minimum-redundancy codes", 1995).
fn depths(weights: &mut [u32]) {
    let n = weights.len();
    if n < 2 {
        // One symbol takes a bit all the same.
        return weights.fill(1);
    }
    // First the weight of each inner node, and behind it that of its parent.
    let (mut leaf, mut root) = (0, 0);
    for next in 0..n - 1 {
        let mut weight = 0u32;
        for _ in 0..2 {
            if leaf >= n || (root < next && weights[root] < weights[leaf]) {
                weight = weight.saturating_add(weights[root]);
                weights[root] = next as u32;
                root += 1;
            } else {
                weight = weight.saturating_add(weights[leaf]);
                leaf += 1;
            }
        }
        weights[next] = weight;
    }
    // Then the depths of inner nodes.
    weights[n - 2] = 0;
    for next in (0..n - 2).rev() {
        weights[next] = weights[weights[next] as usize] + 1;
    }
    // Then those of leaves: what inner nodes leave free at each depth.
    let (mut free, mut depth, mut inner, mut leaf) = (1usize, 0, n - 1, n);
    while free > 0 {
        let mut nodes = 0;
        while inner > 0 && weights[inner - 1] == depth {
            nodes += 1;
            inner -= 1;
        }
        for _ in nodes..free {
            leaf -= 1;
            weights[leaf] = depth;
        }
        free = 2 * nodes;
        depth += 1;
    }
}

/// Changes how many codes there are of each length so that all fit: those that were cut to `longest` take more room
/// than there is, so others become longer.
fn fit(of_length: &mut [u32; 33], longest: usize) {
    let room = 1u64 << longest;
    let taken = |of_length: &[u32; 33]| -> u64 {
        (1..=longest)
            .map(|l| u64::from(of_length[l]) << (longest - l))
            .sum()
    };
    while taken(of_length) > room {
        // The longest code that can grow makes room for one more beside it.
        let Some(length) = (1..longest).rev().find(|l| of_length[*l] > 0) else {
            return;
        };
        of_length[longest] -= 1;
        of_length[length] -= 1;
        of_length[length + 1] += 2;
    }
}

/// The codes of these lengths: shorter before longer, and in the order of symbols.
fn codes<const N: usize>(lengths: &[u8; N], of_length: &[u32; 33]) -> [u16; N] {
    let mut next = [0u32; LONGEST + 1];
    for length in 1..=LONGEST {
        let before = match length {
            1 => 0,
            _ => of_length[length - 1],
        };
        next[length] = (next[length - 1] + before) << 1;
    }
    let mut codes = [0; N];
    for (code, length) in codes.iter_mut().zip(lengths) {
        if *length > 0 {
            let next = &mut next[usize::from(*length)];
            *code = (*next as u16).reverse_bits() >> (16 - *length);
            *next += 1;
        }
    }
    codes
}

/// Bits behind bytes, the lowest first.
pub(super) struct Bits {
    out: Vec<u8>,
    /// Bits that are no whole byte yet, or few.
    pending: u64,
    count: u32,
}

impl Bits {
    pub(super) fn behind(out: Vec<u8>) -> Bits {
        Bits {
            out,
            pending: 0,
            count: 0,
        }
    }

    /// Appends the lowest `width` bits, of which there are at most 32; the others are 0.
    pub(super) fn put(&mut self, bits: u64, width: u32) {
        self.pending |= bits << self.count;
        self.count += width;
        if self.count >= 32 {
            let whole = self.pending as u32;
            self.out.extend_from_slice(&whole.to_le_bytes());
            self.pending >>= 32;
            self.count -= 32;
        }
    }

    /// Fills up the last byte.
    pub(super) fn align(&mut self) {
        while self.count > 0 {
            self.out.push(self.pending as u8);
            self.pending >>= 8;
            self.count = self.count.saturating_sub(8);
        }
        self.pending = 0;
    }

    /// Appends bytes, behind whole ones.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    pub(super) fn finish(mut self) -> Vec<u8> {
        self.align();
        self.out
    }
}
