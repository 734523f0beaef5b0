use std::io::{self, Write};

/// Writes each event as one line, whatever control characters a client has put into it.
#[derive(Debug)]
pub(super) struct OneLine<W>(pub(super) W);

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
