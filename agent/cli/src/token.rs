//! `sentinel token`: making what somebody proves itself with to an agent.

use clap::{Args, Subcommand, ValueEnum};
use sentinel_agent::auth::Token;
use sentinel_config::Scope;

use crate::exit::{Exit, Failure};
use crate::runs::deliver;
use crate::source::told;

/// Makes tokens for senders and readers of an agent.
#[derive(Debug, Args)]
pub(crate) struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Prints a new token, this once, and on standard error what the agent's configuration needs for it
    ///
    /// Nothing is kept and nobody is told: the token is good once its hash stands in the
    /// configuration and the agent was started with it.
    Create {
        /// What it is good for
        #[arg(long, value_enum)]
        scope: Word,
        /// Who it stands for, of A-Z, a-z, 0-9, `-`, `_` and `.`
        #[arg(long, default_value = "somebody")]
        name: String,
    },
}

/// A scope as an argument.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Word {
    /// Deliver streams, nothing else: for sidecars
    Send,
    /// See what is stored
    Read,
    /// Read and change
    Write,
    /// Write, and read who did what
    Admin,
}

impl From<Word> for Scope {
    fn from(word: Word) -> Scope {
        match word {
            Word::Send => Scope::Send,
            Word::Read => Scope::Read,
            Word::Write => Scope::Write,
            Word::Admin => Scope::Admin,
        }
    }
}

/// Runs the subcommand.
pub(crate) fn run(args: &TokenArgs) -> Result<Exit, Failure> {
    let TokenCommand::Create { scope, name } = &args.command;
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(fits) {
        let line = format!("'{name}' is no name: 1 to 64 of A-Z, a-z, 0-9, '-', '_' and '.'");
        return Err(Failure::usage(line));
    }
    let token = Token::new().map_err(|e| Failure::usage(told(&e)))?;
    let (scope, hash) = (Scope::from(*scope).as_str(), token.hash());
    eprintln!("[[agent.auth.tokens]]\nname = \"{name}\"\nscope = \"{scope}\"\nhash = \"{hash}\"");
    deliver(&format!("{}\n", token.reveal()), None)?;
    Ok(Exit::Ok)
}
