//! Found by id, and their tries counted.

use doorward_kernel::ChallengeId;

use super::Stores;

pub async fn what_was_never_started_is_not_found(stores: &Stores) {
    let found = stores.challenges.find(ChallengeId::from_bytes([9; 16])).await.unwrap();

    assert_eq!(found, None);
}
