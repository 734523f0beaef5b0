use super::random;

/// 32 bytes that follow from the parts; anyone can compute them.
pub(super) fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut state = 0;
    for part in parts {
        state ^= part.len() as u64;
        random::next(&mut state);
        for byte in *part {
            state = random::next(&mut state) ^ u64::from(*byte);
        }
    }
    let mut digest = [0; 32];
    for chunk in digest.chunks_mut(8) {
        chunk.copy_from_slice(&random::next(&mut state).to_be_bytes());
    }
    digest
}

/// The first 16 bytes of the digest, to recognise what we made.
pub(super) fn tag(parts: &[&[u8]]) -> [u8; 16] {
    let [tag, _] = halves(digest(parts));
    tag
}

/// Splits 32 bytes in two.
pub(super) fn halves(bytes: [u8; 32]) -> [[u8; 16]; 2] {
    let (mut first, mut second) = ([0; 16], [0; 16]);
    first.copy_from_slice(bytes.split_at(16).0);
    second.copy_from_slice(bytes.split_at(16).1);
    [first, second]
}
