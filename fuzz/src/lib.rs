//! What the fuzz targets do with the bytes that they are given.

pub mod files;
pub mod inputs;
pub mod probes;
