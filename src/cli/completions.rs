//! `whis-lab completions` and `whis-lab man`: what shells and `man` know of the program, from its own description.

use super::ExitStatus;
use super::terminal::Terminal;
use super::usage::program;
use crate::error::{Error, Result};
use crate::files;
use clap::Args;
use clap_complete::Shell;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Print a completion script for a shell, which completes commands and options on Tab
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab completions bash > ~/.local/share/bash-completion/completions/whis-lab
  whis-lab completions zsh > ~/.zfunc/_whis-lab
  whis-lab completions fish > ~/.config/fish/completions/whis-lab.fish")]
pub struct Completions {
    /// Shell to write for
    #[arg(value_enum)]
    shell: Shell,
}

/// Write manual pages, one per command
#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  whis-lab man | man -l -                           read the page of whis-lab itself
  whis-lab man --out ~/.local/share/man/man1        install all pages")]
pub struct Man {
    /// Folder for the pages; without it, the page of whis-lab itself goes to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

const PROGRAM: &str = "whis-lab";

pub fn completions(arguments: &Completions, terminal: &mut Terminal) -> Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut program(), PROGRAM, &mut script);
    terminal.answer(&String::from_utf8_lossy(&script))?;
    Ok(ExitStatus::Success)
}

pub fn man(arguments: &Man, terminal: &mut Terminal) -> Result<ExitStatus> {
    let mut program = program();
    program.build();
    match &arguments.out {
        None => terminal.answer(&page(program)?)?,
        Some(folder) => {
            for command in program.get_subcommands().filter(|command| command.get_name() != "help") {
                let name = format!("{PROGRAM}-{}", command.get_name());
                write(folder, &name, &page(command.clone().name(name.clone()))?, terminal)?;
            }
            write(folder, PROGRAM, &page(program)?, terminal)?;
        }
    }
    Ok(ExitStatus::Success)
}

fn page(command: clap::Command) -> Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page).map_err(|e| Error::output("the manual page", e))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}

fn write(folder: &Path, name: &str, page: &str, terminal: &Terminal) -> Result<()> {
    let path = folder.join(format!("{name}.1"));
    files::write_whole(&path, |out| out.write_all(page.as_bytes()))?;
    terminal.wrote(&path);
    Ok(())
}
