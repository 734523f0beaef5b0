//! What the service tells of itself: one line an event, on standard output.

use std::io::{self, Write};

use anyhow::Context;
use tracing_subscriber::EnvFilter;

use crate::settings::{Log, LogFormat};

/// Lets all events of this process be told, from now on.
pub fn open(log: &Log) -> anyhow::Result<()> {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse(&log.level).context("log.level")?)
        .with_ansi(false)
        .with_writer(|| OneLine(io::stdout()));
    let opened = match log.format {
        LogFormat::Json => tracing::subscriber::set_global_default(
            subscriber.json().flatten_event(true).with_span_list(false).finish(),
        ),
        LogFormat::Text => tracing::subscriber::set_global_default(subscriber.finish()),
    };
    opened.context("the log is open already")
}

/// Writes each event as one line, whatever control characters a client has put into it.
#[derive(Debug)]
struct OneLine<W>(W);

impl<W: Write> Write for OneLine<W> {
    /// Takes one whole event, as the formatter hands it over.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(event);
        let mut line = String::with_capacity(text.len());
        for c in text.trim_end_matches('\n').chars() {
            if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
                line.extend(c.escape_unicode());
            } else {
                line.push(c);
            }
        }
        line.push('\n');
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_forges_a_second_line_or_moves_the_cursor() {
        let mut lines = Vec::new();

        OneLine(&mut lines).write_all("name=a\nINFO forged \u{1b}[2J\r\u{85}\n".as_bytes()).unwrap();

        assert_eq!(String::from_utf8(lines).unwrap(), "name=a\\u{a}INFO forged \\u{1b}[2J\\u{d}\\u{85}\n");
    }
}
