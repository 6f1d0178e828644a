//! Typed configuration from environment variables, read once at start; what is wrong is told with the variable's name.

use std::collections::HashMap;
use std::fmt::Display;
use std::str::FromStr;

use thiserror::Error;

/// Why a function can not start.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// A variable that has no default is absent or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable can not be read as what it is.
    #[error("{name} {problem}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with it; never its value.
        problem: String,
    },
}

impl ConfigError {
    /// The error of variable `name`.
    pub fn invalid(name: &'static str, problem: impl Display) -> Self {
        Self::Invalid { name, problem: problem.to_string() }
    }
}

/// The variables of a process, or of a test.
#[derive(Clone, Default)]
pub struct Environment(HashMap<String, String>);

impl Environment {
    /// The variables of this process.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "this is where configuration is read")]
    pub fn of_process() -> Self {
        Self(std::env::vars().collect())
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn required(&self, name: &'static str) -> Result<String, ConfigError> {
        self.optional(name).ok_or(ConfigError::Missing(name))
    }

    /// A text that may be absent; an empty one is.
    #[must_use]
    pub fn optional(&self, name: &'static str) -> Option<String> {
        self.find(name)
    }

    /// The same for a name that is not known when this is compiled.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<String> {
        self.0.get(name).filter(|value| !value.is_empty()).cloned()
    }

    /// A number within `range`, `default` where there is none.
    ///
    /// # Errors
    /// [`ConfigError::Invalid`] for what is no number or out of range; the default too, where another variable has narrowed that.
    pub fn number(&self, name: &'static str, default: u32, range: std::ops::RangeInclusive<u32>) -> Result<u32, ConfigError> {
        let text = self.optional(name).unwrap_or_else(|| default.to_string());
        let number = u32::from_str(&text).ok().filter(|number| range.contains(number));
        number.ok_or_else(|| ConfigError::invalid(name, format!("must be a number from {} to {}", range.start(), range.end())))
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}

impl Extend<(String, String)> for Environment {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, variables: I) {
        self.0.extend(variables);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_the_variable_s_name_and_without_its_value() {
        let environment = Environment::from([("ISSUER", ""), ("LOGIN_TTL_SECONDS", "soon"), ("LOGIN_ATTEMPTS", "0")]);

        assert_eq!(environment.required("ISSUER").unwrap_err().to_string(), "ISSUER is not set");
        assert_eq!(
            environment.number("LOGIN_TTL_SECONDS", 3600, 60..=86_400).unwrap_err().to_string(),
            "LOGIN_TTL_SECONDS must be a number from 60 to 86400"
        );
        assert!(environment.number("LOGIN_ATTEMPTS", 10, 1..=100).is_err());
        assert_eq!(environment.number("OTP_TTL_SECONDS", 600, 60..=600).unwrap(), 600);
    }
}
