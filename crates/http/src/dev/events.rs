use std::time::Duration;

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _, stream};

use super::CapturedMessage;

/// The longest silence: proxies cut a connection on which nothing is sent for a minute (HTML, section 9.2.7).
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// Makes an event of each message (HTML, section 9.2), and a comment of each silence.
pub(super) fn events(messages: impl Stream<Item = CapturedMessage>) -> impl Stream<Item = serde_json::Result<Bytes>> {
    // Something to begin with, so that the head goes out.
    let start = stream::iter([Ok(Bytes::from_static(b": follows\n\n"))]);
    start.chain(stream::unfold(Box::pin(messages), async |mut messages| {
        let said = match tokio::time::timeout(KEEP_ALIVE, messages.next()).await {
            Ok(message) => event(&message?),
            Err(_) => Ok(Bytes::from_static(b":\n\n")),
        };
        Some((said, messages))
    }))
}

fn event(message: &CapturedMessage) -> serde_json::Result<Bytes> {
    Ok(format!("id: {}\ndata: {}\n\n", message.id, serde_json::to_string(message)?).into())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dev::{Inbox, InboxFilter};

    // Time stands still but for what waits for it.
    #[tokio::test(start_paused = true)]
    async fn silence_is_broken_by_comments_and_loses_no_message() {
        let inbox = Arc::new(Inbox::default());
        let text = |text: &str| text.to_owned();
        let (channel, to, at) = (text("sms"), text("+14155552671"), text("2026-11-25T07:00:00Z"));
        let message =
            CapturedMessage { id: text("1"), channel, to, subject: None, body: text("hello"), code: None, at };
        let mut events = Box::pin(events(inbox.clone().follow(InboxFilter::default(), None)));
        let mut said = Vec::new();

        said.extend(events.by_ref().take(3).collect::<Vec<_>>().await);
        inbox.push(message, None);
        said.extend(events.by_ref().take(2).collect::<Vec<_>>().await);
        inbox.close();
        said.extend(events.collect::<Vec<_>>().await);

        let said: Vec<_> = said.into_iter().map(|said| String::from_utf8(said.unwrap().to_vec()).unwrap()).collect();
        let event = "id: 1\ndata: {\"id\":\"1\",\"channel\":\"sms\",\"to\":\"+14155552671\",\"subject\":null,\
            \"body\":\"hello\",\"code\":null,\"at\":\"2026-11-25T07:00:00Z\"}\n\n";
        assert_eq!(said, [": follows\n\n", ":\n\n", ":\n\n", event, ":\n\n"]);
    }
}
