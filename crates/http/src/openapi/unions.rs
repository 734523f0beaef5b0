use utoipa::{
    Modify,
    openapi::{OpenApi, RefOr, Schema, schema::AnyOf},
};

/// Answers of several shapes, which may fit more than one: a session has all that the answer with an account has.
pub(crate) struct Unions;

impl Modify for Unions {
    fn modify(&self, document: &mut OpenApi) {
        let schemas = document.components.iter_mut().flat_map(|components| components.schemas.values_mut());
        for schema in schemas {
            if let RefOr::T(Schema::OneOf(shapes)) = schema {
                let items = std::mem::take(&mut shapes.items);
                let description = shapes.description.take();
                let mut any_of = AnyOf::new();
                any_of.items = items;
                any_of.description = description;
                *schema = RefOr::T(Schema::AnyOf(any_of));
            }
        }
    }
}
