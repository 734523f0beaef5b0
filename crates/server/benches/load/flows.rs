//! The flows that clients repeat.

use std::time::Instant;

use serde_json::{Value, json};

use crate::{
    codes::Codes,
    fill,
    floors::Floor,
    measure::{Outcome, Work},
    person::{PASSWORD, Person},
    random::Random,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flow {
    /// `GET /me`.
    SessionCheck,
    /// A resource server asks about an access token.
    Introspection,
    /// `POST /token/refresh`, each time with the token of the last answer.
    Refresh,
    /// A whole login by number: asked for, received through the provider, entered.
    PhoneLogin,
    /// A right password, up to the flow of the second factor.
    PasswordStep,
    /// The same, and the code of the second factor.
    PasswordLogin,
    /// A registration, the code from the mail, and the first login by number.
    Register,
}

/// Somebody who does one of them.
pub(crate) struct Client {
    pub(crate) flow: Flow,
    pub(crate) person: Person,
    pub(crate) phones: Phones,
    pub(crate) codes: Codes,
    pub(crate) resource_server: ResourceServer,
}

/// The numbers that a client logs in with.
pub(crate) enum Phones {
    Own,
    /// Those of users that were filled in, in no order: one in `step` from `first` on, as clients share none.
    Filled {
        first: usize,
        step: usize,
        count: usize,
        random: Random,
    },
}

/// The credentials of a resource server.
#[derive(Clone)]
pub(crate) struct ResourceServer {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Flow {
    pub(crate) const ALL: [Self; 7] = [
        Self::SessionCheck,
        Self::Introspection,
        Self::Refresh,
        Self::PhoneLogin,
        Self::PasswordStep,
        Self::PasswordLogin,
        Self::Register,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::SessionCheck => "session check",
            Self::Introspection => "introspection",
            Self::Refresh => "refresh",
            Self::PhoneLogin => "phone login",
            Self::PasswordStep => "password step",
            Self::PasswordLogin => "password login",
            Self::Register => "register, first login",
        }
    }

    /// Returns whether it waits for an SMS.
    pub(crate) const fn is_texted(self) -> bool {
        match self {
            Self::SessionCheck | Self::Introspection | Self::Refresh | Self::PasswordStep => false,
            Self::PhoneLogin | Self::PasswordLogin | Self::Register => true,
        }
    }

    /// Returns the floor it is compared with.
    pub(crate) const fn floor(self) -> Floor {
        match self {
            Self::SessionCheck | Self::Introspection => Floor::Read,
            Self::Refresh => Floor::Update,
            Self::PhoneLogin => Floor::TwoUpdates,
            Self::PasswordStep | Self::PasswordLogin | Self::Register => Floor::Hash,
        }
    }
}

impl Work for Client {
    async fn once(&mut self) -> Outcome {
        match self.flow {
            Flow::SessionCheck => session_check(self).await,
            Flow::Introspection => introspection(self).await,
            Flow::Refresh => refresh(self).await,
            Flow::PhoneLogin => phone_login(self).await,
            Flow::PasswordStep => password_step(&self.person).await,
            Flow::PasswordLogin => password_login(self).await,
            Flow::Register => register(self).await,
        }
    }
}

async fn session_check(client: &Client) -> Outcome {
    client.person.get("/me").await?;
    Ok(None)
}

async fn introspection(client: &Client) -> Outcome {
    let answer = client.person.introspect(&client.resource_server).await?;
    assert_eq!(answer["active"], true, "{answer}");
    Ok(None)
}

async fn refresh(client: &mut Client) -> Outcome {
    let tokens = client.person.post("/token/refresh", &json!({ "refresh_token": client.person.refresh })).await?;
    client.person.take(&tokens);
    Ok(None)
}

async fn phone_login(client: &mut Client) -> Outcome {
    let phone = match &mut client.phones {
        Phones::Own => client.person.phone.clone(),
        Phones::Filled { first, step, count, random } => fill::phone(*first + *step * random.below(*count)),
    };
    login(client, &phone, &json!({ "phone_number": phone })).await
}

pub(crate) async fn password_step(person: &Person) -> Outcome {
    person.start("/login", &by_password(person)).await?;
    Ok(None)
}

async fn password_login(client: &Client) -> Outcome {
    login(client, &client.person.phone, &by_password(&client.person)).await
}

fn by_password(person: &Person) -> Value {
    json!({ "email": person.email, "password": PASSWORD })
}

/// Logs in, by the code that is texted to the number.
async fn login(client: &Client, phone: &str, asked: &Value) -> Outcome {
    let mut texted = client.codes.inbox(phone);
    let begun = Instant::now();
    let flow = client.person.start("/login", asked).await?;
    let first = begun.elapsed();
    client.person.enter(&flow, &texted.code().await).await?;
    Ok(Some(first))
}

async fn register(client: &Client) -> Outcome {
    let (first, _) = client.person.newcomer().register(&client.codes).await?;
    Ok(Some(first))
}
