//! A wire between the program and the tables, on which things happen.

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

use crate::house::World;

/// The address of a way to the tables of `world` that asks `passes` for every request, by its action, before it goes on; what does
/// not pass is answered with an error that no client tries again.
pub async fn wire<F: Future<Output = bool> + Send + 'static>(
    world: &World,
    passes: impl Fn(String) -> F + Clone + Send + Sync + 'static,
) -> String {
    let tables = world.setup.environment.required("AWS_ENDPOINT_URL_DYNAMODB").unwrap();
    let forward = move |headers: HeaderMap, body: Bytes| {
        let (tables, passes) = (tables.clone(), passes.clone());
        async move {
            let target = headers.get("x-amz-target").unwrap().to_str().unwrap();
            if !passes(target.rsplit('.').next().unwrap().to_owned()).await {
                return (StatusCode::BAD_REQUEST, r#"{"__type":"com.amazon.coral.validate#ValidationException"}"#.to_owned());
            }
            let mut request = http::Request::post(&tables).body(Full::new(body)).unwrap();
            for name in ["x-amz-target", "content-type", "authorization", "x-amz-date"] {
                request.headers_mut().extend(headers.get(name).map(|value| (HeaderName::from_static(name), value.clone())));
            }
            let answer = Client::builder(TokioExecutor::new()).build_http().request(request).await.unwrap();
            let status = answer.status();
            let bytes = answer.into_body().collect().await.unwrap().to_bytes();
            (status, String::from_utf8(bytes.to_vec()).unwrap())
        }
    };
    crate::house::serve(axum::routing::post(forward)).await
}
