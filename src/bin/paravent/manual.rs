//! `paravent completions` and `paravent man`: what is made of the arguments.

use std::{fs, path::PathBuf};

use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::{
    arguments::Arguments,
    failure::{Exit, Failure, Outcome},
    output::{self, NewFile, Readers},
};

const NAME: &str = "paravent";

const AFTER_COMPLETIONS: &str = "\
EXAMPLES
    paravent completions bash > /etc/bash_completion.d/paravent
    paravent completions zsh > ~/.zfunc/_paravent
    paravent completions fish > ~/.config/fish/completions/paravent.fish
";

const AFTER_MAN: &str = "\
EXAMPLES
    paravent man | man -l -
    paravent man --output ~/.local/share/man/man1
";

/// Print the completions for a shell
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_COMPLETIONS)]
pub(crate) struct CompletionsArguments {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual's first page, or write all its pages, one a command
#[derive(Debug, Args)]
#[command(after_long_help = AFTER_MAN)]
pub(crate) struct ManArguments {
    /// Write all pages into this folder, which is made where it is not there
    #[arg(long, short, value_name = "FOLDER")]
    output: Option<PathBuf>,
    /// Replace pages that are there
    #[arg(long, requires = "output")]
    force: bool,
}

pub(crate) fn completions(arguments: &CompletionsArguments) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), NAME, &mut text);
    output::print(&String::from_utf8_lossy(&text))?;
    Ok(Exit::Done)
}

pub(crate) fn man(arguments: &ManArguments) -> Outcome {
    let mut pages = Vec::new();
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    collect(&command, &mut pages)?;
    let Some(folder) = &arguments.output else {
        if let Some((_, page)) = pages.first() {
            output::print(&String::from_utf8_lossy(page))?;
        }
        return Ok(Exit::Done);
    };
    fs::create_dir_all(folder).map_err(|error| Failure::file("making", folder, &error))?;
    let pages: Vec<_> = pages
        .into_iter()
        .map(|(name, page)| (folder.join(name), page))
        .collect();
    // All or none, as far as can be told before.
    for (path, _) in &pages {
        output::check_free(path, arguments.force)?;
    }
    for (path, page) in &pages {
        NewFile::write_whole(path, Readers::Umask, arguments.force, page)?;
    }
    Ok(Exit::Done)
}

/// The page of a command and those of its own commands.
fn collect(command: &Command, pages: &mut Vec<(String, Vec<u8>)>) -> Result<(), Failure> {
    let man = Man::new(command.clone()).manual("paravent");
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    if let Some(after) = command.get_after_long_help() {
        page.extend_from_slice(sections(&after.to_string()).as_bytes());
    }
    pages.push((man.get_filename(), page));
    command
        .get_subcommands()
        .try_for_each(|inner| collect(inner, pages))
}

/// What stands below the options, as sections: words are filled, and what is indented stays as it is.
fn sections(text: &str) -> String {
    let is_title =
        |line: &str| line.contains(char::is_uppercase) && !line.contains(char::is_lowercase);
    let mut page = String::new();
    if !text.lines().next().is_some_and(is_title) {
        page.push_str(".SH NOTES\n");
    }
    let mut is_kept = false;
    for line in text.lines() {
        // What is between indented lines is kept, too.
        let keeps = line.starts_with(' ') || (is_kept && line.is_empty());
        if keeps != is_kept {
            page.push_str(if keeps { ".nf\n" } else { ".fi\n" });
            is_kept = keeps;
        }
        if is_title(line) && !keeps {
            page.push_str(&format!(".SH {line}\n"));
        } else if line.is_empty() && !keeps {
            page.push_str(".PP\n");
        } else {
            page.push_str(&escaped(line));
            page.push('\n');
        }
    }
    if is_kept {
        page.push_str(".fi\n");
    }
    page
}

fn escaped(line: &str) -> String {
    let escaped = line
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq");
    // At the start of a line it makes a request.
    if escaped.starts_with('.') {
        format!("\\&{escaped}")
    } else {
        escaped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_keep_what_is_indented() {
        let text = "Some words\nmore-over\n\nEXAMPLES\n    a \\\n      b\n\n    c\n\nFILES\n.x\n";
        assert_eq!(
            sections(text),
            ".SH NOTES\nSome words\nmore\\-over\n.PP\n.SH EXAMPLES\n.nf\n    a \\e\n      b\n\n    c\n\n.fi\n.SH FILES\n\\&.x\n"
        );
    }
}
