//! What of a template is deployed with certain parameters.

use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

use super::Template;

impl Template {
    /// The template without the resources whose condition does not hold where `parameters` have these values and all others their
    /// defaults.
    ///
    /// # Errors
    /// If there is no such parameter, it does not take the value, or a condition can't be read.
    pub fn with(mut self, parameters: &[(&str, &str)]) -> Result<Self> {
        for (name, value) in parameters {
            let parameter = self.0.get_mut("Parameters").and_then(|all| all.get_mut(name)).and_then(Value::as_object_mut);
            let parameter = parameter.with_context(|| format!("there is no parameter {name}"))?;
            if let Some(allowed) = parameter.get("AllowedValues").and_then(Value::as_array)
                && !allowed.iter().any(|allowed| allowed.as_str() == Some(*value))
            {
                bail!("{name} can't be {value}");
            }
            parameter.insert("Default".to_owned(), (*value).into());
        }
        let none = Map::new();
        let resources = self.0.get("Resources").and_then(Value::as_object).unwrap_or(&none);
        let mut absent = Vec::new();
        for (id, resource) in resources {
            if let Some(condition) = resource.get("Condition").and_then(Value::as_str)
                && !self.holds(condition).with_context(|| condition.to_owned())?
            {
                absent.push(id.clone());
            }
        }
        if let Some(resources) = self.0.get_mut("Resources").and_then(Value::as_object_mut) {
            absent.iter().for_each(|id| drop(resources.remove(id)));
        }
        Ok(self)
    }

    /// Whether the condition `name` holds with the parameters' defaults.
    fn holds(&self, name: &str) -> Result<bool> {
        let condition = self.0.get("Conditions").and_then(|all| all.get(name)).with_context(|| format!("there is no condition {name}"))?;
        self.is_true(condition)
    }

    fn is_true(&self, condition: &Value) -> Result<bool> {
        let (function, operands) = condition.as_object().and_then(|object| object.iter().next()).context("is no condition")?;
        let operands = operands.as_array().map_or(std::slice::from_ref(operands), Vec::as_slice);
        Ok(match (function.as_str(), operands) {
            ("Condition", [name]) => self.holds(name.as_str().unwrap_or_default())?,
            ("Fn::Not", [operand]) => !self.is_true(operand)?,
            ("Fn::And", operands) => {
                operands.iter().map(|operand| self.is_true(operand)).collect::<Result<Vec<_>>>()?.into_iter().all(|it| it)
            }
            ("Fn::Or", operands) => {
                operands.iter().map(|operand| self.is_true(operand)).collect::<Result<Vec<_>>>()?.into_iter().any(|it| it)
            }
            ("Fn::Equals", [one, other]) => self.text(one)? == self.text(other)?,
            _ => bail!("{function} can't be read"),
        })
    }

    /// A text or a number, or the default of the parameter that is referred to; nothing for a parameter without one.
    fn text(&self, value: &Value) -> Result<Option<String>> {
        let value = match value.get("Ref").and_then(Value::as_str) {
            Some(parameter) => self.0.get("Parameters").and_then(|all| all.get(parameter)).map(|parameter| parameter.get("Default")),
            None => Some(Some(value)),
        };
        match value.context("there is no such parameter")? {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => bail!("compares what is neither a text nor a parameter"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::functions;
    use super::*;

    const TEMPLATE: &str = "
Parameters:
  SelfService: {Type: String, Default: recovery, AllowedValues: [none, recovery, sign-up]}
  Topic: {Type: String}
Conditions:
  RecoveryIsWanted: !Not [!Equals [!Ref SelfService, none]]
  SignUpIsWanted: !Equals [!Ref SelfService, sign-up]
  BothAreWanted: !And [!Condition RecoveryIsWanted, !Condition SignUpIsWanted]
  OneIsWanted: !Or [!Condition RecoveryIsWanted, !Condition SignUpIsWanted]
  TopicIsGiven: !Not [!Equals [!Ref Topic, '']]
Resources:
  Always: {Type: AWS::Serverless::Function}
  Recovery: {Type: AWS::Serverless::Function, Condition: RecoveryIsWanted}
  SignUp: {Type: AWS::Serverless::Function, Condition: SignUpIsWanted}
  Both: {Type: AWS::Serverless::Function, Condition: BothAreWanted}
  One: {Type: AWS::Serverless::Function, Condition: OneIsWanted}
";

    #[test]
    fn what_is_deployed_follows_the_parameters() {
        let with = |parameters: &[(&str, &str)]| {
            let template = Template::parse(TEMPLATE).unwrap().with(parameters).unwrap();
            functions(&template).into_iter().collect::<Vec<_>>().join(" ")
        };

        assert_eq!(with(&[]), "always one recovery");
        assert_eq!(with(&[("SelfService", "none")]), "always");
        assert_eq!(with(&[("SelfService", "sign-up")]), "always both one recovery sign-up");
    }

    #[test]
    fn what_the_template_does_not_know_is_refused() {
        let template = || Template::parse(TEMPLATE).unwrap();

        assert!(template().with(&[("SelfService", "some")]).is_err());
        assert!(template().with(&[("Other", "none")]).is_err());
        let broken = TEMPLATE.replace("!Equals [!Ref SelfService, sign-up]", "!Select [0, [a]]");
        assert!(Template::parse(&broken).unwrap().with(&[]).is_err());
    }
}
