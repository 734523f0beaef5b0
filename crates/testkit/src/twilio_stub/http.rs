use std::{
    collections::HashMap,
    io,
    sync::{Arc, PoisonError},
};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::TcpStream,
};

use super::{Answer, Sms, State};

/// Answers requests until the client leaves.
pub(super) async fn converse(stream: TcpStream, state: Arc<State>) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(mut request) = read(&mut stream).await? {
        let scripted = state.script.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        let usual = || state.usual.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = scripted.or_else(usual).unwrap_or_else(Answer::taken);
        request.status = answer.status;
        state.requests.send_modify(|requests| requests.push(request));
        tokio::time::sleep(answer.delay).await;
        stream.write_all(written(&answer).as_bytes()).await?;
    }
    Ok(())
}

async fn read(stream: &mut BufReader<TcpStream>) -> io::Result<Option<Sms>> {
    let mut first = String::new();
    if stream.read_line(&mut first).await? == 0 {
        return Ok(None);
    }
    let mut headers = HashMap::new();
    let mut line = String::new();
    while stream.read_line(&mut line).await? > 2 {
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
        }
        line.clear();
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let fields: HashMap<_, _> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| fields.get(name).cloned();
    Ok(Some(Sms {
        path: first.split(' ').nth(1).unwrap_or_default().to_owned(),
        to: field("To").unwrap_or_default(),
        from: field("From").or_else(|| field("MessagingServiceSid")).unwrap_or_default(),
        body: field("Body").unwrap_or_default(),
        auth: headers.get("authorization").and_then(|value| basic(value)).unwrap_or_default(),
        fields,
        headers,
        content: String::from_utf8_lossy(&body).into_owned(),
        status: 0,
    }))
}

/// The credentials of RFC 7617.
fn basic(value: &str) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    String::from_utf8(decoded).ok()
}

fn written(answer: &Answer) -> String {
    let extra: Vec<_> = answer.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!(
        "HTTP/1.1 {} Scripted\r\nContent-Type: application/json\r\n{}Content-Length: {}\r\n\r\n{}",
        answer.status,
        extra.concat(),
        answer.body.len(),
        answer.body
    )
}
