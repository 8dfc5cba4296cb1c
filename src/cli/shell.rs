//! `brightline completions` and `brightline man`: shell completions and manual pages, made from the definition of the
//! commands.

use super::Arguments;
use crate::cli::io::failure::{Exit, Failure};
use crate::cli::io::output::Output;
use crate::cli::io::{streams, terminal};
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use std::path::PathBuf;

/// Print the completion script of a shell
#[derive(Args)]
pub(super) struct Completions {
    /// Name of the shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(&self, _: Output) -> Result<Exit, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "brightline", &mut script);
        streams::print(&String::from_utf8_lossy(&script))?;
        Ok(Exit::Done)
    }
}

/// Write manual pages, one for each command
#[derive(Args)]
pub(super) struct Man {
    /// Folder to write them to, such as ~/.local/share/man/man1
    #[arg(short, long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Man {
    pub(super) fn run(&self, output: Output) -> Result<Exit, Failure> {
        streams::make_folder(&self.out)?;
        let mut command = Arguments::command();
        command.build();
        let mut open = vec![("brightline".to_owned(), command)];
        let mut written: usize = 0;
        while let Some((name, command)) = open.pop() {
            for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
                open.push((format!("{name}-{}", inner.get_name()), inner.clone()));
            }
            let mut page = Vec::new();
            // The name with its parents was set when the command was built.
            clap_mangen::Man::new(command).render(&mut page).map_err(|error| Failure::other(error.to_string()))?;
            streams::write(Some(&self.out.join(format!("{name}.1"))), &String::from_utf8_lossy(&page))?;
            written = written.saturating_add(1);
        }
        let made = serde_json::json!({ "folder": self.out, "pages": written });
        output
            .say(|| format!("{written} pages in `{}`\n", terminal::visible(&self.out.display().to_string())), &made)?;
        Ok(Exit::Done)
    }
}
