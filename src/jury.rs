//! The jury's batch (being written).

pub mod sheet;
