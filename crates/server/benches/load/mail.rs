//! A mail server that takes every message and hands its code to whoever waits for it.

use std::io;

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::codes::Codes;

/// Serves SMTP on loopback; gives its URL.
pub(crate) async fn serve(codes: Codes) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(converse(stream, codes.clone()));
        }
    });
    url
}

/// Talks until the client leaves (RFC 5321).
async fn converse(stream: TcpStream, codes: Codes) -> io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 stub ESMTP\r\n").await?;
    let (mut recipient, mut code, mut is_message) = (String::new(), None, false);
    while let Some(line) = lines.next_line().await? {
        let reply: &[u8] = match line.get(..4) {
            _ if is_message && line == "." => {
                if let Some(code) = code.take() {
                    codes.deliver(&recipient, code);
                }
                is_message = false;
                b"250 ok\r\n"
            }
            _ if is_message => {
                code = code.or_else(|| code_in(&line));
                continue;
            }
            Some("DATA") => {
                is_message = true;
                b"354 go on\r\n"
            }
            Some("RCPT") => {
                recipient = line.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
                b"250 ok\r\n"
            }
            Some("EHLO") => b"250-stub\r\n250 8BITMIME\r\n",
            Some("QUIT") => b"221 bye\r\n",
            _ => b"250 ok\r\n",
        };
        write.write_all(reply).await?;
    }
    Ok(())
}

/// A code stands on a line of its own.
fn code_in(line: &str) -> Option<String> {
    let line = line.trim();
    ((6..=8).contains(&line.len()) && line.bytes().all(|byte| byte.is_ascii_digit())).then(|| line.to_owned())
}
