/// Knows the reports on SMS that the provider has sent.
pub trait SmsReports: Send + Sync {
    /// Whether a report with those fields, by name and value, was signed by the provider.
    fn is_genuine(&self, fields: &[(&str, &str)], signature: Option<&str>) -> bool;
}
