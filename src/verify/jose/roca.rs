//! The fingerprint of the ROCA weakness (CVE-2017-15361): moduli whose residues all lie in the group of 65537.

const PRIMES: [u32; 38] = [
    3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109,
    113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
];

const GENERATOR: u32 = 65_537;

/// Returns true if a big-endian modulus has the fingerprint. A random one has it with probability 2^-27 or less.
pub(super) fn has_fingerprint(modulus: &[u8]) -> bool {
    PRIMES.iter().all(|&prime| {
        let residue = modulus.iter().fold(0_u32, |rest, &byte| step(rest, 256, u32::from(byte), prime));
        let mut power = 1;
        (0..prime).any(|_| {
            let found = power == residue;
            power = step(power, GENERATOR, 0, prime);
            found
        })
    })
}

/// `(a * b + c) mod prime`, for small operands.
fn step(a: u32, b: u32, c: u32, prime: u32) -> u32 {
    a.wrapping_mul(b).wrapping_add(c).checked_rem(prime).unwrap_or(0)
}
