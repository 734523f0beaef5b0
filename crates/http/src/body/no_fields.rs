use super::{FromFields, Reader};

/// An empty request: no body, or a JSON object without fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoFields;

impl FromFields for NoFields {
    fn read(_: &mut Reader) -> Option<Self> {
        Some(Self)
    }
}
