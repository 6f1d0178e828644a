//! A bare function that makes the DynamoDB requests of `BENCH_REQUESTS` through the SDK, one after the other, and nothing else.
//!
//! They are those that the bench saw of one of our functions: JSON objects with the `action` and the `body` of each. Conditions are left
//! out, since they would fail the second time.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::{AttributeValue, Delete, KeysAndAttributes, Put, ReturnValue, TransactWriteItem, Update};
use lambda_http::{Body, Error, Request, Response, service_fn};
use serde_json::Value;

type Item = HashMap<String, AttributeValue>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    // As the SDK's guide has it.
    let client = Client::new(&aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await);
    #[expect(clippy::disallowed_methods, reason = "this function is not one of ours")]
    let requests = std::env::var("BENCH_REQUESTS")?;
    let requests: Arc<Vec<Value>> = Arc::new(serde_json::from_str(&requests)?);
    lambda_http::run(service_fn(move |_: Request| {
        let (client, requests) = (client.clone(), Arc::clone(&requests));
        async move {
            for request in requests.iter() {
                Box::pin(make(&client, request)).await?;
            }
            Ok::<_, Error>(Response::builder().header("content-type", "application/json").body(Body::from(r#"{"message":"Hello"}"#))?)
        }
    }))
    .await
}

async fn make(client: &Client, request: &Value) -> Result<(), Error> {
    let body = request.get("body").ok_or("no body")?;
    match text(request, "action")?.as_str() {
        "GetItem" => {
            let get = client.get_item().table_name(text(body, "TableName")?).set_key(Some(item(body, "Key")?));
            get.consistent_read(flag(body, "ConsistentRead")).send().await?;
        }
        "BatchGetItem" => {
            let tables = body.get("RequestItems").and_then(Value::as_object).ok_or("no RequestItems")?;
            let mut batch = client.batch_get_item();
            for (table, keys) in tables {
                let items = keys.get("Keys").and_then(Value::as_array).into_iter().flatten();
                let items = items.map(attributes).collect::<Result<Vec<_>, _>>()?;
                let keys = KeysAndAttributes::builder().set_keys(Some(items)).consistent_read(flag(keys, "ConsistentRead"));
                batch = batch.request_items(table, keys.build()?);
            }
            batch.send().await?;
        }
        "Query" => {
            let query = client.query().table_name(text(body, "TableName")?).key_condition_expression(text(body, "KeyConditionExpression")?);
            let query = query.set_expression_attribute_values(Some(item(body, "ExpressionAttributeValues")?));
            query.set_expression_attribute_names(names(body)).consistent_read(flag(body, "ConsistentRead")).send().await?;
        }
        "PutItem" => {
            client.put_item().table_name(text(body, "TableName")?).set_item(Some(item(body, "Item")?)).send().await?;
        }
        "DeleteItem" => {
            client.delete_item().table_name(text(body, "TableName")?).set_key(Some(item(body, "Key")?)).send().await?;
        }
        "UpdateItem" => {
            let update = client.update_item().table_name(text(body, "TableName")?).set_key(Some(item(body, "Key")?));
            let expression = text(body, "UpdateExpression")?;
            let update = update.set_expression_attribute_names(used_names(body, &expression));
            let update = update.set_expression_attribute_values(used_values(body, &expression)?).update_expression(expression);
            update.return_values(ReturnValue::from(text(body, "ReturnValues").unwrap_or("NONE".to_owned()).as_str())).send().await?;
        }
        "TransactWriteItems" => {
            let writes = body.get("TransactItems").and_then(Value::as_array).ok_or("no TransactItems")?;
            let writes = writes.iter().map(write).collect::<Result<Vec<_>, _>>()?;
            client.transact_write_items().set_transact_items(Some(writes.into_iter().flatten().collect())).send().await?;
        }
        other => return Err(format!("{other} is not known").into()),
    }
    Ok(())
}

/// A part of a transaction; none for a check, which is a condition and nothing else.
fn write(part: &Value) -> Result<Option<TransactWriteItem>, Error> {
    let write = TransactWriteItem::builder();
    if let Some(put) = part.get("Put") {
        let put = Put::builder().table_name(text(put, "TableName")?).set_item(Some(item(put, "Item")?));
        return Ok(Some(write.put(put.build()?).build()));
    }
    if let Some(delete) = part.get("Delete") {
        let delete = Delete::builder().table_name(text(delete, "TableName")?).set_key(Some(item(delete, "Key")?));
        return Ok(Some(write.delete(delete.build()?).build()));
    }
    let Some(of) = part.get("Update") else { return Ok(None) };
    let expression = text(of, "UpdateExpression")?;
    let update = Update::builder().table_name(text(of, "TableName")?).set_key(Some(item(of, "Key")?));
    let update = update.set_expression_attribute_names(used_names(of, &expression));
    let update = update.set_expression_attribute_values(used_values(of, &expression)?).update_expression(expression);
    Ok(Some(write.update(update.build()?).build()))
}

fn text(of: &Value, name: &str) -> Result<String, Error> {
    Ok(of.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name}"))?.to_owned())
}

fn flag(of: &Value, name: &str) -> bool {
    of.get(name).and_then(Value::as_bool).unwrap_or_default()
}

fn names(of: &Value) -> Option<HashMap<String, String>> {
    let names = of.get("ExpressionAttributeNames")?.as_object()?;
    Some(names.iter().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect())
}

/// DynamoDB refuses names and values that no expression has.
fn used_names(of: &Value, expression: &str) -> Option<HashMap<String, String>> {
    let mut names = names(of)?;
    names.retain(|name, _| mentions(expression, name));
    Some(names).filter(|names| !names.is_empty())
}

fn used_values(of: &Value, expression: &str) -> Result<Option<Item>, Error> {
    if of.get("ExpressionAttributeValues").is_none() {
        return Ok(None);
    }
    let mut values = item(of, "ExpressionAttributeValues")?;
    values.retain(|name, _| mentions(expression, name));
    Ok(Some(values).filter(|values| !values.is_empty()))
}

fn mentions(expression: &str, name: &str) -> bool {
    expression.split(|letter: char| !(letter.is_alphanumeric() || "_#:".contains(letter))).any(|word| word == name)
}

fn item(of: &Value, name: &str) -> Result<Item, Error> {
    attributes(of.get(name).ok_or_else(|| format!("no {name}"))?)
}

fn attributes(of: &Value) -> Result<Item, Error> {
    let members = of.as_object().ok_or("no attributes")?;
    members.iter().map(|(name, value)| Ok((name.clone(), attribute(value)?))).collect()
}

fn attribute(value: &Value) -> Result<AttributeValue, Error> {
    let (kind, value) = value.as_object().and_then(|object| object.iter().next()).ok_or("no attribute")?;
    let one = || value.as_str().map(str::to_owned).ok_or("no text");
    let many = || value.as_array().into_iter().flatten().filter_map(|text| text.as_str().map(str::to_owned)).collect();
    Ok(match kind.as_str() {
        "S" => AttributeValue::S(one()?),
        "N" => AttributeValue::N(one()?),
        "B" => AttributeValue::B(Blob::new(one()?)),
        "BOOL" => AttributeValue::Bool(value.as_bool().unwrap_or_default()),
        "NULL" => AttributeValue::Null(true),
        "SS" => AttributeValue::Ss(many()),
        "NS" => AttributeValue::Ns(many()),
        "L" => AttributeValue::L(value.as_array().into_iter().flatten().map(attribute).collect::<Result<_, _>>()?),
        "M" => AttributeValue::M(attributes(value)?),
        other => return Err(format!("{other} is no type").into()),
    })
}
