//! A setting is declared once, in code. docs/configuration.md and the template's parameters say the same, and a function reads
//! exactly the settings that the template gives it.

use std::collections::BTreeSet;

use latchkey::http::Operation;
use latchkey::runtime::settings::{self, NumberSetting, Setting, TextDefault, TextSetting};
use latchkey::runtime::{
    Authorize, AuthorizerService, ConfigError, Consumer, ConsumerService, Environment, Service, Setup, Start, TaskService,
};
use latchkey_local::template::variables;
use latchkey_local::yaml;
use serde_json::Value;

use crate::house::{World, root, template};
use crate::operations::{self, each_operation};

/// Every setting: the shared ones, then those of one function each.
fn all() -> Vec<Setting> {
    let mut all = settings::SHARED.to_vec();
    all.extend_from_slice(<operations::Mailer as Consumer>::SETTINGS);
    macro_rules! add {
        ($operation:ty) => {
            all.extend_from_slice(<$operation as Start>::SETTINGS);
        };
    }
    each_operation!(add);
    all.extend_from_slice(<operations::Authorizer as Authorize>::SETTINGS);
    all
}

fn name(setting: &Setting) -> &'static str {
    match setting {
        Setting::Number(number) => number.name,
        Setting::Text(text) => text.name,
    }
}

fn source() -> Value {
    yaml::parse(&std::fs::read_to_string(root().join("template.yaml")).unwrap()).unwrap()
}

fn parameters() -> serde_json::Map<String, Value> {
    source()["Parameters"].as_object().unwrap().clone()
}

/// `LoginTtlSeconds` for `LOGIN_TTL_SECONDS`.
fn pascal_case(name: &str) -> String {
    name.split('_').map(|word| format!("{}{}", &word[..1], word[1..].to_ascii_lowercase())).collect()
}

/// `86,400`
fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> = digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The rows of the table in docs/configuration.md whose header begins with `header`.
fn documented(header: &str) -> BTreeSet<String> {
    let docs = std::fs::read_to_string(root().join("docs/configuration.md")).unwrap();
    docs.lines().skip_while(|line| !line.starts_with(header)).skip(2).take_while(|line| line.starts_with('|')).map(str::to_owned).collect()
}

#[test]
fn docs_configuration_has_every_setting_as_the_code_declares_it() {
    let row = |setting: &Setting| match setting {
        Setting::Number(NumberSetting { name, default, range, meaning }) => {
            format!("| `{name}` | {} | {} to {} | {meaning} |", grouped(*default), grouped(*range.start()), grouped(*range.end()))
        }
        Setting::Text(text) => {
            let default = match text.default {
                TextDefault::Required => "required".to_owned(),
                TextDefault::Absent => String::new(),
                TextDefault::Value(value) => format!("`{value}`"),
            };
            format!("| `{}` | {default} | {} | {} |", text.name, text.form, text.meaning)
        }
    };
    let declared: BTreeSet<String> = all().iter().map(row).collect();

    assert_eq!(documented("| variable |"), declared);
}

#[test]
fn a_parameter_of_the_template_says_what_its_setting_says() {
    let (parameters, given) = (parameters(), variables(template()).into_values().flatten().collect::<BTreeSet<_>>());
    for setting in all() {
        // What no function is given is for the local stack and for tests.
        let name = name(&setting);
        if !given.contains(name) {
            continue;
        }
        let parameter = || &parameters[&pascal_case(name)];
        match setting {
            Setting::Number(NumberSetting { default, range, meaning, .. }) => {
                let said = ["Default", "MinValue", "MaxValue"].map(|member| parameter()[member].as_u64());
                assert_eq!(said, [default, *range.start(), *range.end()].map(|number| Some(number.into())), "{name}");
                assert_eq!(parameter()["Description"], meaning, "{name}");
            }
            Setting::Text(TextSetting { default: TextDefault::Value(default), meaning, .. }) if !given_to_all().contains(name) => {
                assert_eq!((&parameter()["Default"], &parameter()["Description"]), (&default.into(), &meaning.into()), "{name}");
            }
            Setting::Text(_) => {}
        }
    }
}

#[test]
fn docs_configuration_has_every_other_parameter_with_its_default() {
    let settings: BTreeSet<String> = all().iter().map(|setting| pascal_case(name(setting))).collect();
    let mut expected = BTreeSet::new();
    for (name, parameter) in parameters().into_iter().filter(|(name, _)| !settings.contains(name) || name == "Stage") {
        let default = match &parameter["Default"] {
            Value::String(text) if text.is_empty() => "empty".to_owned(),
            Value::String(text) => format!("`{text}`"),
            number => grouped(number.as_u64().unwrap().try_into().unwrap()),
        };
        expected.insert(format!("| `{name}` | {default} | "));
    }

    let told: BTreeSet<String> =
        documented("| parameter |").iter().map(|row| row.splitn(4, "| ").take(3).collect::<Vec<_>>().join("| ") + "| ").collect();

    assert_eq!(expected, told);
}

