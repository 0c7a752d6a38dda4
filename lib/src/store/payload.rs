//! The stored form of a webhook's body: zstd (docs/adr/0005).

use std::io::Read;

use bytes::Bytes;

use super::StoreError;

/// zstd's own default; higher levels gain 2 % on a webhook and cost twice the time.
const LEVEL: i32 = 3;
/// No body that Lambda can receive is larger; a bound, so that no stored item can exhaust memory.
const MAX_BYTES: usize = 8 * 1024 * 1024;

pub(super) fn compress(payload: &[u8]) -> Result<Vec<u8>, StoreError> {
    zstd::bulk::compress(payload, LEVEL).map_err(|_| StoreError::Corrupt { what: "payload" })
}

pub(super) fn decompress(stored: &[u8]) -> Result<Bytes, StoreError> {
    let corrupt = StoreError::Corrupt { what: "payload" };
    let size = zstd::zstd_safe::get_frame_content_size(stored)
        .ok()
        .flatten();
    let size = size
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= MAX_BYTES);
    let Some(size) = size else {
        return Err(corrupt);
    };
    zstd::bulk::decompress(stored, size)
        .map(Bytes::from)
        .map_err(|_| corrupt)
}

/// The first `bytes` bytes, and whether these are all. The end of `stored` may be missing if the part before
/// it suffices.
pub(super) fn beginning(stored: &[u8], bytes: usize) -> Result<(Bytes, bool), StoreError> {
    let corrupt = |_| StoreError::Corrupt { what: "payload" };
    let decoder = zstd::stream::read::Decoder::with_buffer(stored).map_err(corrupt)?;
    let (mut read, more) = (Vec::new(), bytes.saturating_add(1));
    decoder
        .take(u64::try_from(more).unwrap_or(u64::MAX))
        .read_to_end(&mut read)
        .map_err(corrupt)?;
    let is_whole = read.len() <= bytes;
    read.truncate(bytes);
    Ok((Bytes::from(read), is_whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_reports_whether_it_is_the_whole_body() {
        let body: Vec<u8> = (0..=255_u8).cycle().take(1_000).collect();
        let stored = compress(&body).unwrap();
        for (bytes, is_whole) in [(0, false), (999, false), (1_000, true), (5_000, true)] {
            let (read, whole) = beginning(&stored, bytes).unwrap();
            assert_eq!(
                (&read[..], whole),
                (&body[..bytes.min(1_000)], is_whole),
                "{bytes}"
            );
        }
        assert_eq!(
            beginning(&compress(b"").unwrap(), 10).unwrap(),
            (Bytes::new(), true)
        );
        assert!(beginning(b"no frame", 10).is_err());
    }

    #[test]
    fn the_beginning_of_a_large_body_needs_its_first_piece_only() {
        // Nothing that compresses well: 64 bits of a counter's hash at a time.
        let word = |number: u64| {
            number
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .rotate_left(29)
                .wrapping_mul(number)
        };
        let body: Vec<u8> = (0..125_000)
            .flat_map(|number| word(number).to_le_bytes())
            .collect();
        let stored = compress(&body).unwrap();
        assert!(stored.len() > 700_000);
        let (read, is_whole) = beginning(&stored[..350_000], 65_536).unwrap();
        assert_eq!((&read[..], is_whole), (&body[..65_536], false));
    }

    #[test]
    fn a_body_comes_back_byte_for_byte() {
        for body in [&b""[..], b"{}", &[0xff; 300_000]] {
            assert_eq!(decompress(&compress(body).unwrap()).unwrap(), body);
        }
    }

    #[test]
    fn a_frame_that_claims_too_much_is_refused() {
        let bomb = compress(&vec![0; MAX_BYTES + 1]).unwrap();
        assert!(decompress(&bomb).is_err());
        assert!(decompress(b"no frame").is_err());
    }
}
