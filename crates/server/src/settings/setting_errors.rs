use std::fmt;

/// A setting that cannot be as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingError {
    /// The setting's full name, as in `http.listen`.
    pub setting: String,
    /// The fault and its remedy, without the value.
    pub problem: String,
}

/// Everything that is wrong with the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingErrors(Vec<SettingError>);

impl SettingErrors {
    /// The faults, in the order they were found; one at most for each setting.
    pub fn list(&self) -> &[SettingError] {
        &self.0
    }

    /// Returns whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Notes a fault, unless the setting has one already: a second is often its consequence.
    pub(super) fn add(&mut self, setting: &str, problem: impl Into<String>) {
        if self.0.iter().all(|fault| fault.setting != setting) {
            self.0.push(SettingError { setting: setting.to_owned(), problem: problem.into() });
        }
    }

    /// Notes a fault where the rule is not kept.
    pub(super) fn unless(&mut self, is_kept: bool, setting: &str, problem: impl Into<String>) {
        if !is_kept {
            self.add(setting, problem);
        }
    }
}

impl fmt::Display for SettingErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.len();
        write!(f, "{count} {} to correct in the settings:", if count == 1 { "fault" } else { "faults" })?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {} {}", fault.setting, fault.problem))
    }
}

impl std::error::Error for SettingErrors {}
