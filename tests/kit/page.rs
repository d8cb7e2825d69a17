//! Pages on a port of this machine: what answers where no Prometheus does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::thread;

/// Answers for as long as the tests run. `answer` gets the head of a request and says what stands behind `HTTP/1.1`,
/// further headers included, and the body.
pub fn serve<B: AsRef<str>>(answer: impl Fn(&str) -> (String, B) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
            let (status, body) = answer(&head);
            let (length, body) = (body.as_ref().len(), body.as_ref());
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
            let _ = reader.get_mut().write_all(answer.as_bytes());
        }
    });
    port
}
