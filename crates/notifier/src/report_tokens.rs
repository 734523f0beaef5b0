use doorward_kernel::MessageId;

/// Names messages to the providers that report on them, in addresses that nobody else can make up.
pub trait ReportTokens: Send + Sync {
    /// The token of the message: letters, digits, `-` and `_`.
    fn report_token(&self, id: MessageId) -> String;

    /// The message of a token, if we made it and its key epoch is not retired.
    fn open_report_token(&self, token: &str) -> Option<MessageId>;
}
