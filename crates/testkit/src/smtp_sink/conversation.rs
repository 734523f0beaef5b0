use std::{
    io,
    sync::{Arc, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use mail_parser::MessageParser;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{Mail, Refusal, State};

/// The conversation with one client (RFC 5321).
pub(super) struct Conversation {
    stream: BufReader<TcpStream>,
    state: Arc<State>,
    hello: String,
    from: String,
    to: Vec<String>,
    credentials: Option<String>,
}

impl Conversation {
    pub(super) fn new(stream: TcpStream, state: Arc<State>) -> Self {
        let (hello, from, to) = (String::new(), String::new(), Vec::new());
        Self { stream: BufReader::new(stream), state, hello, from, to, credentials: None }
    }

    /// Talks until the client leaves.
    pub(super) async fn run(mut self) -> io::Result<()> {
        self.reply("220 sink ESMTP").await?;
        while let Some(line) = self.line().await? {
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            if let Some(reply) = self.state.refusal_of(&verb) {
                self.reply(&reply).await?;
                continue;
            }
            match verb.as_str() {
                "EHLO" => {
                    argument.clone_into(&mut self.hello);
                    self.reply("250-sink\r\n250-8BITMIME\r\n250 AUTH PLAIN").await?;
                }
                "AUTH" => self.authenticate(argument).await?,
                "MAIL" => {
                    self.to.clear();
                    self.from = path(argument);
                    self.reply("250 ok").await?;
                }
                "RCPT" => self.recipient(argument).await?,
                "DATA" => self.data().await?,
                "HELO" | "NOOP" | "RSET" => self.reply("250 ok").await?,
                "QUIT" => return self.reply("221 bye").await,
                _ => self.reply("502 not implemented").await?,
            }
        }
        Ok(())
    }

    async fn authenticate(&mut self, argument: &str) -> io::Result<()> {
        let token = argument.strip_prefix("PLAIN ").and_then(|token| BASE64_STANDARD.decode(token).ok());
        let Some(token) = token.and_then(|token| String::from_utf8(token).ok()) else {
            return self.reply("504 PLAIN with an initial response only").await;
        };
        self.credentials = Some(token.trim_start_matches('\0').replace('\0', ":"));
        self.reply("235 ok").await
    }

    async fn recipient(&mut self, argument: &str) -> io::Result<()> {
        let refusal = self.state.refusals.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match refusal {
            None => {
                self.to.push(path(argument));
                self.reply("250 ok").await
            }
            Some(Refusal::Reply(reply)) => self.reply(&reply).await,
            Some(Refusal::Silence) => {
                self.state.stalled.notify_one();
                while self.line().await?.is_some() {}
                Ok(())
            }
        }
    }

    async fn data(&mut self) -> io::Result<()> {
        if self.to.is_empty() {
            return self.reply("503 no recipient").await;
        }
        self.reply("354 go on").await?;
        let mut raw = String::new();
        while let Some(line) = self.line().await?
            && line != "."
        {
            raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            raw.push_str("\r\n");
        }
        let mail = self.mail(raw);
        self.state.mails.send_modify(|mails| mails.push(mail));
        self.reply("250 taken").await
    }

    fn mail(&self, raw: String) -> Mail {
        let parsed = MessageParser::default().parse(raw.as_bytes()).unwrap_or_default();
        Mail {
            hello: self.hello.clone(),
            from: self.from.clone(),
            to: self.to.clone(),
            subject: parsed.subject().unwrap_or_default().to_owned(),
            text: parsed.body_text(0).unwrap_or_default().into_owned(),
            html: parsed.body_html(0).unwrap_or_default().into_owned(),
            credentials: self.credentials.clone(),
            raw,
        }
    }

    async fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).await?;
        let text = String::from_utf8_lossy(&line);
        Ok((read > 0).then(|| text.trim_end_matches(['\r', '\n']).to_owned()))
    }

    async fn reply(&mut self, reply: &str) -> io::Result<()> {
        self.stream.write_all(format!("{reply}\r\n").as_bytes()).await
    }
}

/// The address between the angle brackets.
fn path(argument: &str) -> String {
    let start = argument.split_once('<').map_or(argument, |(_, rest)| rest);
    start.split_once('>').map_or(start, |(address, _)| address).to_owned()
}
