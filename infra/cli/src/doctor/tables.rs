//! Checks the three tables: they exist, have the right keys and TTL and, in AWS, are protected against loss.

use aws_sdk_dynamodb::error::DisplayErrorContext;
use aws_sdk_dynamodb::types::{KeyType, PointInTimeRecoveryStatus, TableDescription, TableStatus, TimeToLiveStatus};
use latchkey::store::schema::{Attribute, EXPIRES_AT, PK, SESSION_ID, SK, SUBJECT};

use super::Finding;
use crate::connection::{Connection, Place};

pub async fn check(connection: &Connection) -> Vec<Finding> {
    let tables = &connection.tables;
    let (users, tokens, sessions) = futures_util::join!(
        table(connection, &tables.users, &[PK]),
        table(connection, &tables.tokens, &[PK, SK]),
        table(connection, &tables.sessions, &[SUBJECT, SESSION_ID]),
    );
    [users, tokens, sessions].concat()
}

async fn table(connection: &Connection, name: &str, keys: &[Attribute]) -> Vec<Finding> {
    let check = format!("table {name}");
    let described = match connection.dynamodb.describe_table().table_name(name).send().await {
        Ok(described) => described.table.unwrap_or_else(|| TableDescription::builder().build()),
        Err(error) if error.as_service_error().is_some_and(|error| error.is_resource_not_found_exception()) => {
            return vec![Finding::wrong(
                check,
                "does not exist",
                match connection.place {
                    Place::Local(_) => "Restart the local stack: it creates missing tables.",
                    Place::Aws(_) => "Deploy the stack again, or restore the table to a point in time.",
                },
            )];
        }
        Err(error) => {
            let advice = match connection.place {
                Place::Local(_) => "Is the local stack running? Start it with `latchkey dev`.",
                Place::Aws(_) => "Check the network, the region and the credentials; dynamodb:DescribeTable must be allowed.",
            };
            return vec![Finding::wrong(check, format!("cannot be described: {}", DisplayErrorContext(&error)), advice)];
        }
    };
    let mut findings = vec![schema(&check, &described, keys), ttl(connection, &check, name).await];
    if matches!(connection.place, Place::Aws(_)) {
        findings.push(recovery(connection, &check, name).await);
        findings.push(if described.deletion_protection_enabled == Some(true) {
            Finding::good(&check, "is protected against deletion")
        } else {
            Finding::warning(&check, "can be deleted", "Deploy with DeletionProtection=true, unless you want to delete this stack.")
        });
    }
    findings
}

fn schema(check: &str, table: &TableDescription, keys: &[Attribute]) -> Finding {
    let keys: Vec<_> = keys.iter().map(|key| key.name()).collect();
    let there: Vec<_> = table.key_schema().iter().map(|key| (key.attribute_name(), key.key_type())).collect();
    let wanted: Vec<_> = keys.iter().copied().zip([&KeyType::Hash, &KeyType::Range]).collect();
    if there != wanted {
        let advice = "The table belongs to another version or another program. Restore the right one, and deploy the template unchanged.";
        return Finding::wrong(check, format!("does not have the keys {}", keys.join(" and ")), advice);
    }
    match &table.table_status {
        None | Some(TableStatus::Active | TableStatus::Updating) => Finding::good(check, format!("exists; key {}", keys.join(" and "))),
        Some(status) => Finding::wrong(check, format!("is {status}"), "Wait until it is ACTIVE."),
    }
}

async fn ttl(connection: &Connection, check: &str, name: &str) -> Finding {
    let described = match connection.dynamodb.describe_time_to_live().table_name(name).send().await {
        Ok(described) => described.time_to_live_description,
        Err(error) => {
            let advice = "dynamodb:DescribeTimeToLive must be allowed.";
            return Finding::warning(check, format!("cannot be asked for its TTL: {}", DisplayErrorContext(&error)), advice);
        }
    };
    let enabled = described.is_some_and(|ttl| {
        ttl.attribute_name() == Some(EXPIRES_AT.name())
            && matches!(ttl.time_to_live_status, Some(TimeToLiveStatus::Enabled | TimeToLiveStatus::Enabling))
    });
    if enabled {
        Finding::good(check, format!("has TTL on {EXPIRES_AT}"))
    } else {
        let advice = format!("Enable TTL on {EXPIRES_AT}. Expired rows do not work, but they stay and cost money.");
        Finding::wrong(check, format!("has no TTL on {EXPIRES_AT}"), advice)
    }
}

async fn recovery(connection: &Connection, check: &str, name: &str) -> Finding {
    let described = connection.dynamodb.describe_continuous_backups().table_name(name).send().await;
    let described = match described {
        Ok(described) => described.continuous_backups_description,
        Err(error) => {
            let advice = "dynamodb:DescribeContinuousBackups must be allowed.";
            return Finding::warning(check, format!("cannot be asked for its backups: {}", DisplayErrorContext(&error)), advice);
        }
    };
    let status = described
        .and_then(|backups| backups.point_in_time_recovery_description)
        .and_then(|recovery| recovery.point_in_time_recovery_status);
    if status == Some(PointInTimeRecoveryStatus::Enabled) {
        Finding::good(check, "can be restored to a point in time")
    } else {
        Finding::wrong(check, "cannot be restored to a point in time", "Enable point-in-time recovery; the template does.")
    }
}
