//! An API that admits a few calls per address and tells the others when to come back.
//!
//! It serves a loopback port of its own, calls itself, and shows the answers.
#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    collections::BTreeMap,
    error::Error,
    io::{BufRead, BufReader, Read, Write},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    thread,
    time::Duration,
};

use doorward_kernel::Timestamp;
use doorward_limit::{
    AddressSubjects, BucketKey, BucketKind, BucketRow, BucketState, Digests, Limit, Take, TakeOutcome, decide,
    retry_after, rows_of,
};

const CALLS: BucketKind = BucketKind::new("api_calls");

/// Copies the subject; a service computes HMAC-SHA-256 under a key of its own instead.
struct Copied;

impl Digests for Copied {
    fn digest(&self, _kind: BucketKind, subject: &str) -> [u8; 32] {
        let mut digest = [0; 32];
        digest.iter_mut().zip(subject.bytes()).for_each(|(slot, byte)| *slot = byte);
        digest
    }
}

struct Api {
    limit: Limit,
    states: BTreeMap<BucketRow, BucketState>,
}

impl Api {
    fn answer(&mut self, caller: IpAddr, now: Timestamp) -> String {
        let key = BucketKey::new(&Copied, CALLS, &AddressSubjects::of(caller).host);
        let rows = rows_of(&[Take::one(key, self.limit.clone())]);
        let (outcome, writes) = decide(&rows, now, |row| self.states.get(&row).copied());
        self.states.extend(writes);
        match outcome {
            TakeOutcome::Admitted(_) => "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
            refused @ TakeOutcome::Refused(_) => {
                let seconds = retry_after(refused.retry_at(), now);
                format!("HTTP/1.1 429 Too Many Requests\r\nretry-after: {seconds}\r\n\r\n")
            }
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut api = Api { limit: Limit::parse_all(&["3/1m", "1000/1d"])?, states: BTreeMap::new() };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;

    // A call every two seconds, by a clock of its own, so that the output is always the same.
    let calls = 5;
    let client = thread::spawn(move || (0..calls).try_for_each(|_| call(address)));
    let mut now = Timestamp::from_micros(0);
    for stream in listener.incoming().take(calls) {
        serve(&mut api, stream?, now)?;
        now = now + Duration::from_secs(2);
    }
    client.join().map_err(|_| "the client failed")??;
    Ok(())
}

fn serve(api: &mut Api, mut stream: TcpStream, now: Timestamp) -> std::io::Result<()> {
    let caller = stream.peer_addr()?.ip();
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    stream.write_all(api.answer(caller, now).as_bytes())
}

fn call(address: SocketAddr) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address)?;
    stream.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    println!("{}", answer.trim_end().replace("\r\n", ", "));
    Ok(())
}
