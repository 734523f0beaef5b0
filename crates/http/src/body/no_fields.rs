use super::{FromFields, Reader};

/// What a call takes that takes nothing: no body, or one without fields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoFields;

impl FromFields for NoFields {
    fn read(_: &mut Reader) -> Option<Self> {
        Some(Self)
    }
}
