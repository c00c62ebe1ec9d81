//! The server under test: the orrery program as a child, and the few HTTP requests that the tests make themselves.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub struct Server {
    child: Child,
    pub address: String,
    data: PathBuf,
}

pub struct Answer {
    pub status: u16,
    pub body: String,
}

impl Server {
    /// Starts the program on `data`; `address` has port 0 for any.
    pub fn start(data: &Path, address: &str) -> Server {
        let program = std::env::var("ORRERY_PROGRAM").expect("ORRERY_PROGRAM names the program");
        let mut child = Command::new(program)
            .args(["start", "--listen-addr", address, "--data-dir"])
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        while !line.contains("listening on ") {
            line.clear();
            assert!(output.read_line(&mut line).unwrap() > 0, "the server ended before it listened");
        }
        // Nobody reads the rest, but it must not fill the pipe.
        std::thread::spawn(move || std::io::copy(&mut output, &mut std::io::sink()));
        let address = line.split("listening on ").nth(1).unwrap().trim().to_string();
        Server { child, address, data: data.to_path_buf() }
    }

    /// Ends it without a goodbye and starts it again on the same files and port.
    pub fn kill_and_restart(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        *self = Server::start(&self.data.clone(), &self.address.clone());
    }

    /// Asks it to end; its exit status.
    pub fn stop(mut self) -> Option<i32> {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        self.child.wait().unwrap().code()
    }

    pub fn request(&self, method: &str, path: &str, token: Option<&str>, body: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(&self.address).expect("the server takes connections");
        let bearer = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{bearer}Content-Length: {}\r\nConnection: close\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        Answer { status, body: body.to_string() }
    }
}
