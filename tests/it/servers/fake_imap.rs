//! An IMAP server of one folder that answers honestly, except where the test's script says otherwise.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use guichet::mailbox::{ImapSettings, Secret, Tls};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::Action;

/// `script(tag, command)` returns what to do instead of answering honestly, or nothing.
pub type Script = dyn FnMut(&str, &str) -> Option<Vec<Action>> + Send;

pub struct FakeImap {
    pub port: u16,
    /// Commands without their tags, in order.
    pub commands: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl FakeImap {
    /// Serves these mails, one connection after the other.
    pub async fn start(mails: BTreeMap<u32, Vec<u8>>, script: impl FnMut(&str, &str) -> Option<Vec<Action>> + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let commands = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&commands);
        let mut script: Box<Script> = Box::new(script);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client that goes away in the middle is what these tests are about.
                converse(stream, &mails, &mut script, &seen).await.ok();
            }
        });
        Self { port, commands, task }
    }

    pub fn settings(&self) -> ImapSettings {
        ImapSettings {
            port: self.port,
            tls: Tls::None,
            literal_bytes_max: 1_000_000,
            progress_timeout: Duration::from_millis(400),
            ..ImapSettings::new("127.0.0.1", "ms", Secret::Password("secret".to_owned()))
        }
    }
}

impl Drop for FakeImap {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn converse(
    stream: tokio::net::TcpStream,
    mails: &BTreeMap<u32, Vec<u8>>,
    script: &mut Box<Script>,
    seen: &Mutex<Vec<String>>,
) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let greeting = script("", "greeting").unwrap_or_else(|| vec![Action::say("* OK ready\r\n")]);
    if let Some(end) = act(&mut write, greeting).await? {
        return linger(end, &mut lines).await;
    }
    while let Some(line) = lines.next_line().await? {
        let (tag, command) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        seen.lock().unwrap().push(command.to_owned());
        let actions = match script(tag, command) {
            Some(actions) => actions,
            None => vec![Action::Say(honest_answer(mails, tag, command))],
        };
        if let Some(end) = act(&mut write, actions).await? {
            return linger(end, &mut lines).await;
        }
    }
    Ok(())
}

/// Does what the script says; returns the action that ends the conversation, if one does.
async fn act(write: &mut tokio::net::tcp::OwnedWriteHalf, actions: Vec<Action>) -> std::io::Result<Option<Action>> {
    for action in actions {
        match action {
            Action::Say(bytes) => write.write_all(&bytes).await?,
            Action::Close | Action::Stall => return Ok(Some(action)),
        }
    }
    Ok(None)
}

/// A stalled server keeps the connection until its client has had enough.
async fn linger(end: Action, lines: &mut Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>) -> std::io::Result<()> {
    if matches!(end, Action::Stall) {
        while lines.next_line().await?.is_some() {}
    }
    Ok(())
}

/// What a well-behaved server says.
pub fn honest_answer(mails: &BTreeMap<u32, Vec<u8>>, tag: &str, command: &str) -> Vec<u8> {
    let mut answer = Vec::new();
    let words: Vec<_> = command.split(' ').collect();
    match words.as_slice() {
        ["CAPABILITY"] => answer.extend(b"* CAPABILITY IMAP4rev1 IDLE\r\n"),
        ["EXAMINE", ..] => {
            let next = mails.keys().last().map_or(1, |uid| uid + 1);
            answer.extend(format!("* {} EXISTS\r\n* OK [UIDVALIDITY 7] here\r\n* OK [UIDNEXT {next}] next\r\n", mails.len()).bytes());
        }
        ["UID", "SEARCH", "UID", set] => {
            let found: String = mails.keys().filter(|uid| in_set(set, **uid)).map(|uid| format!(" {uid}")).collect();
            answer.extend(format!("* SEARCH{found}\r\n").bytes());
        }
        ["UID", "FETCH", set, ..] => {
            for (place, (uid, bytes)) in mails.iter().enumerate().filter(|(_, (uid, _))| in_set(set, **uid)) {
                answer.extend(fetch_response(place + 1, *uid, bytes, command.contains("BODY.PEEK[]")));
            }
        }
        _ => {}
    }
    answer.extend(format!("{tag} OK done\r\n").bytes());
    answer
}

/// One untagged FETCH response: the announcement, or the body.
pub fn fetch_response(place: usize, uid: u32, bytes: &[u8], body: bool) -> Vec<u8> {
    if !body {
        let size = bytes.len();
        return format!("* {place} FETCH (UID {uid} RFC822.SIZE {size} INTERNALDATE \" 6-Jun-2024 23:59:59 +0200\")\r\n").into_bytes();
    }
    let mut response = format!("* {place} FETCH (UID {uid} BODY[] {{{}}}\r\n", bytes.len()).into_bytes();
    response.extend(bytes);
    response.extend(b")\r\n");
    response
}

fn in_set(set: &str, uid: u32) -> bool {
    set.split(',').any(|range| match range.split_once(':') {
        Some((first, "*")) => uid >= first.parse().unwrap(),
        Some((first, last)) => (first.parse().unwrap()..=last.parse().unwrap()).contains(&uid),
        None => uid == range.parse::<u32>().unwrap(),
    })
}
