//! The procedure, as values: facts in, plan out. Nothing here waits, reads a clock, touches a file or logs.
//!
//! Ring 0. May use the standard library, chrono's calendar types, and serde's derives (a derive describes data, it does nothing).

pub mod plan;
pub mod dossier;
pub mod completeness;
pub mod route;
pub mod profile;
pub mod assignment;
pub mod letter;
pub mod digest;
pub mod document;
pub mod finding;
pub mod mail;
pub mod payment;
pub mod retention;
pub mod rules;
pub mod person;
pub mod language;
pub mod money;
pub mod calendar;
