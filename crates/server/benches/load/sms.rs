//! A provider that takes every SMS and hands its code to whoever waits for it.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::sleep,
};
use url::form_urlencoded;

use crate::codes::Codes;

const ANSWER: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n\
    {\"sid\":\"SM00000000000000000000000000000000\",\"status\":\"sent\"}\n";

/// Serves the API on loopback.
#[derive(Clone)]
pub(crate) struct Provider {
    codes: Codes,
    /// Milliseconds that it takes to answer.
    delay: Arc<AtomicU64>,
}

impl Provider {
    /// Starts; gives its address, too.
    pub(crate) async fn start(codes: Codes) -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { codes, delay: Arc::default() };
        let serving = provider.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serving.clone().converse(stream));
            }
        });
        (provider, url)
    }

    /// Takes so long over every SMS from now on, and delivers it then.
    pub(crate) fn delay(&self, delay: Duration) {
        self.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    async fn converse(self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(length) = head(&mut stream).await {
            let mut body = vec![0; length];
            stream.read_exact(&mut body).await.unwrap();
            let fields: HashMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
            let delay = self.delay.load(Ordering::Relaxed);
            if delay > 0 {
                sleep(Duration::from_millis(delay)).await;
            }
            self.codes.deliver(&fields["To"], fields["Body"].rsplit('#').next().unwrap_or_default().trim().to_owned());
            stream.write_all(ANSWER).await.unwrap();
        }
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
