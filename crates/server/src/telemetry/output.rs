use std::{
    io::{self, Write},
    sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    thread,
    time::{Duration, Instant},
};

use metrics::{Unit, counter, describe_counter};

const LOST: &str = "doorward_log_lines_lost_total";

/// The lines that may wait for whoever reads them, a few megabytes at most.
const WAITING: usize = 8_192;

/// The time that the end of the process waits for the last lines to be read.
const PATIENCE: Duration = Duration::from_secs(1);

/// Hands lines to a thread that writes them, and never waits for it.
///
/// A reader that is gone, a disk that is full and a reader that stalls cost lines, which are
/// counted, and never a request. (Not tracing-appender: its end prints to a standard error that
/// may be what has stalled.)
#[derive(Clone)]
pub(super) struct Output(SyncSender<Message>);

/// The log of this process; what was told is written before this value is gone.
#[must_use = "the last lines are lost without it"]
pub(super) struct OpenLog(SyncSender<Message>);

enum Message {
    Line(Vec<u8>),
    /// Everything before it is written once this is dropped.
    End(SyncSender<()>),
}

/// Describes the metric of lines that were lost.
pub(crate) fn describe_losses() {
    describe_counter!(LOST, Unit::Count, "Lines of the log that nobody took, or not fast enough.");
}

impl Output {
    /// Starts the thread that writes.
    pub(super) fn start(to: impl Write + Send + 'static) -> io::Result<(Self, OpenLog)> {
        let (lines, queue) = sync_channel(WAITING);
        thread::Builder::new().name("log".to_owned()).spawn(move || write_all(&queue, to))?;
        Ok((Self(lines.clone()), OpenLog(lines)))
    }
}

impl Write for Output {
    /// Takes one whole line.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        if self.0.try_send(Message::Line(line.to_vec())).is_err() {
            counter!(LOST).increment(1);
        }
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for OpenLog {
    fn drop(&mut self) {
        let (end, ended) = sync_channel(0);
        let (mut message, until) = (Message::End(end), Instant::now() + PATIENCE);
        while let Err(TrySendError::Full(again)) = self.0.try_send(message) {
            if Instant::now() >= until {
                return;
            }
            message = again;
            thread::sleep(Duration::from_millis(10));
        }
        // An error says that the other end was dropped, as it is when everything is written.
        let _ = ended.recv_timeout(PATIENCE);
    }
}

fn write_all(queue: &Receiver<Message>, mut to: impl Write) {
    while let Ok(message) = queue.recv() {
        match message {
            Message::Line(line) => {
                if to.write_all(&line).and_then(|()| to.flush()).is_err() {
                    counter!(LOST).increment(1);
                }
            }
            Message::End(end) => drop(end),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex, mpsc};

    use super::*;

    /// Writes nothing until it is let go.
    struct Stalled(Receiver<()>, Arc<Mutex<Vec<u8>>>);

    impl Write for Stalled {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Once nobody holds it any more it goes on.
            let _ = self.0.recv();
            self.1.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stalls_holds_nobody_up_and_gets_what_fits() {
        let (hold, until_dropped) = mpsc::channel();
        let written = Arc::new(Mutex::new(Vec::new()));
        let (mut output, opened) = Output::start(Stalled(until_dropped, written.clone())).unwrap();

        for _ in 0..WAITING * 2 {
            output.write_all(b"x").unwrap();
        }
        drop(hold);
        drop(opened);

        let written = written.lock().unwrap().len();
        assert!((WAITING..=WAITING + 1).contains(&written), "{written}");
    }

    #[test]
    fn a_reader_that_is_gone_is_no_error() {
        struct Gone;
        impl Write for Gone {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::BrokenPipe.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let (mut output, opened) = Output::start(Gone).unwrap();

        let written = output.write_all(b"line");
        drop(opened);

        assert!(written.is_ok());
    }
}
