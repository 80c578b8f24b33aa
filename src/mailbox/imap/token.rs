//! An access token for XOAUTH2, asked from a command of the operator's (Microsoft 365 and Gmail hand out tokens that live an hour).
//!
//! Refreshing tokens is that command's business: this program holds no client secrets and speaks no OAuth.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::process::Command;

use super::{MailboxError, Secret};

/// A command that asks a server over the network may need some seconds, not minutes.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
/// Tokens of Microsoft 365 have about 2 kB.
const TOKEN_BYTES_MAX: u64 = 16 * 1024;

/// Runs `command` (the program and its arguments, no shell) and takes the first line of its output as the token.
pub async fn token_from_command(command: &[String]) -> Result<Secret, MailboxError> {
    let unusable = || MailboxError::Settings("the token command did not give a token");
    let (program, arguments) = command.split_first().ok_or_else(unusable)?;
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|_| MailboxError::Settings("the token command cannot be run"))?;
    let output = child.stdout.take().ok_or_else(unusable)?;
    let run = async {
        let mut text = String::new();
        output.take(TOKEN_BYTES_MAX).read_to_string(&mut text).await.map_err(|_| unusable())?;
        let status = child.wait().await.map_err(|_| unusable())?;
        Ok((status, text))
    };
    let (status, text) = tokio::time::timeout(COMMAND_TIMEOUT, run).await.map_err(|_| MailboxError::TimedOut)??;
    let token = text.lines().next().unwrap_or_default().trim();
    if !status.success() || token.is_empty() || !token.chars().all(|character| character.is_ascii_graphic()) {
        return Err(unusable());
    }
    Ok(Secret::OAuthToken(token.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn the_first_line_is_the_token_and_anything_doubtful_is_none() {
        assert_eq!(token_from_command(&shell("echo ya29.token; echo more")).await.unwrap(), Secret::OAuthToken("ya29.token".to_owned()));
        for script in ["", "exit 0", "echo token; exit 1", "echo 'two words'", "yes | head -c 100000; exit 1"] {
            assert!(token_from_command(&shell(script)).await.is_err(), "{script}");
        }
        assert!(token_from_command(&[]).await.is_err());
        assert!(token_from_command(&["/nowhere/token".to_owned()]).await.is_err());
    }
}
