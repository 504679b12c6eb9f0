//! `sentinel`: the person's command line. Glue: it parses arguments, calls the libraries of the
//! sidecar and the agent, prints reports, and decides the exit code.

mod backup;
mod configuration;
mod exit;
mod http;
mod inject;
mod install;
mod live;
mod parse;
mod report;
mod run;
mod runs;
mod source;
mod style;
mod token;

use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};

use exit::Exit;

/// Watches automated test runs: what failed, what hangs, what is missing, and who is to blame.
#[derive(Debug, Parser)]
#[command(
    name = "sentinel",
    version,
    max_term_width = 100,
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::RunArgs),
    Parse(parse::ParseArgs),
    Report(runs::ReportArgs),
    Runs(runs::RunsArgs),
    Show(runs::ShowArgs),
    Config(configuration::ConfigArgs),
    Inject(inject::InjectArgs),
    Install(install::InstallArgs),
    Token(token::TokenArgs),
    Backup(backup::BackupArgs),
    /// Prints the completion script of a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => return misused(&e).into(),
    };
    let done = match &cli.command {
        Command::Run(args) => run::run(args),
        Command::Parse(args) => parse::run(args),
        Command::Report(args) => runs::report(args),
        Command::Runs(args) => runs::runs(args),
        Command::Show(args) => runs::show(args),
        Command::Config(args) => configuration::run(args),
        Command::Inject(args) => inject::run(args),
        Command::Install(args) => install::run(args),
        Command::Token(args) => token::run(args),
        Command::Backup(args) => backup::run(args),
        Command::Completions { shell } => {
            clap_complete::generate(
                *shell,
                &mut Cli::command(),
                "sentinel",
                &mut std::io::stdout(),
            );
            Ok(Exit::Ok)
        }
    };
    match done {
        Ok(exit) => exit.into(),
        Err(failure) => {
            eprintln!("sentinel: {}", failure.line);
            failure.exit.into()
        }
    }
}

/// Prints help or version as asked, or one line about what is wrong.
fn misused(error: &clap::Error) -> Exit {
    let help_for_nothing = ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if error.use_stderr() && error.kind() != help_for_nothing {
        eprintln!("sentinel: {}", sentinel_agent::usage::complaint(error));
    } else {
        // Nobody is left to tell when it cannot be printed.
        let _ = error.print();
    }
    if error.use_stderr() {
        Exit::Usage
    } else {
        Exit::Ok
    }
}
