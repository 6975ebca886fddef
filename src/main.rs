//! The `whis-lab` program; everything it does is in [`whis_lab::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    whis_lab::cli::main()
}
