use std::{fmt, future::Future, sync::Arc, time::Duration};

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
/// renews it and the others wait. While Doorward is not reached, one that has not ended serves on.
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
        let session = self.clone();
        to_the_end(async move {
            let mut tokens = session.tokens.lock().await;
            session.keep_good(&mut tokens).await?;
            Ok(tokens.access_token.clone())
        })
        .await
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
        // Another path, as `..`, would name all sessions.
        if session_id.is_empty() || !session_id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
            return Err(Error::SessionId);
        }
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

    /// Verifies the code of a step-up, which renews the session; no refresh comes in between.
    pub(crate) async fn step_up_by(&self, body: Value) -> Result<(), Error> {
        let session = self.clone();
        to_the_end(async move {
            let mut tokens = session.tokens.lock().await;
            session.keep_good(&mut tokens).await?;
            let call = Call::post("/otp_verification", body, Retry::Never);
            let answer = session.http.send(&call, Some(&tokens.access_token)).await?;
            tokens.renew(answer.read()?);
            Ok(())
        })
        .await
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
        let (session, refused) = (self.clone(), refused.to_owned());
        to_the_end(async move {
            let mut tokens = session.tokens.lock().await;
            if tokens.access_token == refused {
                session.refresh(&mut tokens).await?;
            }
            Ok(tokens.access_token.clone())
        })
        .await
    }

    /// Renews an access token that ends soon; where that fails, one that has not ended is still good.
    async fn keep_good(&self, tokens: &mut Tokens) -> Result<(), Error> {
        if !tokens.ends_within(REFRESH_BEFORE) {
            return Ok(());
        }
        match self.refresh(tokens).await {
            Err(error) if error.is("refresh_invalid") || tokens.ends_within(Duration::ZERO) => Err(error),
            _ => Ok(()),
        }
    }

    /// Spends the refresh token; a lost answer is asked for again, which gives the same successor.
    async fn refresh(&self, tokens: &mut Tokens) -> Result<(), Error> {
        let body = json!({ "refresh_token": tokens.refresh_token });
        let answer = self.http.send(&Call::post("/token/refresh", body, Retry::Safe), None).await?;
        tokens.renew(answer.read()?);
        Ok(())
    }
}

/// Goes on where the caller goes away: a refresh token that was spent must not stay in the place of its successor.
async fn to_the_end<T: Send + 'static>(
    renewal: impl Future<Output = Result<T, Error>> + Send + 'static,
) -> Result<T, Error> {
    tokio::spawn(renewal).await?
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("http", &self.http).finish_non_exhaustive()
    }
}
