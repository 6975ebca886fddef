//! The `whis-lab` program; everything it does is in [`whis_lab::cli`].

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: whis_lab::cli::Allocator = whis_lab::cli::Allocator;

fn main() -> ExitCode {
    whis_lab::cli::main()
}
