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
        /// The code that was sent to the target by SMS.
        SmsCode = "sms_code",
        /// A code of the account's authenticator app, or a recovery code.
        Totp = "totp",
        /// Address and password of an account that carries the target number.
        Password = "password",
        /// The number itself, to start the first login after a registration.
        FirstLogin = "first_login",
    }
}

impl Step {
    /// The channel that verifies the step.
    pub const fn channel(self) -> Channel {
        match self {
            Self::EmailCode => Channel::Email,
            Self::SmsCode | Self::FirstLogin => Channel::Sms,
            Self::Password => Channel::Password,
            Self::Totp => Channel::Totp,
        }
    }

    /// Returns whether the step is verified by a code that was sent.
    pub const fn is_code(self) -> bool {
        matches!(self, Self::EmailCode | Self::SmsCode)
    }
}
