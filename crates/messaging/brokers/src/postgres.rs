//! `PostgreSQL`.

use std::process::{Command, Stdio};

use crate::server::{Server, as_user, is_root, program};

/// Starts `PostgreSQL`, with an empty database `postgres` of the user `test`, who needs no password. Returns `None` if it is not installed.
pub fn postgres() -> Option<Server> {
    let folders: Vec<String> =
        (13..30).rev().map(|version| format!("/usr/lib/postgresql/{version}/bin")).collect();
    let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
    let (initdb, server) = (program("initdb", &folders)?, program("postgres", &folders)?);
    Some(Server::start(move |folder, port| {
        let data = folder.join("data");
        if !data.exists() {
            if is_root() {
                let own = Command::new("chown").arg("postgres").arg(folder).status().expect("chown is there");
                assert!(own.success(), "the folder is the server's");
            }
            let mut init = Command::new(&initdb);
            init.args([
                "--auth=trust",
                "--username=test",
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C",
                "-D",
            ])
            .arg(&data);
            init.current_dir(folder).stdout(Stdio::null());
            assert!(as_user("postgres", init).status().expect("it starts").success(), "initdb");
        }
        let mut command = Command::new(&server);
        command.arg("-D").arg(&data).args(["-c", "listen_addresses=127.0.0.1", "-p", &port.to_string()]);
        command.arg("-c").arg(format!("unix_socket_directories={}", folder.display())).current_dir(folder);
        as_user("postgres", command)
    }))
}
