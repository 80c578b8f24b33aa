//! The files under `deploy/` are checked by the programs that will read them.

use std::path::{Path, PathBuf};
use std::process::Command;

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
    let with_our_program = unit.replace("/usr/local/bin/guichet", env!("CARGO_BIN_EXE_guichet"));
    assert_ne!(unit, with_our_program);
    let path = dir.path().join("guichet.service");
    // The manual is installed with the program; here only the unit itself is looked at.
    std::fs::write(&path, with_our_program.replace("Documentation=file:/usr/local/share/doc/guichet/RUNBOOK.md\n", "")).unwrap();
    let output = Command::new("systemd-analyze").arg("verify").arg("--man=no").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let about_us: Vec<_> = said.lines().filter(|line| line.contains("guichet.service")).collect();
    assert!(output.status.success() && about_us.is_empty(), "{said}");
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