#[test]
fn every_variable_of_the_template_is_a_setting() {
    let settings: BTreeSet<&str> = all().iter().map(name).collect();

    for variable in variables(template()).into_values().flatten() {
        assert!(settings.contains(variable.as_str()), "{variable}");
    }
}

/// The variables of a function as the template gives them, with the world's values.
fn given_to(function: &str, world: &World) -> Environment {
    let mut environment = Environment::from([("AWS_REGION", "x"), ("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x")]);
    let given = &variables(template())[function];
    environment.extend(given.iter().filter_map(|name| Some((name.clone(), world.setup.environment.find(name)?))));
    environment
}

/// The variables that the template gives every function, whether it reads them or not.
fn given_to_all() -> BTreeSet<String> {
    let source = source();
    source.pointer("/Globals/Function/Environment/Variables").unwrap().as_object().unwrap().keys().cloned().collect()
}

/// Gives a function wrong values of every setting: it refuses to start for those that the template gives to it in particular, and
/// for no setting that it is not given. A text that may be anything, or be absent, has no wrong value.
async fn refuses_wrong_values(function: &str, world: &World, start: impl AsyncFn(&Setup) -> Result<(), ConfigError>) {
    let setup = |wrong: (&str, String)| {
        let mut environment = given_to(function, world);
        environment.extend([(wrong.0.to_owned(), wrong.1)]);
        Setup::new(environment, world.setup.clock.clone(), None)
    };
    let given = &variables(template())[function];
    let to_all = given_to_all();
    for setting in all() {
        let wrong = match &setting {
            // No function is given it, and all read it.
            Setting::Number(number) if number.name == settings::AWS_CALL_TIMEOUT_SECONDS.name => continue,
            Setting::Number(number) => {
                let below = number.range.start().checked_sub(1).map(|below| below.to_string());
                vec![(number.range.end() + 1).to_string(), below.unwrap_or_else(|| "-1".to_owned())]
            }
            Setting::Text(text) if text.default == TextDefault::Required => vec![String::new()],
            Setting::Text(_) => continue,
        };
        let name = name(&setting);
        for value in wrong {
            let refusal = start(&setup((name, value.clone())).unwrap()).await.err().map(|error| error.to_string());
            let names_it = refusal.as_ref().is_some_and(|text| text.starts_with(&format!("{name} ")));
            assert!(given.contains(name) || !names_it, "{function} reads {name}, which the template does not give it");
            let own = given.contains(name) && !to_all.contains(name);
            assert!(names_it || !own, "{function} starts with {name}={value:?}: {refusal:?}");
        }
    }
}

#[tokio::test]
async fn a_function_starts_with_what_the_template_gives_it_and_reads_nothing_else() {
    let world = World::new().await;

    macro_rules! refuse {
        ($operation:ty) => {
            let function = <$operation as Operation>::NAME;
            let setup = Setup::new(given_to(function, &world), world.setup.clock.clone(), None).unwrap();
            let started = Service::<$operation>::start(&setup).await;
            assert!(started.is_ok(), "{function}: {:?}", started.err());
            refuses_wrong_values(function, &world, async |setup| Service::<$operation>::start(setup).await.map(drop)).await;
        };
    }
    each_operation!(refuse);
    refuses_wrong_values("authorizer", &world, async |setup| AuthorizerService::<operations::Authorizer>::start(setup).await.map(drop))
        .await;
    refuses_wrong_values("mailer", &world, async |setup| ConsumerService::<operations::Mailer>::start(setup).await.map(drop)).await;
    refuses_wrong_values("keys", &world, async |setup| TaskService::<operations::Keys>::start(setup).map(drop)).await;
}

#[tokio::test]
async fn a_default_life_above_the_longest_keeps_a_function_from_starting() {
    let start = async |variables| {
        let world = World::with(variables).await;
        let create = Service::<operations::AuthenticationTokenCreate>::start(&world.setup).await.map(drop);
        let exchange = Service::<operations::AuthenticationTokenExchange>::start(&world.setup).await.map(drop);
        [create, exchange].map(|result| result.err().map(|error| error.to_string()))
    };

    let told = start([("ONE_TIME_TOKEN_MAX_TTL_SECONDS", "600"), ("SESSION_MAX_TTL_SECONDS", "600")]).await;

    assert_eq!(told[0].as_deref(), Some("ONE_TIME_TOKEN_TTL_SECONDS must be a number from 60 to 600"));
    assert_eq!(told[1].as_deref(), Some("SESSION_TTL_SECONDS must be a number from 60 to 600"));
}
