/// Knows the reports on SMS that providers have sent.
pub trait DeliveryReports: Send + Sync {
    /// Returns whether a report with those fields, by name and value, was signed by the account at Twilio of that name, for the
    /// address that it was given, which ends like that.
    fn is_genuine(&self, provider: &str, end: &str, fields: &[(&str, &str)], signature: Option<&str>) -> bool;

    /// Returns whether that error of Twilio says that nobody reaches the recipient.
    fn is_recipient_never(&self, error_code: u32) -> bool;

    /// Returns whether the gateway of that name has signed a request, just now.
    fn is_signed(&self, provider: &str, request: &SignedRequest<'_>) -> bool;
}

/// A request as Standard Webhooks sign them: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// Names the request.
    pub id: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// Signatures, with blanks between.
    pub signature: &'a str,
    /// The body.
    pub body: &'a [u8],
}
