//! The command-line tool, run as a user runs it.

mod art;
mod cli;
mod cli_files;
#[path = "../common/mod.rs"]
mod common;
mod examples;
mod import_network;
mod job_files;
mod judge;
mod paint;
mod styles;
