use std::{fmt, sync::Arc, time::Duration};

use reqwest::Method;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tokio::sync::Mutex;

use crate::{
    Error, OwnSession, Tokens, User,
    http::{Answer, Call, Http, Retry},
};

/// An access token is renewed this long before it ends, for the way to who checks it.
const REFRESH_BEFORE: Duration = Duration::from_secs(30);

/// Calls in the name of a user; clones share the session.
///
/// The access token is renewed before it ends, and once more where Doorward refuses it; of calls at the same time one
/// renews it and the others wait.
#[derive(Clone)]
pub struct Session {
    pub(crate) http: Http,
    tokens: Arc<Mutex<Tokens>>,
}

#[derive(Deserialize)]
pub(crate) struct UserAnswer {
    pub(crate) user: User,
}

#[derive(Deserialize)]
struct SessionsAnswer {
    sessions: Vec<OwnSession>,
}

impl Session {
    pub(crate) fn of(http: Http, tokens: Tokens) -> Self {
        Self { http, tokens: Arc::new(Mutex::new(tokens)) }
    }

    pub(crate) fn opened(http: Http, answer: Answer) -> Result<Self, Error> {
        Ok(Self::of(http, Tokens::of(answer.read()?)))
    }

    /// The tokens as they are now, to be kept; they change whenever the access token is renewed.
    pub async fn tokens(&self) -> Tokens {
        self.tokens.lock().await.clone()
    }

    /// An access token that is good for a while, renewed if it must be.
    pub async fn access_token(&self) -> Result<String, Error> {
        let mut tokens = self.tokens.lock().await;
        if tokens.ends_within(REFRESH_BEFORE) {
            self.refresh(&mut tokens).await?;
        }
        Ok(tokens.access_token.clone())
    }

    /// The account.
    pub async fn me(&self) -> Result<User, Error> {
        self.read::<UserAnswer>("/me").await.map(|answer| answer.user)
    }

    /// The live sessions of the account, the last used first.
    pub async fn list(&self) -> Result<Vec<OwnSession>, Error> {
        self.read::<SessionsAnswer>("/sessions").await.map(|answer| answer.sessions)
    }

    /// Ends one session of the account, everywhere.
    pub async fn end(&self, session_id: &str) -> Result<(), Error> {
        self.delete(&format!("/sessions/{session_id}")).await
    }

    /// Ends all other sessions of the account.
    pub async fn end_others(&self) -> Result<(), Error> {
        self.delete("/sessions").await
    }

    /// Ends this session, everywhere.
    pub async fn logout(&self) -> Result<(), Error> {
        self.post("/logout", json!({})).await.map(drop)
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Result<Answer, Error> {
        self.send(Call::post(path, body, Retry::Never)).await
    }

    /// Takes the tokens of a session that was renewed by a fresh verification.
    pub(crate) async fn renewed(&self, answer: Answer) -> Result<(), Error> {
        let granted = answer.read()?;
        self.tokens.lock().await.renew(granted);
        Ok(())
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        self.send(Call::get(path)).await?.read()
    }

    async fn delete(&self, path: &str) -> Result<(), Error> {
        self.send(Call { method: Method::DELETE, path, body: None, retry: Retry::Never }).await.map(drop)
    }

    /// Sends a call; a refused access token is renewed once, as nothing was done yet.
    async fn send(&self, call: Call<'_>) -> Result<Answer, Error> {
        let token = self.access_token().await?;
        match self.http.send(&call, Some(&token)).await {
            Err(error) if error.is("unauthenticated") => {
                let token = self.token_after(&token).await?;
                self.http.send(&call, Some(&token)).await
            }
            answered => answered,
        }
    }

    /// The access token that follows a refused one; another call may have renewed it already.
    async fn token_after(&self, refused: &str) -> Result<String, Error> {
        let mut tokens = self.tokens.lock().await;
        if tokens.access_token == refused {
            self.refresh(&mut tokens).await?;
        }
        Ok(tokens.access_token.clone())
    }

    /// Spends the refresh token; a lost answer is asked for again, which gives the same successor.
    async fn refresh(&self, tokens: &mut Tokens) -> Result<(), Error> {
        let body = json!({ "refresh_token": tokens.refresh_token });
        let answer = self.http.send(&Call::post("/token/refresh", body, Retry::Safe), None).await?;
        tokens.renew(answer.read()?);
        Ok(())
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("http", &self.http).finish_non_exhaustive()
    }
}
