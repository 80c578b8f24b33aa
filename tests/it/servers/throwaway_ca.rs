//! A certificate authority for one test, made by openssl.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub struct ThrowawayCa {
    pub ca_file: PathBuf,
    pub certificate_file: PathBuf,
    pub key_file: PathBuf,
}

impl ThrowawayCa {
    /// A root and a certificate for 127.0.0.1 and localhost, in `dir`.
    pub fn make(dir: &Path) -> Self {
        let file = |name: &str| dir.join(name);
        let path = |name: &str| file(name).to_str().unwrap().to_owned();
        std::fs::write(file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").unwrap();
        let new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        openssl(&["req", "-x509", "-days", "2", "-subj", "/CN=Throw-away CA", "-keyout", &path("ca.key"), "-out", &path("ca.pem")], &new_key);
        openssl(&["req", "-subj", "/CN=127.0.0.1", "-keyout", &path("server.key"), "-out", &path("server.csr")], &new_key);
        openssl(
            &["x509", "-req", "-days", "2", "-in", &path("server.csr"), "-CA", &path("ca.pem"), "-CAkey", &path("ca.key"), "-CAcreateserial"],
            &["-extfile", &path("names"), "-out", &path("server.pem")],
        );
        Self { ca_file: file("ca.pem"), certificate_file: file("server.pem"), key_file: file("server.key") }
    }
}

fn openssl(arguments: &[&str], more: &[&str]) {
    let output = Command::new("openssl").args(arguments).args(more).stdin(Stdio::null()).output().expect("openssl is needed: tests/run installs it");
    assert!(output.status.success(), "openssl {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}
