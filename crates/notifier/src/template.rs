macro_rules! templates {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $name:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $name,)*
        }

        impl $type {
            /// Every template.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The stable name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Reads the stable name.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|template| template.as_str() == text)
            }
        }
    };
}

templates! {
    /// A text that carries a code.
    CodeTemplate {
        /// Verifies the address of a new account.
        Register = "code.register",
        /// Logs in.
        Login = "code.login",
        /// Verifies the address that replaces the account's own.
        ChangeEmail = "code.change_email",
        /// Verifies the number that the account gets.
        ChangePhone = "code.change_phone",
        /// Verifies anew that the owner of a session is there.
        StepUp = "code.step_up",
        /// Sets a new password without the old one.
        ResetPassword = "code.reset_password",
        /// Binds a new number or authenticator in place of a lost one.
        Bind = "code.bind",
    }
}

templates! {
    /// A text that tells what happened.
    NoticeTemplate {
        /// Somebody tried to register an address that has an account.
        AlreadyRegistered = "notice.already_registered",
        /// A change of address was asked for; the detail is the new one, masked.
        EmailChangeAsked = "notice.email_change_asked",
        /// The address was changed; the detail is the new one, masked.
        EmailChanged = "notice.email_changed",
        /// A change of number was asked for; the detail is the new one, masked.
        PhoneChangeAsked = "notice.phone_change_asked",
        /// The number was changed or verified; the detail is the new one, masked.
        PhoneChanged = "notice.phone_changed",
        /// The number was dropped, since somebody else verified it; the detail is the number, masked.
        PhoneDropped = "notice.phone_dropped",
        /// The names were changed.
        NamesChanged = "notice.names_changed",
        /// The password was changed.
        PasswordChanged = "notice.password_changed",
        /// A spent refresh token came back, and the session was ended.
        SessionReused = "notice.session_reused",
        /// A login made one session too many, and the least recently used was ended.
        SessionDisplaced = "notice.session_displaced",
        /// A login came from a device that the account did not know; the detail is when and from where.
        NewDevice = "notice.new_device",
        /// The password was set anew with a mailed code.
        PasswordReset = "notice.password_reset",
        /// A change of address or number was undone; the detail is what counts again, masked.
        ChangeUndone = "notice.change_undone",
        /// Somebody with the password and this address may bind a new number or authenticator.
        BindingOpened = "notice.binding_opened",
        /// Such a session was objected to, and what it had asked for was cancelled.
        BindingEnded = "notice.binding_ended",
        /// A new number will take the place of the verified one; the detail is the new one, masked.
        NumberHeld = "notice.number_held",
        /// The number that was to take the place of the verified one will not.
        NumberCalledOff = "notice.number_called_off",
        /// An authenticator app was added.
        TotpAdded = "notice.totp_added",
        /// The authenticator app was removed.
        TotpRemoved = "notice.totp_removed",
        /// An authenticator app will be added to an account that has none.
        AuthenticatorPending = "notice.authenticator_pending",
        /// A new authenticator app will take the place of the one the account has.
        AuthenticatorHeld = "notice.authenticator_held",
        /// The authenticator app that was to take the place of the account's own will not.
        AuthenticatorCalledOff = "notice.authenticator_called_off",
        /// The new authenticator app has taken the place of the one before.
        AuthenticatorReplaced = "notice.authenticator_replaced",
        /// New recovery codes were made.
        RecoveryCodesMade = "notice.recovery_codes_made",
        /// A recovery code was used.
        RecoveryCodeUsed = "notice.recovery_code_used",
        /// Wrong passwords in a row make further ones wait.
        PasswordsTried = "notice.passwords_tried",
        /// Wrong passwords in a row disabled the password until it is set anew.
        PasswordDisabled = "notice.password_disabled",
        /// Wrong codes in a row make further codes of the authenticator app wait.
        AppCodesTried = "notice.app_codes_tried",
        /// Wrong codes in a row disabled the authenticator app until it is set up anew.
        AppDisabled = "notice.app_disabled",
        /// Wrong codes in a row disabled the number for logins by strangers until it is confirmed anew.
        NumberDisabled = "notice.number_disabled",
    }
}
