//! What listens on this machine for what would listen in pods: the application, and both doors of the pod of Prometheus.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::{Counts, Shared, Station};

/// Calls with each connection, for as long as there is somebody to ask.
fn listen(shared: &Arc<Shared>, answer: impl Fn(TcpStream, &Shared) -> std::io::Result<()> + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let shared = Arc::downgrade(shared);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let Some(shared) = shared.upgrade() else { return };
            // Who gets no answer sees that the connection was closed.
            let _ = answer(stream, &shared);
        }
    });
    port
}

/// Stands in front of Prometheus as its pod: in what it says of its configuration, what no pod has in it is left out.
pub(super) fn prometheus(shared: &Arc<Shared>) -> u16 {
    listen(shared, |stream, shared| forward(stream, *shared.port.lock().unwrap(), &shared.host))
}

/// What the config-reloader counts, as long as its container runs.
pub(super) fn reloader(shared: &Arc<Shared>) -> u16 {
    listen(shared, |mut stream, shared| {
        if !shared.is_at_work(Station::Reloader) {
            return Ok(());
        }
        head(&mut BufReader::new(&stream))?;
        let text = metrics(&shared.counts.lock().unwrap());
        let length = text.len();
        let kind = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{text}")
    })
}

/// As the libraries of Prometheus write them: sorted, large numbers with an exponent.
fn metrics(counts: &Counts) -> String {
    let time = counts.succeeded_at;
    let all: [(&str, &str, &str, f64); 11] = [
        ("reloader_config_apply_operations_failed_total", "counter", "", counts.not_applied),
        ("reloader_config_apply_operations_total", "counter", "", counts.applied),
        ("reloader_config_environment_variable_expansion_errors", "gauge", "", 0.0),
        ("reloader_info", "gauge", "{method=\"http\"}", 1.0),
        ("reloader_last_reload_success_timestamp_seconds", "gauge", "", time),
        ("reloader_last_reload_successful", "gauge", "", counts.successful),
        ("reloader_reloads_failed_total", "counter", "", counts.failed),
        ("reloader_reloads_total", "counter", "", counts.reloads),
        ("reloader_watch_errors_total", "counter", "", 0.0),
        ("reloader_watch_events_total", "counter", "", counts.applied),
        ("reloader_watches", "gauge", "", 3.0),
    ];
    let mut out = String::new();
    for (name, kind, labels, value) in all {
        let value = if value >= 1e6 { format!("{value:e}").replace('e', "e+0") } else { value.to_string() };
        writeln!(out, "# TYPE {name} {kind}\n{name}{labels} {value}").unwrap();
    }
    out
}

/// Reads the head of a request: the path that is asked for.
fn head(reader: &mut impl std::io::BufRead) -> std::io::Result<String> {
    let (mut line, mut header) = (String::new(), String::new());
    reader.read_line(&mut line)?;
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    Ok(line.split(' ').nth(1).unwrap_or_default().to_owned())
}

fn forward(stream: TcpStream, port: u16, host: &str) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let path = head(&mut reader)?;
    let mut server = TcpStream::connect(("127.0.0.1", port))?;
    write!(server, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    server.read_to_string(&mut answer)?;
    let own = format!("api_server: {host}\\n");
    let mut parts = answer.split(&own);
    let mut out = parts.next().unwrap_or_default().to_owned();
    parts.for_each(|part| out.push_str(part.trim_start_matches(' ')));
    // It ends with the connection, however long it said it would be.
    let out: Vec<&str> =
        out.split_inclusive("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("content-length:")).collect();
    reader.get_mut().write_all(out.concat().as_bytes())
}

/// An application on one port of two addresses, for as long as the tests run.
pub(super) fn application() -> u16 {
    let first = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = first.local_addr().unwrap().port();
    let second = TcpListener::bind(("127.0.0.2", port)).unwrap();
    for listener in [first, second] {
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut reader = BufReader::new(stream);
                let mut head = String::new();
                while reader.read_line(&mut head).is_ok_and(|read| read > 2) {}
                let found = head.starts_with("GET /metrics ");
                let (status, body) = if found { ("200 OK", "app_requests_total 7\n") } else { ("404 Not Found", "nothing\n") };
                let length = body.len();
                let _ = write!(
                    reader.get_mut(),
                    "HTTP/1.1 {status}\r\nContent-Type: text/plain; version=0.0.4\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
            }
        });
    }
    port
}
