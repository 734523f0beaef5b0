//! A provider that takes every SMS at once and hands its code to whoever waits for it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
};
use url::form_urlencoded;

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n\
    {\"sid\":\"SM00000000000000000000000000000000\",\"status\":\"sent\"}\n";

/// The codes, by the number they were sent to.
#[derive(Clone, Default)]
pub(crate) struct Codes(Arc<Mutex<HashMap<String, UnboundedSender<String>>>>);

impl Codes {
    /// The codes that are sent to the number from now on.
    pub(crate) fn of(&self, number: &str) -> UnboundedReceiver<String> {
        let (to, from) = unbounded_channel();
        self.0.lock().unwrap().insert(number.to_owned(), to);
        from
    }

    fn sent(&self, number: &str, text: &str) {
        let code = text.rsplit('#').next().unwrap_or_default().trim().to_owned();
        if let Some(to) = self.0.lock().unwrap().get(number) {
            // Whoever waits no more has had enough.
            let _ = to.send(code);
        }
    }
}

/// Serves the API on loopback; gives its address.
pub(crate) async fn serve(codes: Codes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, codes.clone()));
        }
    });
    url
}

async fn converse(stream: TcpStream, codes: Codes) {
    let mut stream = BufReader::new(stream);
    while let Some(length) = head(&mut stream).await {
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await.unwrap();
        let fields: HashMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
        codes.sent(&fields["To"], &fields["Body"]);
        stream.write_all(ANSWER).await.unwrap();
    }
}

/// Reads a head and gives the length of its body; `None` at the end of the connection.
async fn head(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut length = 0;
    let mut line = String::new();
    while stream.read_line(&mut line).await.ok()? > 0 {
        if line == "\r\n" {
            return Some(length);
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
        line.clear();
    }
    None
}
