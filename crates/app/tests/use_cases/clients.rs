use std::sync::Arc;

use doorward_app::{
    Moment,
    clients::{ChangeOutcome, ClientName, Clients, Credentials},
};
use doorward_kernel::{ClientId, Secret};
use doorward_session::{ClientDigest, ClientSecrets};
use doorward_testkit::{
    MemoryStore,
    fakes::{FixedClock, SeededRandom},
};

/// Secrets that are their own digests, cut to 32 bytes.
struct PlainSecrets(Moment);

impl ClientSecrets for PlainSecrets {
    fn mint(&self) -> Secret<String> {
        let mut bytes = [0; 8];
        self.0.random.fill(&mut bytes);
        Secret::new(format!("cs_{}", u64::from_be_bytes(bytes)))
    }

    fn digest(&self, secret: &str) -> ClientDigest {
        let mut digest = [0; 32];
        digest.iter_mut().zip(secret.bytes()).for_each(|(kept, byte)| *kept = byte);
        ClientDigest(digest)
    }

    fn is_right(&self, secret: &str, digest: Option<ClientDigest>) -> bool {
        digest == Some(self.digest(secret))
    }
}

/// Knows the resource servers of nobody yet.
pub(crate) fn clients() -> Clients {
    let moment = Moment { clock: Arc::new(FixedClock::default()), random: Arc::new(SeededRandom::new(7)) };
    let secrets = Arc::new(PlainSecrets(moment.clone()));
    Clients { moment, servers: Arc::new(MemoryStore::default()), secrets }
}

async fn knows(clients: &Clients, client: Option<ClientId>, secret: &Secret<String>) -> bool {
    clients.is_known(&Credentials { client, secret: secret.clone() }).await.unwrap()
}

#[tokio::test]
async fn a_resource_server_is_known_by_its_newest_secret_until_it_is_removed() {
    let clients = clients();
    let registered = clients.add(ClientName::parse("orders").unwrap()).await.unwrap().unwrap();
    let (id, first) = (registered.server.id, registered.secret);

    assert!(knows(&clients, Some(id), &first).await);
    let second = clients.rotate(id).await.unwrap().unwrap();
    assert!(!knows(&clients, Some(id), &first).await && knows(&clients, Some(id), &second).await);
    assert_eq!(clients.remove(id).await.unwrap(), ChangeOutcome::Changed);

    assert!(!knows(&clients, Some(id), &second).await);
    assert!(clients.rotate(id).await.unwrap().is_none());
    assert_eq!(clients.list().await.unwrap(), []);
}

#[tokio::test]
async fn what_is_no_id_is_nobody() {
    let clients = clients();
    let registered = clients.add(ClientName::parse("orders").unwrap()).await.unwrap().unwrap();

    assert!(clients.add(ClientName::parse("orders").unwrap()).await.unwrap().is_none());
    assert!(!knows(&clients, None, &registered.secret).await);
}
