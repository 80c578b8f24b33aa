//! A private Dovecot 2.3: own folders, own ports, one Maildir per user, any user with the password `secret`.

use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use guichet::mailbox::{ImapSettings, Secret, Tls, deliver_maildir};

use super::free_port;
use super::throwaway_ca::ThrowawayCa;

pub struct Dovecot {
    pub dir: tempfile::TempDir,
    pub port: u16,
    pub tls_port: u16,
    pub ca: ThrowawayCa,
    /// Who owns the mails.
    owner: (u32, u32),
    child: Child,
}

/// The unprivileged user that owns mails when the tests run as root, since Dovecot serves none of root's.
const NOBODY: u32 = 65_534;

impl Dovecot {
    pub fn start() -> Self {
        let dir = tempfile::Builder::new().prefix("guichet-dovecot").tempdir().unwrap();
        std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let ca = ThrowawayCa::make(dir.path());
        let (uid, gid) = (id("-u"), id("-g"));
        let root = uid == 0;
        let owner = if root { (NOBODY, NOBODY) } else { (uid, gid) };
        let (port, tls_port) = (free_port(), free_port());
        let configuration = dir.path().join("dovecot.conf");
        std::fs::write(&configuration, configuration_text(dir.path(), &ca, (port, tls_port), owner, root)).unwrap();
        std::fs::create_dir(dir.path().join("mail")).unwrap();
        own(&dir.path().join("mail"), owner);
        let log = std::fs::File::create(dir.path().join("stderr")).unwrap();
        let child = Command::new(program())
            .args(["-F", "-c"])
            .arg(&configuration)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .expect("Dovecot is needed (dovecot-imapd): tests/run installs it");
        let mut dovecot = Self { dir, port, tls_port, ca, owner, child };
        dovecot.wait_until_it_answers();
        dovecot
    }

    fn wait_until_it_answers(&mut self) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "Dovecot did not start: {ended:?}\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// What Dovecot wrote, for the message of a test that fails.
    pub fn log(&self) -> String {
        ["stderr", "log"].map(|name| std::fs::read_to_string(self.dir.path().join(name)).unwrap_or_default()).join("\n")
    }

    /// Settings for a user's INBOX without TLS.
    pub fn settings(&self, user: &str) -> ImapSettings {
        ImapSettings {
            port: self.port,
            tls: Tls::None,
            ca_file: Some(self.ca.ca_file.clone()),
            progress_timeout: Duration::from_secs(10),
            ..ImapSettings::new("127.0.0.1", user, Secret::Password("secret".to_owned()))
        }
    }

    pub fn maildir(&self, user: &str) -> PathBuf {
        self.dir.path().join("mail").join(user)
    }

    /// Delivers a mail as the school's server would.
    pub fn deliver(&self, user: &str, name: &str, bytes: &[u8]) -> PathBuf {
        self.deliver_into(user, "", name, bytes)
    }

    /// Puts a mail into a folder of this name, which is made when it is not there; "" is the INBOX.
    pub fn deliver_into(&self, user: &str, folder: &str, name: &str, bytes: &[u8]) -> PathBuf {
        let inbox = self.maildir(user);
        let maildir = if folder.is_empty() { inbox.clone() } else { inbox.join(format!(".{folder}")) };
        for folder in ["", "tmp", "new", "cur"] {
            std::fs::create_dir_all(inbox.join(folder)).unwrap();
            own(&inbox.join(folder), self.owner);
        }
        for folder in ["", "tmp", "new", "cur"] {
            std::fs::create_dir_all(maildir.join(folder)).unwrap();
            own(&maildir.join(folder), self.owner);
        }
        let path = deliver_maildir(&maildir, name, bytes).unwrap();
        own(&path, self.owner);
        path
    }
}

impl Drop for Dovecot {
    /// Ends the master by its id; it ends its own children.
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        if Command::new("kill").args(["-TERM", &pid]).status().is_err() {
            self.child.kill().ok();
        }
        self.child.wait().ok();
    }
}

fn program() -> &'static str {
    if Path::new("/usr/sbin/dovecot").exists() { "/usr/sbin/dovecot" } else { "dovecot" }
}

fn id(option: &str) -> u32 {
    let output = Command::new("id").arg(option).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

fn own(path: &Path, (uid, gid): (u32, u32)) {
    std::os::unix::fs::chown(path, Some(uid), Some(gid)).unwrap();
}

fn configuration_text(dir: &Path, ca: &ThrowawayCa, (port, tls_port): (u16, u16), (uid, gid): (u32, u32), root: bool) -> String {
    let dir = dir.display();
    // Without root, Dovecot can only be itself: one user for all its processes and no chroot.
    let users = if root {
        String::new()
    } else {
        let name = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
        format!("default_internal_user = {0}\ndefault_login_user = {0}\n", name.trim())
    };
    format!(
        "base_dir = {dir}/run\nstate_dir = {dir}/state\nlog_path = {dir}/log\nprotocols = imap\nlisten = 127.0.0.1\n{users}\
         mail_location = maildir:{dir}/mail/%u\nfirst_valid_uid = 1\nmail_max_userip_connections = 50\nauth_failure_delay = 0\n\
         ssl = yes\nssl_cert = <{certificate}\nssl_key = <{key}\ndisable_plaintext_auth = no\nauth_mechanisms = plain login\n\
         passdb {{\n  driver = static\n  args = password=secret\n}}\n\
         userdb {{\n  driver = static\n  args = uid={uid} gid={gid} home={dir}/mail/%u\n}}\n\
         service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {port}\n  }}\n  inet_listener imaps {{\n    port = {tls_port}\n    ssl = yes\n  }}\n}}\n\
         service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n\
         namespace inbox {{\n  inbox = yes\n  separator = /\n}}\n",
        certificate = ca.certificate_file.display(),
        key = ca.key_file.display(),
    )
}
