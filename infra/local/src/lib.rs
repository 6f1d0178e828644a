//! The local stack: what AWS is to the functions, on one machine and in one program.
//!
//! The functions are the same binaries as in AWS, and run as there ([`lambda`]). Around them stand an embedded DynamoDB ([`tables`])
//! whose stream invokes the mailer ([`streams`]), an HTTP API that answers as API Gateway does ([`gateway`]), and the files that
//! Secrets Manager and SES would be ([`keys`], [`mail`]). Beside the API it serves its reference and the docs ([`docs`]). Routes and tables are read from `template.yaml` ([`template`]), so that they
//! can't differ from what is deployed. All of it lies in a checkout or in a release archive
//! ([`installation`]). [`stack`] starts it all in order and stops it; `latchkey dev` calls it.
//!
//! Nothing here is deployed; it may import everything but the operator's program.

pub mod console;
pub mod data;
pub mod demo;
pub mod docker;
pub mod docs;
pub mod dynamodb;
pub mod environment;
pub mod functions;
pub mod gateway;
pub mod installation;
pub mod keys;
pub mod lambda;
pub mod logs;
pub mod mail;
pub mod page;
pub mod sam;
pub mod secrets_manager;
pub mod ses;
pub mod sources;
pub mod stack;
pub mod streams;
pub mod tables;
pub mod template;
pub mod tour;
pub mod yaml;
