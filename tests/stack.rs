//! The real binaries over HTTP.
