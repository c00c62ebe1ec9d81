//! Nothing of its own: the static library holds the C API of Wasmtime, named here so that it is linked in.
pub extern crate wasmtime_c_api;
