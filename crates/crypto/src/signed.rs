use crate::{
    base64url,
    subkey::{Mac, TAG_BYTES},
};

/// N bytes and a MAC over them, as base64url; only its maker's keys open it.
pub(crate) struct Signed<const N: usize> {
    payload: [u8; N],
    tag: [u8; TAG_BYTES],
}

impl<const N: usize> Signed<N> {
    /// Signs the payload, and with it a context that the text does not carry.
    pub(crate) fn new(mac: &Mac, payload: [u8; N], context: &[u8]) -> Self {
        Self { payload, tag: mac.tag(&[&payload, context]) }
    }

    /// Reads the text without believing it.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        // Strangers send this: decode nothing that is too long to be ours.
        if Some(text.len()) != base64::encoded_len(N + TAG_BYTES, false) {
            return None;
        }
        let bytes = base64url::decode(text)?;
        let (payload, tag) = bytes.split_first_chunk()?;
        Some(Self { payload: *payload, tag: tag.try_into().ok()? })
    }

    /// The payload, if the key is the one that signed it in this context.
    pub(crate) fn open(&self, mac: &Mac, context: &[u8]) -> Option<[u8; N]> {
        mac.is_tag(&[&self.payload, context], &self.tag).then_some(self.payload)
    }

    pub(crate) fn to_text(&self) -> String {
        base64url::encode([self.payload.as_slice(), &self.tag].concat())
    }
}
