//! A web hook's other end: an HTTP server on loopback that writes down what is posted.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Listens as long as the tests run; a post to a path with `no` in it is answered with 500, one with `slow` after a while.
#[derive(Debug)]
pub struct Listener {
    port: u16,
    posts: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Listener {
    pub fn new() -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = socket.local_addr().expect("its address").port();
        let posts = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&posts);
        std::thread::spawn(move || {
            for stream in socket.incoming().flatten() {
                let heard = Arc::clone(&heard);
                std::thread::spawn(move || serve(stream, &heard));
            }
        });
        Self { port, posts }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The bodies that were posted, in the order in which they came.
    pub fn heard(&self) -> Vec<Vec<u8>> {
        self.posts.lock().expect("the posts").clone()
    }

    pub fn texts(&self) -> Vec<String> {
        self.heard().into_iter().map(|body| String::from_utf8(body).expect("UTF-8")).collect()
    }

    /// Waits until so many have come.
    pub fn wait_for(&self, count: usize) {
        let until = Instant::now() + Duration::from_secs(60);
        while self.heard().len() < count {
            assert!(Instant::now() < until, "only {:?}", self.texts());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

fn serve(mut stream: std::net::TcpStream, heard: &Mutex<Vec<Vec<u8>>>) {
    let mut reader = BufReader::new(stream.try_clone().expect("the same socket"));
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).is_err() || line.trim().is_empty() {
            break;
        }
        let line = line.to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
        if line.starts_with("expect: 100-continue") {
            let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    if path.contains("slow") {
        std::thread::sleep(Duration::from_secs(3));
    }
    let status = if path.contains("no") { "500 No" } else { "200 OK" };
    heard.lock().expect("the posts").push(body);
    let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}
