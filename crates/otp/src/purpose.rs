use doorward_kernel::PhoneChannel;

macro_rules! names {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $name,)*
        }

        impl $type {
            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Reads the stable name.
            pub fn parse(text: &str) -> Option<Self> {
                [$(Self::$name,)*].into_iter().find(|value| value.as_str() == text)
            }
        }
    };
}

names! {
    /// The purpose of a flow; a code is good for its own purpose only.
    Purpose {
        /// Verifying the address of a new account.
        Register = "register",
        /// Logging in.
        Login = "login",
        /// Verifying the address that replaces an account's own.
        ChangeEmail = "change_email",
        /// Verifying the number that an account gets.
        ChangePhone = "change_phone",
        /// Setting a new password without the old one.
        ResetPassword = "reset_password",
        /// Verifying anew that the session's owner is there.
        StepUp = "step_up",
        /// Binding a number or authenticator after the old one was lost.
        Bind = "bind",
    }
}

names! {
    /// The channel by which a step is verified, as clients see it.
    Channel {
        /// A code by e-mail.
        Email = "email",
        /// A code by SMS.
        Sms = "sms",
        /// A code by WhatsApp.
        WhatsApp = "whatsapp",
        /// A code that a call says.
        Voice = "voice",
        /// A code of an authenticator app.
        Totp = "totp",
        /// The account's password.
        Password = "password",
    }
}

names! {
    /// A step of a flow: what the next call must bring.
    Step {
        /// The code that was mailed to the target.
        EmailCode = "email_code",
        /// The code that was sent to the target, a number; by SMS unless the challenge says otherwise.
        PhoneCode = "phone_code",
        /// A code of the account's authenticator app, or a recovery code.
        Totp = "totp",
        /// Address and password of an account that carries the target number.
        Password = "password",
        /// The number itself, to start the first login after a registration.
        FirstLogin = "first_login",
    }
}

impl Channel {
    /// The channel of codes to a number, where it is one.
    pub const fn phone(self) -> Option<PhoneChannel> {
        match self {
            Self::Sms => Some(PhoneChannel::Sms),
            Self::WhatsApp => Some(PhoneChannel::WhatsApp),
            Self::Voice => Some(PhoneChannel::Voice),
            Self::Email | Self::Totp | Self::Password => None,
        }
    }
}

impl From<PhoneChannel> for Channel {
    fn from(channel: PhoneChannel) -> Self {
        match channel {
            PhoneChannel::Sms => Self::Sms,
            PhoneChannel::WhatsApp => Self::WhatsApp,
            PhoneChannel::Voice => Self::Voice,
        }
    }
}

impl Step {
    /// Returns whether the step is verified by a code that was sent.
    pub const fn is_code(self) -> bool {
        matches!(self, Self::EmailCode | Self::PhoneCode)
    }
}
