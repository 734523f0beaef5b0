use doorward_app::flow;
use doorward_notifier::DeliveryState;
use serde::Serialize;
use utoipa::ToSchema;

use super::texts::{ChannelText, DeliveryText, NextText};
use crate::flow_carrier::PREFIX;

/// A flow that is under way.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Flow)]
pub struct FlowView {
    /// Names the flow; whoever has it can go on with it.
    #[schema(example = "fl_…")]
    pub flow_token: String,
    /// The endpoint to call next.
    #[schema(value_type = NextText, example = "verify_email")]
    pub next: &'static str,
    /// How the step is verified.
    #[schema(value_type = ChannelText, example = "email")]
    pub channel: &'static str,
    /// Where the code went, masked.
    #[schema(example = "a***@example.com")]
    pub destination: String,
    /// When the step ends.
    #[schema(format = DateTime, example = "2026-01-01T00:10:00Z")]
    pub expires_at: String,
    /// From when on the code may be sent again; `null` when never.
    #[schema(format = DateTime, required = true, example = "2026-01-01T00:00:30Z")]
    pub resend_at: Option<String>,
    /// Wrong tries that are left.
    #[schema(example = 5)]
    pub attempts_left: u8,
}

/// A flow that is under way, and how far its code has come.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = ShownFlow)]
pub struct ShownFlowView {
    /// The flow.
    #[serde(flatten)]
    pub flow: FlowView,
    /// The progress of the code: `queued`, `sent` (a provider took it), `delivered` or `failed`; `null` at a
    /// step that sends none. Providers that do not tell leave it at `sent`.
    #[schema(value_type = Option<DeliveryText>, required = true, example = "delivered")]
    pub delivery: Option<&'static str>,
}

impl ShownFlowView {
    /// The flow, at that state of its code.
    pub fn new(flow: &flow::FlowView, delivery: Option<DeliveryState>) -> Self {
        Self { flow: flow.into(), delivery: delivery.map(DeliveryState::as_str) }
    }
}

/// The token as clients hold it, in bodies and in the cookie.
pub(crate) fn flow_token(flow: &flow::FlowView) -> String {
    format!("{PREFIX}{}", flow.token.reveal())
}

impl From<&flow::FlowView> for FlowView {
    fn from(flow: &flow::FlowView) -> Self {
        Self {
            flow_token: flow_token(flow),
            next: flow.next.as_str(),
            channel: flow.channel.as_str(),
            destination: flow.destination.clone(),
            expires_at: flow.expires_at.to_string(),
            resend_at: flow.resend_at.map(|at| at.to_string()),
            attempts_left: flow.attempts_left,
        }
    }
}

#[cfg(test)]
mod tests {
    use doorward_kernel::Timestamp;
    use doorward_otp::Channel;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_flow_is_shown_as_the_contract_says() {
        let flow = flow::FlowView {
            token: "sealed".to_owned().into(),
            next: flow::Next::VerifyEmail,
            channel: Channel::Email,
            destination: "a***@example.com".to_owned(),
            expires_at: Timestamp::from_micros(1_764_054_600_000_000),
            resend_at: None,
            attempts_left: 5,
        };

        let shown = serde_json::to_value(FlowView::from(&flow)).unwrap();

        let expected = json!({
            "flow_token": "fl_sealed",
            "next": "verify_email",
            "channel": "email",
            "destination": "a***@example.com",
            "expires_at": "2025-11-25T07:10:00Z",
            "resend_at": null,
            "attempts_left": 5,
        });
        assert_eq!(shown, expected);
    }
}
