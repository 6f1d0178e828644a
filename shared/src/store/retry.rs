//! Retries of writes that met a transaction on the same row.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Makes the SDK retry a write that DynamoDB refused only because a transaction was at work on the same row.
///
/// By itself the SDK does not. If two changes of one password meet, DynamoDB may cancel both; the retry then finds the
/// password as it was or changed. A transaction with a failed condition is never retried.
#[derive(Debug, Default, Clone, Copy)]
pub struct RetryTransactionConflicts;

const TRANSIENT: [&str; 4] = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "RequestLimitExceeded"];

impl ClassifyRetry for RetryTransactionConflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let Some(error) = error.as_operation_error() else { return RetryAction::NoActionIndicated };
        let single_write_met_a_transaction = matches!(error.downcast_ref(), Some(PutItemError::TransactionConflictException(_)))
            || matches!(error.downcast_ref(), Some(UpdateItemError::TransactionConflictException(_)))
            || matches!(error.downcast_ref(), Some(DeleteItemError::TransactionConflictException(_)));
        if single_write_met_a_transaction {
            return RetryAction::transient_error();
        }
        let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.downcast_ref() else {
            return RetryAction::NoActionIndicated;
        };
        let codes = || cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code());
        let transient = codes().any(|code| TRANSIENT.contains(&code)) && codes().all(|code| code == "None" || TRANSIENT.contains(&code));
        if transient { RetryAction::transient_error() } else { RetryAction::NoActionIndicated }
    }

    fn name(&self) -> &'static str {
        "transaction conflicts"
    }
}
