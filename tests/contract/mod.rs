//! The contract as a whole: what it describes, what the runs of all tests have seen of it, what others make of it.

mod coverage;
mod description;
mod generated;
mod schemathesis;
