//! What JavaScript sees: one file for each wasm module.

mod live;
