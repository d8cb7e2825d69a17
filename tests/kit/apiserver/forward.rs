//! Port-forwards over a websocket, in the protocol `v4.channel.k8s.io`: two channels for a port, of which the first has the
//! bytes and the second has why there are none; both begin with the number of the port.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::{Act, Recorded, State, TOKEN, status, user};

/// How long to listen to one side before the other gets its turn.
const TURN: Duration = Duration::from_millis(2);

/// How long a client may take to hang up.
const PATIENCE: Duration = Duration::from_secs(2);

/// What is to be done with `GET /api/v1/namespaces/NS/pods/POD/portforward`; `None` for other paths.
pub(super) fn asked(state: &mut State, request: &Recorded) -> Option<Act> {
    let rest = request.path.strip_prefix("/api/v1/namespaces/")?;
    let (namespace, rest) = rest.split_once("/pods/")?;
    let pod = rest.strip_suffix("/portforward")?;
    if request.method != "GET" || request.header("authorization") != [format!("Bearer {TOKEN}")] {
        return None;
    }
    let covers = |(place, resource): &(String, String)| resource == "pods/portforward" && (place == "*" || place == namespace);
    if state.rights.as_ref().is_some_and(|rights| !rights.iter().any(covers)) {
        let message = format!(
            "pods {pod:?} is forbidden: User {:?} cannot create resource \"pods/portforward\" in API group \"\" in the namespace {namespace:?}",
            user(request)
        );
        return Some(Act::Send(status(403, "Forbidden", "Forbidden", &message, json!({"name": pod, "kind": "pods"}))));
    }
    let speaks = request.header("sec-websocket-protocol").iter().any(|all| all.contains("v4.channel.k8s.io"));
    let port = request.query.get("ports").and_then(|port| port.parse().ok());
    match port.filter(|_| speaks && request.header("upgrade") == ["websocket"]) {
        Some(port) => Some(Act::Forward(port, state.pods.get(&(namespace.to_owned(), pod.to_owned())).copied())),
        None => {
            state.violations.push(format!("no port-forward: {request:?}"));
            Some(Act::Close)
        }
    }
}

/// Leads what comes to the stand-in and back, until one of the two has had enough.
pub(super) fn forward(
    client: &mut (impl Read + super::WriteBehind),
    socket: &TcpStream,
    request: &Recorded,
    port: u16,
    target: Option<u16>,
) -> io::Result<()> {
    use base64::Engine as _;
    let key = request.header("sec-websocket-key").first().copied().unwrap_or_default();
    let seen = ring::digest::digest(
        &ring::digest::SHA1_FOR_LEGACY_USE_ONLY,
        format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11").as_bytes(),
    );
    let seen = base64::engine::general_purpose::STANDARD.encode(seen);
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {seen}\r\n\
         Sec-WebSocket-Protocol: v4.channel.k8s.io\r\n\r\n"
    );
    client.behind().write_all(head.as_bytes())?;
    for channel in [0, 1] {
        let [low, high] = port.to_le_bytes();
        send(client.behind(), &[channel, low, high])?;
    }
    let pod = target.and_then(|target| TcpStream::connect(("127.0.0.1", target)).ok());
    let Some(mut pod) = pod else {
        let why = format!(
            "error forwarding port {port} to pod x, uid : failed to connect to localhost:{port} inside namespace \"x\", IPv4: dial tcp4 \
             127.0.0.1:{port}: connect: connection refused"
        );
        send(client.behind(), &[&[1], why.as_bytes()].concat())?;
        close(client.behind())?;
        // Whoever hangs up on bytes that he has not read takes back what he said.
        socket.set_read_timeout(Some(PATIENCE))?;
        return io::copy(client, &mut io::sink()).map(drop);
    };
    socket.set_read_timeout(Some(TURN))?;
    pod.set_read_timeout(Some(TURN))?;
    let (mut waiting, mut chunk) = (Vec::new(), [0; 16 * 1024]);
    loop {
        match turn(client.read(&mut chunk))? {
            Some(0) => return Ok(()),
            Some(length) => waiting.extend_from_slice(&chunk[..length]),
            None => {}
        }
        while let Some((code, data)) = frame(&mut waiting) {
            match (code, data.as_slice()) {
                (8, _) => return close(client.behind()),
                (2, [0, bytes @ ..]) => pod.write_all(bytes)?,
                _ => {}
            }
        }
        match turn(pod.read(&mut chunk))? {
            Some(0) => return close(client.behind()),
            Some(length) => send(client.behind(), &[&[0], &chunk[..length]].concat())?,
            None => {}
        }
    }
}

/// How much was read; `None` where there was nothing yet.
fn turn(read: io::Result<usize>) -> io::Result<Option<usize>> {
    match read {
        Ok(length) => Ok(Some(length)),
        Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A message to the client, in one piece.
fn send(to: &mut impl Write, data: &[u8]) -> io::Result<()> {
    let length = u16::try_from(data.len()).expect("a chunk");
    let [high, low] = length.to_be_bytes();
    let head: &[u8] = if length < 126 { &[0x82, low] } else { &[0x82, 126, high, low] };
    to.write_all(head)?;
    to.write_all(data)?;
    to.flush()
}

fn close(to: &mut impl Write) -> io::Result<()> {
    to.write_all(&[0x88, 0])?;
    to.flush()
}

/// Takes a whole message off what has come: its kind, and its bytes without the mask that clients lay over them.
fn frame(waiting: &mut Vec<u8>) -> Option<(u8, Vec<u8>)> {
    let (code, short) = (*waiting.first()? & 0x0f, usize::from(*waiting.get(1)? & 0x7f));
    let (length, mask) = match short {
        126 => (usize::from(u16::from_be_bytes(waiting.get(2..4)?.try_into().ok()?)), 4),
        127 => (usize::try_from(u64::from_be_bytes(waiting.get(2..10)?.try_into().ok()?)).ok()?, 10),
        short => (short, 2),
    };
    let key: [u8; 4] = waiting.get(mask..mask + 4)?.try_into().ok()?;
    let data = waiting.get(mask + 4..mask + 4 + length)?;
    let data = data.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
    waiting.drain(..mask + 4 + length);
    Some((code, data))
}
