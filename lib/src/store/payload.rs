//! The stored form of a webhook's body: zstd (docs/adr/0005).

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
    let size = zstd::zstd_safe::get_frame_content_size(stored).ok().flatten();
    let size = size.and_then(|size| usize::try_from(size).ok()).filter(|size| *size <= MAX_BYTES);
    let Some(size) = size else { return Err(corrupt) };
    zstd::bulk::decompress(stored, size).map(Bytes::from).map_err(|_| corrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

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
