//! The files under `deploy/` are checked by the programs that will read them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::world::{PROGRAM, files_in, project, season_mail};

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn installed(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()))
}

/// Where systemd is. A machine without it has no use for the unit, and its tests cannot speak of it.
#[test]
fn systemd_accepts_the_unit() {
    if !installed("systemd-analyze") {
        eprintln!("systemd-analyze is not here: the unit was not checked");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let unit = std::fs::read_to_string(deploy().join("guichet.service")).unwrap();
    let with_our_program = unit.replace("/usr/local/bin/guichet", PROGRAM);
    assert_ne!(unit, with_our_program);
    let path = dir.path().join("guichet.service");
    // The manual is installed with the program; here only the unit itself is looked at.
    std::fs::write(&path, with_our_program.replace("Documentation=file:/usr/local/share/doc/guichet/RUNBOOK.md\n", "")).unwrap();
    let output = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let about_us: Vec<_> = said.lines().filter(|line| line.contains("guichet.service")).collect();
    assert!(output.status.success() && about_us.is_empty(), "{said}");
}

fn systemctl(arguments: &[&str]) -> Output {
    Command::new("systemctl").args(arguments).output().unwrap()
}

/// The unit as it is shipped, with the binary of this build and folders of its own: removed again whatever happens.
struct Installed {
    name: String,
    unit: PathBuf,
    account: bool,
    folders: Vec<PathBuf>,
}

impl Installed {
    /// All the hardening stays as it is; only what names a place of the machine is given another one.
    fn new() -> Self {
        let name = format!("guichet-check-{}", std::process::id());
        let configuration = PathBuf::from(format!("/etc/{name}"));
        let state = PathBuf::from(format!("/var/lib/{name}"));
        let program = PathBuf::from(format!("/usr/local/bin/{name}"));
        let installed = Self {
            unit: PathBuf::from(format!("/run/systemd/system/{name}.service")),
            account: Command::new("useradd").args(["--system", "--no-create-home", "guichet"]).status().is_ok_and(|status| status.success()),
            folders: vec![configuration.clone(), state.clone(), program.clone()],
            name: name.clone(),
        };
        fs::copy(PROGRAM, &program).unwrap();
        fs::create_dir_all(configuration.join("secrets")).unwrap();
        for secret in ["imap", "smtp"] {
            fs::write(configuration.join("secrets").join(secret), "unused").unwrap();
        }
        let rules = fs::read_to_string(project().join("fixtures/rules/2024.toml")).unwrap();
        fs::write(configuration.join("rules.toml"), rules.replace("settling_minutes = 20", "settling_minutes = 0")).unwrap();
        let places = format!(
            "[rules]\nfile = \"rules.toml\"\n[mailbox]\nkind = \"maildir\"\npath = \"{0}/in\"\npoll_seconds = 1\n[outgoing]\nkind = \"maildir\"\npath = \"{0}/out\"\n\
             [statements]\nfolder = \"{0}/statements\"\n[data]\ndir = \"{0}/data\"\n[reading]\nocr = \"off\"\n[console]\nlisten = \"\"\n",
            state.display()
        );
        fs::write(configuration.join("guichet.toml"), places).unwrap();
        let unit = fs::read_to_string(deploy().join("guichet.service"))
            .unwrap()
            .replace("/usr/local/bin/guichet", &program.to_string_lossy())
            .replace("/etc/guichet/", &format!("{}/", configuration.display()))
            .replace("/var/lib/guichet", &state.to_string_lossy())
            .replace("Directory=guichet\n", &format!("Directory={name}\n"));
        fs::write(&installed.unit, unit).unwrap();
        installed
    }

    fn service(&self) -> String {
        format!("{}.service", self.name)
    }

    fn journal(&self) -> String {
        let output = Command::new("journalctl").args(["--no-pager", "-n", "40", "-u", &self.service()]).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Installed {
    fn drop(&mut self) {
        systemctl(&["stop", &self.service()]);
        fs::remove_file(&self.unit).ok();
        for folder in &self.folders {
            if folder.is_dir() {
                fs::remove_dir_all(folder).ok()
            } else {
                fs::remove_file(folder).ok()
            };
        }
        if self.account {
            Command::new("userdel").arg("guichet").status().ok();
        }
        systemctl(&["daemon-reload"]);
    }
}

/// Where systemd runs the machine and lets us: the unit is started, answers a mail under all its restrictions, and is stopped.
/// Elsewhere (a container without an init, a user who is not root) `systemd_accepts_the_unit` is what can be said.
#[test]
fn the_service_starts_answers_a_mail_and_stops() {
    let root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    if !Path::new("/run/systemd/system").exists() || !root {
        eprintln!("systemd does not run this machine, or we are not root: the unit was not started");
        return;
    }
    let installed = Installed::new();
    let state = &installed.folders[1];
    for part in ["in/new", "in/cur", "in/tmp"] {
        fs::create_dir_all(state.join(part)).unwrap();
    }
    fs::write(state.join("in/new/1.mail"), season_mail("003-all-in-one-go.eml")).unwrap();
    Command::new("chown").args(["-R", "guichet:guichet"]).arg(state).status().unwrap();

    systemctl(&["daemon-reload"]);
    let started = systemctl(&["start", &installed.service()]);
    assert!(started.status.success(), "{}\n{}", String::from_utf8_lossy(&started.stderr), installed.journal());
    let patience = Instant::now() + Duration::from_secs(60);
    while files_in(&state.join("out/new")).is_empty() {
        assert!(Instant::now() < patience, "nobody was answered\n{}", installed.journal());
        thread::sleep(Duration::from_millis(200));
    }

    let stopped = systemctl(&["stop", &installed.service()]);
    assert!(stopped.status.success(), "{}", installed.journal());
    let result = systemctl(&["show", "--property=Result,ActiveState", &installed.service()]);
    let result = String::from_utf8_lossy(&result.stdout).into_owned();
    assert!(result.contains("Result=success") && result.contains("ActiveState=inactive"), "{result}\n{}", installed.journal());
}

#[test]
fn the_scripts_are_bash() {
    for script in ["deploy/install-ocr", "tests/run", ".ci/run"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(script);
        let output = Command::new("bash").arg("-n").arg(&path).output().unwrap();
        assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
        let first_lines = std::fs::read_to_string(&path).unwrap();
        assert!(first_lines.starts_with("#!/usr/bin/env bash\n") && first_lines.contains("set -euo pipefail"), "{script}");
    }
}
