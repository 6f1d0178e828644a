//! Every key, prefix, attribute and TTL of the three tables.
//!
//! Keys and expressions are made of these constants only. The rows themselves are serialized by field name; a test
//! compares the fields with [`Attribute::ALL`], and the key names with `template.yaml`.
//!
//! | table | row | partition key | sort key |
//! |---|---|---|---|
//! | users | a user, for a login | `name#<normalised username>` | |
//! | users | a user, for every other operation | `id#<user id>` | |
//! | users | whose an address is | `email#<hash of address>` | |
//! | users | attempts to log in under a name | `attempts#<hash of name>#<window>` | |
//! | users | attempts to log in from an address | `address-attempts#<hash of address>#<window>` | |
//! | users | which key sets are in force | `key-versions` | |
//! | tokens | a user in the list of users | `listed-users` | `<normalised username>` |
//! | tokens | an erasure that is not finished | `erasures` | `<user id>` |
//! | tokens | an API key | `user#<user id>` | `key#<hash of key id>` |
//! | tokens | how many API keys a user may still add | `user#<user id>` | `allowance` |
//! | tokens | what an `Idempotency-Key` made | `idempotency#<hash of credential, operation and key>` | `row` |
//! | tokens | an entity token | `entity-token#<locator>` | `row` |
//! | tokens | attempts at a customer's one-time passwords | `otp-attempts#<hash of customer>` | `<window>` |
//! | tokens | a mail that was asked for: the newest of its window, or one by its id | `outbox#<hash of who asked>` | `<kind>#<window>`, `<kind>#<id>` |
//! | tokens | the mails that a mailbox was sent | `mailbox#<hash of address>` | `<kind>#<window>` |
//! | tokens | why a mailbox is sent no more | `mailbox#<hash of address>` | `blocked` |
//! | sessions | a session, and the one-time token that becomes it | `<hash of user or customer>` | `<random id>` |

mod attributes;
mod keys;

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;

pub use attributes::*;
pub use keys::*;

/// A row as DynamoDB has it.
pub type Item = HashMap<String, AttributeValue>;

/// A row's primary key.
pub type Key = HashMap<String, AttributeValue>;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_aux::serde_introspection::serde_introspect;

    use super::*;
    use crate::store::api_keys::AllowanceRow;
    use crate::store::erasure::ErasureRow;
    use crate::store::idempotency::IdempotencyRow;
    use crate::store::{
        ApiKeyRow, BlockedMailboxRow, EmailAddressRow, EntityTokenRow, KeyVersionsRow, ListedUser, OneTimeTokenRow, SessionRow, UserRow,
    };

    /// What no row's type has: the keys that are added to it, and what is only ever updated.
    const OF_NO_FIELD: [Attribute; 9] =
        [PK, SK, ATTEMPT_IDS, FAILED_ATTEMPT_IDS, PASSWORD_SET_AT, PASSWORD_EPOCH, MAIL, DONE_IDS, MAILED_AT];

    #[test]
    fn the_attributes_are_the_fields_of_the_rows() {
        let fields = [
            serde_introspect::<UserRow>(),
            serde_introspect::<ListedUser>(),
            serde_introspect::<EmailAddressRow>(),
            serde_introspect::<ErasureRow>(),
            serde_introspect::<KeyVersionsRow>(),
            serde_introspect::<ApiKeyRow>(),
            serde_introspect::<AllowanceRow>(),
            serde_introspect::<IdempotencyRow>(),
            serde_introspect::<BlockedMailboxRow>(),
            serde_introspect::<EntityTokenRow>(),
            serde_introspect::<OneTimeTokenRow>(),
            serde_introspect::<SessionRow>(),
        ];
        let fields: BTreeSet<_> = fields.concat().into_iter().chain(OF_NO_FIELD.map(Attribute::name)).collect();

        assert_eq!(Attribute::ALL.iter().map(|attribute| attribute.name()).collect::<BTreeSet<_>>(), fields);
        assert_eq!(Attribute::ALL.len(), fields.len(), "an attribute is listed twice");
    }

    #[test]
    fn the_table_of_rows_in_the_docs_has_every_attribute() {
        let docs = include_str!("../../../../docs/architecture.md");

        for attribute in Attribute::ALL {
            assert!(docs.contains(&format!("`{attribute}`")), "docs/architecture.md lacks {attribute}");
        }
    }
}
