use std::fmt;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Channel, Error, FlowInfo, ShownFlow,
    http::{Answer, Call, Http, Retry},
};

/// A flow at the step `S`, whose methods are the only way on.
///
/// They borrow it: after a wrong code the same flow takes the next try, `attempts_left` of them.
pub struct Flow<S> {
    pub(crate) http: Http,
    pub(crate) token: String,
    info: FlowInfo,
    pub(crate) step: S,
}

/// A step whose code is sent, and may be sent again.
pub trait SendsCode {}

/// A step whose code is sent to a number.
pub trait SendsToNumber: SendsCode {}

#[derive(Deserialize)]
struct Started {
    flow_token: String,
    #[serde(flatten)]
    info: FlowInfo,
}

impl<S> Flow<S> {
    pub(crate) fn started(http: Http, answer: Answer, step: S) -> Result<Self, Error> {
        let Started { flow_token, info } = answer.read()?;
        Ok(Self { http, token: flow_token, info, step })
    }

    /// The flow as it was when it was started, or its code was sent again.
    pub fn info(&self) -> &FlowInfo {
        &self.info
    }

    /// Asks how the flow stands, and how far its code has come; every two seconds is plenty.
    pub async fn show(&self) -> Result<ShownFlow, Error> {
        let body = json!({ "flow_token": self.token });
        self.http.send(&Call::post("/flow", body, Retry::Safe), None).await?.read()
    }

    async fn send_again(&mut self, body: Value) -> Result<&FlowInfo, Error> {
        let answer = self.http.send(&Call::post("/resend_otp", body, Retry::Never), None).await?;
        let Started { flow_token, info } = answer.read()?;
        (self.token, self.info) = (flow_token, info);
        Ok(&self.info)
    }
}

impl<S: SendsCode> Flow<S> {
    /// Sends the same code again, after `resend_at`.
    pub async fn resend(&mut self) -> Result<&FlowInfo, Error> {
        self.send_again(json!({ "flow_token": self.token })).await
    }
}

impl<S: SendsToNumber> Flow<S> {
    /// Sends the same code again that way, after `resend_at`, and from then on by no other.
    ///
    /// One that does not serve the country of the number is refused as `invalid`.
    pub async fn resend_by(&mut self, channel: Channel) -> Result<&FlowInfo, Error> {
        self.send_again(json!({ "flow_token": self.token, "channel": channel })).await
    }
}

impl<S> fmt::Debug for Flow<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flow").field("info", &self.info).finish_non_exhaustive()
    }
}
