use doorward_app::clients::{ChangeOutcome, ClientName, Clients, Credentials};
use doorward_kernel::{ClientId, Secret};

use crate::world::World;

async fn knows(clients: &Clients, client: Option<ClientId>, secret: &Secret<String>) -> bool {
    clients.is_known(&Credentials { client, secret: secret.clone() }).await.unwrap()
}

#[tokio::test]
async fn a_resource_server_is_known_by_its_newest_secret_until_it_is_removed() {
    let clients = World::new().introspection.clients.clone();
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
    let clients = World::new().introspection.clients.clone();
    let registered = clients.add(ClientName::parse("orders").unwrap()).await.unwrap().unwrap();

    assert!(clients.add(ClientName::parse("orders").unwrap()).await.unwrap().is_none());
    assert!(!knows(&clients, None, &registered.secret).await);
}
