//! The schemas of texts that have few values; those are the names of domain types.

use std::borrow::Cow;

use doorward_app::flow::Next;
use doorward_notifier::DeliveryState;
use doorward_otp::Channel;
use doorward_session::Carrier;
use doorward_user::{Factor, UserStatus};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, extensions::Extensions},
};

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $kind:ident $schema:ident as $name:literal = $of:ident [$($value:ident),+] $(but [$($other:ident),+])?;)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) struct $schema;

            impl $schema {
                const ALL: &[$of] = &[$($of::$value),+];

                /// Does not compile where a value is missing.
                const fn text(value: &$of) -> &'static str {
                    match value {
                        $($of::$value => $of::$value.as_str(),)+
                        $($($of::$other => $of::$other.as_str(),)+)?
                    }
                }
            }

            impl PartialSchema for $schema {
                fn schema() -> RefOr<Schema> {
                    let texts: Vec<_> = Self::ALL.iter().map(Self::text).collect();
                    $kind(concat!($($doc),+).trim(), &texts)
                }
            }

            impl ToSchema for $schema {
                fn name() -> Cow<'static, str> {
                    Cow::Borrowed($name)
                }
            }
        )+
    };
}

texts! {
    /// The endpoint to call next.
    answered NextText as "Next" = Next [VerifyEmail, OtpVerification, Login, ResetPassword];
    /// How a step is verified.
    answered ChannelText as "Channel" = Channel [Email, Sms, WhatsApp, Voice, Totp, Password];
    /// The progress of a code; `sent` once a provider took it.
    answered DeliveryText as "Delivery" = DeliveryState [Queued, Sent, Delivered, Failed];
    /// Whether an account may be used.
    answered StatusText as "UserStatus" = UserStatus [Active, Disabled];
    /// A way in.
    answered FactorText as "Factor" = Factor [Password, Sms, Totp];
    /// How a client holds flow and session.
    asked CarrierText as "Carrier" = Carrier [Cookie, Token];
    /// The way a code shall go.
    asked SendChannelText as "SendChannel" = Channel [Email, Sms, WhatsApp, Voice] but [Totp, Password];
}

/// A text of answers, which may have other values one day: a client that was generated must take them.
fn answered(description: &str, texts: &[&str]) -> RefOr<Schema> {
    let values = texts.iter().map(|text| format!("`{text}`")).collect::<Vec<_>>().join(", ");
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(format!("{description}\n\nToday one of {values}; others may come.")))
        .extensions(Some(Extensions::from_iter([("x-extensible-enum", texts)])))
        .into()
}

/// A text of requests; any other value is refused.
fn asked(description: &str, texts: &[&str]) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(description))
        .enum_values(Some(texts.iter().copied()))
        .into()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn shown<T: PartialSchema>() -> Value {
        serde_json::to_value(T::schema()).unwrap()
    }

    #[test]
    fn what_is_answered_may_get_other_values_and_what_is_asked_may_not() {
        let delivery = json!({
            "type": "string",
            "description": "The progress of a code; `sent` once a provider took it.\n\n\
                Today one of `queued`, `sent`, `delivered`, `failed`; others may come.",
            "x-extensible-enum": ["queued", "sent", "delivered", "failed"],
        });
        let channel = json!({
            "type": "string",
            "description": "The way a code shall go.",
            "enum": ["email", "sms", "whatsapp", "voice"],
        });

        assert_eq!((shown::<DeliveryText>(), shown::<SendChannelText>()), (delivery, channel));
    }
}
