//! The public door of an operation, at which every request and answer is held against the contract.

use std::collections::BTreeMap;

use latchkey::http::Operation;
use latchkey::runtime::Service;

use latchkey_local::template::routes;

use super::contract::{self, contract};
use super::{Call, Reply, template};

/// Calls by [`Call`] and [`Reply`] in place of the gateway's events.
pub trait Door {
    /// The answer to `call`; both are as the contract says, unless the call says that it is not.
    fn reply(&self, call: Call) -> impl Future<Output = Reply> + Send;

    /// The status alone, for one of very many calls whose answers are the same: the contract is not asked.
    fn call_unjudged(&self, call: &Call) -> impl Future<Output = i64> + Send;
}

impl<O: Operation> Door for Service<O> {
    async fn reply(&self, call: Call) -> Reply {
        let answer = Box::pin(self.call(call.event())).await;
        let headers: BTreeMap<_, _> =
            answer.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let body = answer.body.as_deref().unwrap_or_default();
        let (method, path) = call.route.split_once(' ').unwrap_or((O::ROUTES[0].method, O::ROUTES[0].path));
        let (request, judged) =
            (call.judged(), contract::Answer { status: answer.status_code.try_into().unwrap(), headers: &headers, body });
        let query = contract::query(&call.query);
        let request =
            contract::Request { path: &call.path, query: &query, headers: &request, body: call.body.as_deref().unwrap_or_default() };
        // The gateway answers in place of a function behind an authorizer, unless that has let the request through.
        if !is_behind_an_authorizer(O::NAME) {
            contract().judge(method, path, &request, call.fit, &judged).unwrap_or_else(|fault| panic!("{fault}"));
        }
        answer.into()
    }

    async fn call_unjudged(&self, call: &Call) -> i64 {
        Box::pin(self.call(call.event())).await.status_code
    }
}

fn is_behind_an_authorizer(operation: &str) -> bool {
    routes(template()).unwrap().iter().any(|route| route.operation == operation && route.authorizer.is_some())
}
