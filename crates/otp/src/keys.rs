use doorward_kernel::{ChallengeId, EpochId, Secret};

use crate::{Challenge, Code, Digits, Purpose, Target, hotp};

/// Gives every challenge a key of its own, and a token that nobody can forge; the same on every node.
pub trait FlowKeys: Send + Sync {
    /// The epoch that new challenges are made under.
    fn current_epoch(&self) -> EpochId;

    /// The 32-byte key of the challenge; `None` when its epoch is unknown or retired.
    fn challenge_key(&self, epoch: EpochId, id: ChallengeId, purpose: Purpose, target: &str)
    -> Option<Secret<Vec<u8>>>;

    /// The token of a challenge: 43 characters of base64url.
    fn seal(&self, id: ChallengeId) -> String;

    /// The challenge a token names; `None` for all that we did not make.
    fn open(&self, token: &str) -> Option<ChallengeId>;
}

impl dyn FlowKeys {
    /// The code of a challenge; `None` when its epoch is retired.
    pub fn code(&self, challenge: &Challenge) -> Option<Code> {
        self.code_of(challenge.epoch, challenge.id, challenge.purpose, &challenge.target, challenge.digits)
    }

    /// The code of the challenge with these parts, for a message that carries it.
    pub fn code_of(
        &self,
        epoch: EpochId,
        id: ChallengeId,
        purpose: Purpose,
        target: &Target,
        digits: Digits,
    ) -> Option<Code> {
        let key = self.challenge_key(epoch, id, purpose, target.as_str())?;
        Some(hotp(key.reveal(), 0, digits))
    }
}
