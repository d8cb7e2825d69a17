//! `wait` in front of a person: on a pseudo-terminal, where one line moves, and what is left of it afterwards.

use std::fs::File;
use std::io::Read as _;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use serde_json::json;

use super::running::{prometheus, targets, with_pod};
use super::shop::Shop;
use crate::kit::apiserver::Fault;

/// What a terminal went through.
#[derive(Debug, Default)]
struct Screen {
    /// The lines that stand on it.
    lines: Vec<String>,
    /// Every text that stood in the line at the bottom before it was taken back.
    moved: Vec<String>,
}

impl Screen {
    /// Does what the bytes say, as far as they are those of a line that moves and of colours.
    fn of(text: &str) -> Self {
        let mut out = Self::default();
        let (mut line, mut column) = (Vec::<char>::new(), 0);
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            match character {
                '\r' => column = 0,
                '\n' => {
                    out.lines.push(line.drain(..).collect());
                    column = 0;
                }
                '\u{1b}' => {
                    assert_eq!(characters.next(), Some('['), "{text:?}");
                    let last = characters.find(char::is_ascii_alphabetic);
                    match last {
                        Some('K') => {
                            let taken: String = line.drain(column..).collect();
                            out.moved.extend((!taken.is_empty()).then_some(taken));
                        }
                        Some('m') => {}
                        other => panic!("{other:?} in {text:?}"),
                    }
                }
                other => {
                    line.truncate(column);
                    line.push(other);
                    column += 1;
                }
            }
        }
        out.lines.extend((!line.is_empty()).then(|| line.into_iter().collect()));
        out
    }
}

/// Runs the program on a terminal of so many columns: what that shows, and the exit code.
fn on_terminal(shop: &Shop, columns: u16, arguments: &[&str]) -> (Screen, Option<i32>) {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
    let terminal = File::options().read(true).write(true).open(name).unwrap();
    tcsetwinsize(&terminal, Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_prom-doctor"));
    command.env_clear().env("KUBECONFIG", shop.server.kubeconfig()).env("LANG", "C.UTF-8").env("TERM", "xterm-256color");
    command.args(arguments).stdin(Stdio::null()).stdout(terminal.try_clone().unwrap()).stderr(terminal);
    let mut child = command.spawn().unwrap();
    // With the command goes the last of our own ends: then the reading ends with the program.
    drop(command);
    let reader = thread::spawn(move || {
        let (mut master, mut seen, mut some) = (File::from(master), Vec::new(), [0; 4096]);
        // Linux ends it with an error.
        while let Ok(read @ 1..) = master.read(&mut some) {
            seen.extend_from_slice(&some[..read]);
        }
        String::from_utf8(seen).unwrap()
    });
    let code = child.wait().unwrap().code();
    (Screen::of(&reader.join().unwrap()), code)
}

#[test]
fn one_line_moves_and_leaves_nothing_behind() {
    let shop = Shop::of(with_pod(json!({})));
    let refused = targets("Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused");
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&refused, None));
    let begin = Instant::now();
    let (screen, code) = thread::scope(|scope| {
        scope.spawn(|| {
            thread::sleep(Duration::from_millis(1_500));
            shop.server.fault("/*", Fault::HangUp(60));
        });
        on_terminal(&shop, 70, &["wait", "smon/frontend", "-n=shop", "--timeout=6s", "--interval=200ms"])
    });
    assert_eq!(code, Some(1), "{screen:?}");
    assert!(begin.elapsed() >= Duration::from_secs(6) && begin.elapsed() < Duration::from_millis(7_500), "{:?}", begin.elapsed());
    // It moves, tells time and limit and where it stands, and never wraps.
    assert!(screen.moved.len() > 15, "{screen:?}");
    assert!(screen.moved.iter().all(|line| line.chars().count() < 70), "{screen:?}");
    assert!(screen.moved.iter().any(|line| line.contains("3s of 6s   ")), "{screen:?}");
    for said in ["connecting", "step 9, scraped: 3 targets", "the cluster does not answer"] {
        assert!(screen.moved.iter().any(|line| line.contains(said)), "{said}: {screen:?}");
    }
    // What stays are the changes, then the end.
    let all = screen.lines.join("\n");
    assert!(!all.contains("connecting") && !all.contains(" of 6s"), "{all}");
    let starts = |mark: &str, said: &str| screen.lines.iter().position(|line| line.starts_with(mark) && line.contains(said));
    let stands = starts("· ", "step 9, scraped").or_else(|| starts("- ", "step 9, scraped"));
    let lost = starts("? ", "the cluster does not answer");
    let end = starts("✗ ServiceMonitor shop/frontend is not up after 6s", "it stopped at");
    assert!(stands.is_some() && stands < lost && lost < end, "{all}");
    // Nobody wants it where it was not wanted.
    let (screen, _) = on_terminal(&shop, 70, &["wait", "smon/frontend", "-n=shop", "--timeout=1s", "--no-progress"]);
    assert!(screen.moved.is_empty() && screen.lines[0].starts_with('✗'), "{screen:?}");
}

#[test]
fn in_a_log_each_change_is_a_line() {
    let shop = Shop::of(with_pod(json!({})));
    let refused = targets("Get \"http://ADDRESS/metrics\": dial tcp ADDRESS: connect: connection refused");
    shop.server.stand_in("monitoring", "prometheus-k8s-0", prometheus(&refused, None));
    let ran = shop.live(&["wait", "smon/frontend", "-n=shop", "--timeout=2s", "--interval=200ms", "--color=never"]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(!ran.stderr.contains(['\r', '\u{1b}']) && !ran.stdout.contains(['\r', '\u{1b}']), "{ran:?}");
    let lines: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(lines.len(), 1, "{ran:?}");
    let (time, said) = lines[0].split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z') && time.len() == 20, "{ran:?}");
    assert!(said.starts_with("step 9, scraped: ") && said.ends_with("[PD1201]"), "{ran:?}");
}
