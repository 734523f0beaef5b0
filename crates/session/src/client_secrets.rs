use doorward_kernel::Secret;

/// The SHA-256 of a resource server's secret.
///
/// A fast hash is enough: the secret has 256 random bits, so there is nothing to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientDigest(pub [u8; 32]);

/// Makes and checks the secrets by which resource servers are known.
pub trait ClientSecrets: Send + Sync {
    /// A new secret: `cs_` and 256 random bits as base64url.
    fn mint(&self) -> Secret<String>;

    /// Returns the digest of a secret, which is what is stored.
    fn digest(&self, secret: &str) -> ClientDigest;

    /// Returns whether the digest is that of the secret, in constant time.
    ///
    /// Without a digest the same work is done and the answer is no, so that time does not
    /// tell whether a client exists.
    fn is_right(&self, secret: &str, digest: Option<ClientDigest>) -> bool;
}
