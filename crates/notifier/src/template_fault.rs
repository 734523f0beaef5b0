/// What is wrong with a template that an operator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFault {
    /// The template's name, as in `en/code.login`.
    pub name: String,
    /// What has to change.
    pub problem: String,
}

impl TemplateFault {
    /// A fault of the template of that name.
    pub fn new(name: &str, problem: impl Into<String>) -> Self {
        Self { name: name.to_owned(), problem: problem.into() }
    }
}
