//! The schemas of texts that have few values; those are the names of domain types.

use std::borrow::Cow;

use doorward_app::flow::Next;
use doorward_notifier::DeliveryState;
use doorward_otp::Channel;
use doorward_session::Carrier;
use doorward_user::{Factor, UserStatus};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! texts {
    ($($(#[doc = $doc:literal])+ $schema:ident as $name:literal = $of:ident [$($value:ident),+];)+) => {
        $(
            $(#[doc = $doc])+
            pub(crate) struct $schema;

            impl $schema {
                const ALL: &[$of] = &[$($of::$value),+];

                /// Does not compile where a value is missing.
                const fn text(value: &$of) -> &'static str {
                    match value {
                        $($of::$value => $of::$value.as_str(),)+
                    }
                }
            }

            impl PartialSchema for $schema {
                fn schema() -> RefOr<Schema> {
                    let names = Self::ALL.iter().map(Self::text);
                    let description = concat!($($doc),+).trim();
                    ObjectBuilder::new()
                        .schema_type(Type::String)
                        .description(Some(description))
                        .enum_values(Some(names))
                        .into()
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
    NextText as "Next" = Next [VerifyEmail, OtpVerification, Login, ResetPassword];
    /// How a step is verified.
    ChannelText as "Channel" = Channel [Email, Sms, WhatsApp, Voice, Totp, Password];
    /// The progress of a code; `sent` once a provider took it.
    DeliveryText as "Delivery" = DeliveryState [Queued, Sent, Delivered, Failed];
    /// How a client holds flow and session.
    CarrierText as "Carrier" = Carrier [Cookie, Token];
    /// Whether an account may be used.
    StatusText as "UserStatus" = UserStatus [Active, Disabled];
    /// A way in.
    FactorText as "Factor" = Factor [Password, Sms, Totp];
}
