use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// The bytes of a message's length, which counts itself, and not the type before it.
const LENGTH: usize = 4;

/// A message of the protocol (PostgreSQL, "Message Formats").
pub(super) struct Frame {
    /// The letter of its type; the first message of a connection has none.
    kind: Option<u8>,
    body: Vec<u8>,
}

impl Frame {
    /// Reads the first message.
    pub(super) async fn read_startup(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Self> {
        Self::read_rest(from, None).await
    }

    /// Reads the next message; `None` once the other side has hung up.
    pub(super) async fn read(from: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Self>> {
        match from.read_u8().await {
            Ok(kind) => Self::read_rest(from, Some(kind)).await.map(Some),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn read_rest(from: &mut (impl AsyncRead + Unpin), kind: Option<u8>) -> io::Result<Self> {
        let length = from.read_u32().await? as usize;
        let mut body = vec![0; length.saturating_sub(LENGTH)];
        from.read_exact(&mut body).await?;
        Ok(Self { kind, body })
    }

    pub(super) async fn write(&self, to: &mut (impl AsyncWrite + Unpin)) -> io::Result<()> {
        let length = u32::try_from(self.body.len() + LENGTH).map_err(io::Error::other)?;
        let bytes = [self.kind.as_slice(), &length.to_be_bytes(), &self.body].concat();
        to.write_all(&bytes).await
    }

    pub(super) const fn kind(&self) -> Option<u8> {
        self.kind
    }

    /// The texts that it begins with, each ended by a zero.
    pub(super) fn texts(&self) -> impl Iterator<Item = String> {
        self.body.split(|byte| *byte == 0).map(|text| String::from_utf8_lossy(text).into_owned())
    }

    /// The first byte of what it says.
    pub(super) fn first(&self) -> Option<u8> {
        self.body.first().copied()
    }
}
