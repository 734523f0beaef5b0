/// Knows the reports on SMS that providers have sent.
pub trait SmsReports: Send + Sync {
    /// Returns whether a report with those fields, by name and value, was signed by the provider of that name.
    fn is_genuine(&self, provider: &str, fields: &[(&str, &str)], signature: Option<&str>) -> bool;
}
