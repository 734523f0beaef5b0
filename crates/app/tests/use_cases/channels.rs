//! Codes to telephones by SMS, WhatsApp and calls: what somebody has chosen, and what nobody has.

use std::sync::Arc;

use doorward_app::{
    Policies,
    delivery::{Delivery, Provider, Reach, Reports, Route},
    flow::{FlowView, ResendError},
    limits::{Caller, PriceList, SmsPolicy},
};
use doorward_kernel::{AuditKind, Country, PhoneChannel};
use doorward_limit::{Limit, Limits};
use doorward_notifier::{DeliveryOutcome, DeliveryState, ReportOutcome, SendError};
use doorward_otp::Channel;
use doorward_testkit::{fakes::RecordingNotifier, fixtures, service::policies};

use crate::world::{World, without_limits};

/// A service whose codes go out by these channels, in that order, and a notifier for each of them. A provider is named
/// for its channel and its place in the order.
struct Channels {
    world: World,
    sms: Arc<RecordingNotifier>,
    whatsapp: Arc<RecordingNotifier>,
    voice: Arc<RecordingNotifier>,
}

impl Channels {
    async fn of(order: &[PhoneChannel]) -> Self {
        Self::limited(order, without_limits()).await
    }

    async fn limited(order: &[PhoneChannel], limits: Limits) -> Self {
        let [sms, whatsapp, voice] = [(); 3].map(|()| Arc::new(RecordingNotifier::default()));
        let provider = |(place, channel): (usize, &PhoneChannel)| {
            let provider = |notifier: &Arc<RecordingNotifier>| {
                Provider::new(format!("{}-{place}", channel.as_str()), notifier.clone()).by(*channel)
            };
            match channel {
                PhoneChannel::Sms => provider(&sms),
                PhoneChannel::WhatsApp => provider(&whatsapp),
                PhoneChannel::Voice => provider(&voice).only_for(vec![Country::parse("US").unwrap()]),
            }
        };
        let route = Route::new(order.iter().enumerate().map(provider).collect::<Vec<_>>());
        let mut world = World::of(Policies { limits, ..policies() });
        world.member(1).await;
        world.deliver().await;
        let delivery = Delivery { phones: route.clone(), ..world.delivery.clone() };
        world.delivery = delivery;
        world.verification.phones = route.clone();
        world.phone_login.verification.phones = route;
        Self { world, sms, whatsapp, voice }
    }

    /// A login by that member, whose code is sent.
    async fn login(&self, n: u32) -> FlowView {
        let flow = self.world.phone_login.start(fixtures::phone(n), None, &Caller::default()).await.unwrap();
        self.world.deliver().await;
        flow
    }

    /// Asks for the code again, by that channel, when it may be.
    async fn resend(&self, flow: &FlowView, channel: Option<Channel>) -> Result<FlowView, ResendError> {
        self.world.wait(60);
        let resent = self.world.verification.resend(self.world.id(flow), channel, &Caller::default()).await;
        self.world.deliver().await;
        resent
    }

    /// Counts what each channel was offered: SMS, WhatsApp, calls.
    fn tries(&self) -> (usize, usize, usize) {
        (self.sms.tries(), self.whatsapp.tries(), self.voice.tries())
    }

    async fn state(&self, flow: &FlowView) -> DeliveryState {
        let latest = self.world.stores.deliveries().latest(self.world.id(flow)).await.unwrap().unwrap();
        latest.delivery_state(self.world.verification.clock_and_ids.now())
    }

    /// The provider that was offered the last message of that notifier reports that it has failed.
    async fn report_failed(&self, notifier: &RecordingNotifier, provider: &str, reach: Reach) -> ReportOutcome {
        let reports = Reports { delivery: self.world.delivery.clone(), signal: self.world.signal.clone() };
        let id = notifier.offered().last().unwrap().id;
        let noted = reports.take(id, provider, DeliveryOutcome::Failed, reach).await.unwrap();
        self.world.deliver().await;
        noted
    }
}

const ALL: [PhoneChannel; 3] = [PhoneChannel::Sms, PhoneChannel::WhatsApp, PhoneChannel::Voice];
const WHATSAPP_FIRST: [PhoneChannel; 2] = [PhoneChannel::WhatsApp, PhoneChannel::Sms];

#[tokio::test]
async fn a_code_goes_by_the_channel_that_is_chosen_from_then_on() {
    let channels = Channels::of(&ALL).await;
    let flow = channels.login(1).await;
    assert_eq!((flow.channel, channels.tries()), (Channel::Sms, (1, 0, 0)));

    let called = channels.resend(&flow, Some(Channel::Voice)).await.unwrap();
    let again = channels.resend(&flow, None).await.unwrap();

    assert_eq!((called.channel, again.channel, again.resend_at), (Channel::Voice, Channel::Voice, None));
    assert_eq!(channels.tries(), (1, 0, 2));
    let code = channels.voice.last_code(fixtures::phone(1).as_str()).unwrap();
    assert_eq!(channels.sms.last_code(fixtures::phone(1).as_str()).unwrap(), code);
    let code = doorward_otp::Code::parse(&code).unwrap();
    assert!(channels.world.enter(&flow, &code).await.is_ok());
    assert!(matches!(channels.resend(&flow, Some(Channel::Sms)).await, Err(ResendError::Closed)));
}

#[tokio::test]
async fn a_channel_that_serves_nobody_is_refused_for_somebody_and_nobody_alike() {
    let channels = Channels::of(&[PhoneChannel::Sms]).await;
    for n in [1, 9] {
        let flow = channels.login(n).await;

        for channel in [Channel::WhatsApp, Channel::Voice, Channel::Totp] {
            let refused = channels.resend(&flow, Some(channel)).await;
            assert!(matches!(refused, Err(ResendError::OtherChannel)), "{n} {channel:?}");
        }

        assert_eq!(channels.resend(&flow, Some(Channel::Sms)).await.unwrap().channel, Channel::Sms, "{n}");
    }
}

#[tokio::test]
async fn calls_have_a_budget_of_their_own_and_take_from_that_of_sms() {
    let one_call = Limits { voice_budget: Limit::parse("1/1d").unwrap(), ..without_limits() };
    let channels = Channels::limited(&ALL, one_call).await;
    let flows = [channels.login(1).await, channels.login(1).await];
    for flow in &flows {
        assert_eq!(channels.resend(flow, Some(Channel::Voice)).await.unwrap().channel, Channel::Voice);
    }
    assert_eq!(channels.tries(), (2, 0, 1));
    assert_eq!(channels.resend(&flows[1], Some(Channel::Sms)).await.unwrap().channel, Channel::Sms);
    assert_eq!(channels.tries(), (3, 0, 1));

    // The member's first login and this one.
    let two_sms = Limits { sms_budget: Limit::parse("2/1d").unwrap(), ..without_limits() };
    let channels = Channels::limited(&ALL, two_sms).await;
    let flow = channels.login(1).await;
    channels.resend(&flow, Some(Channel::Voice)).await.unwrap();
    assert_eq!(channels.tries(), (1, 0, 0));
}

#[tokio::test]
async fn a_call_counts_at_what_a_call_costs() {
    for (price, calls) in [(90, 1), (91, 0)] {
        let limits = Limits { sms_spend: Limit::parse("100/1d").unwrap(), ..without_limits() };
        let mut channels = Channels::limited(&ALL, limits).await;
        let prices = [(PhoneChannel::Sms, 10), (PhoneChannel::Voice, price)];
        let prices = prices.map(|(channel, elsewhere)| (channel, PriceList { elsewhere, ..PriceList::default() }));
        channels.world.delivery.gate.policy = SmsPolicy { prices: prices.to_vec(), ..SmsPolicy::default() };
        let flow = channels.login(1).await;

        channels.resend(&flow, Some(Channel::Voice)).await.unwrap();

        assert_eq!(channels.tries(), (1, 0, calls), "{price}");
    }
}

#[tokio::test]
async fn strangers_use_up_half_of_the_calls_and_operators_are_warned() {
    let six_calls = Limits { voice_budget: Limit::parse("6/1d").unwrap(), ..without_limits() };
    let channels = Channels::limited(&ALL, six_calls).await;
    for n in 2..=5 {
        channels.world.account(n).await;
        let flow = channels.login(n).await;
        channels.resend(&flow, Some(Channel::Voice)).await.unwrap();
    }
    assert_eq!(channels.tries(), (4, 0, 3));

    let flow = channels.login(1).await;
    channels.resend(&flow, Some(Channel::Voice)).await.unwrap();

    assert_eq!(channels.tries(), (5, 0, 4));
    channels.world.settle().await;
    let audit = channels.world.store.audit();
    let recorded = |kind| audit.iter().filter(|event| event.kind == kind).count();
    let kinds = [AuditKind::VoiceBudgetExhausted, AuditKind::VoiceBudgetWarning, AuditKind::SmsBudgetExhausted];
    assert_eq!(kinds.map(recorded), [1, 1, 0]);
}

#[tokio::test]
async fn a_decoy_takes_a_channel_and_sends_nothing_by_it() {
    let channels = Channels::of(&ALL).await;
    let flow = channels.login(9).await;

    let called = channels.resend(&flow, Some(Channel::Voice)).await.unwrap();

    assert_eq!((called.channel, called.attempts_left, channels.tries()), (Channel::Voice, 5, (0, 0, 0)));
}

#[tokio::test]
async fn a_code_that_nobody_wants_by_whatsapp_goes_by_sms_where_that_does_not_reach_them() {
    let channels = Channels::of(&WHATSAPP_FIRST).await;
    channels.whatsapp.fail_next(SendError::recipient_never("63024"));

    let flow = channels.login(1).await;

    assert_eq!((flow.channel, channels.tries()), (Channel::WhatsApp, (1, 1, 0)));
    assert_eq!(channels.state(&flow).await, DeliveryState::Sent);
}

#[tokio::test]
async fn the_same_where_the_report_comes_later() {
    for reach in [Reach::ByOthers, Reach::ByOtherChannels] {
        let channels = Channels::of(&WHATSAPP_FIRST).await;
        let flow = channels.login(1).await;
        assert_eq!(channels.tries(), (0, 1, 0));

        let noted = channels.report_failed(&channels.whatsapp, "whatsapp-0", reach).await;

        assert_eq!((noted, channels.tries()), (ReportOutcome::SentAgain, (1, 1, 0)), "{reach:?}");
        assert_eq!(channels.sms.sent()[0].id, channels.whatsapp.sent()[0].id);
        assert_eq!(channels.state(&flow).await, DeliveryState::Sent);
    }
}

#[tokio::test]
async fn after_one_account_for_whatsapp_sms_is_next_and_no_other_account() {
    for reported in [None, Some(Reach::ByOthers), Some(Reach::ByOtherChannels)] {
        let channels = Channels::of(&[PhoneChannel::WhatsApp, PhoneChannel::WhatsApp, PhoneChannel::Sms]).await;
        if reported.is_none() {
            channels.whatsapp.fail_next(SendError::recipient_never("63016"));
        }

        channels.login(1).await;
        if let Some(reach) = reported {
            channels.report_failed(&channels.whatsapp, "whatsapp-0", reach).await;
        }

        assert_eq!(channels.tries(), (1, 1, 0), "{reported:?}");
    }
}

#[tokio::test]
async fn where_there_is_no_sms_another_account_for_whatsapp_is_next() {
    let channels = Channels::of(&[PhoneChannel::WhatsApp, PhoneChannel::WhatsApp]).await;
    channels.login(1).await;

    let noted = channels.report_failed(&channels.whatsapp, "whatsapp-0", Reach::ByOthers).await;

    assert_eq!((noted, channels.tries()), (ReportOutcome::SentAgain, (0, 2, 0)));
}

#[tokio::test]
async fn a_call_that_may_have_rung_takes_again_and_one_that_was_refused_does_not() {
    for (error, rings) in [
        (SendError::unavailable("no answer in time"), 1),
        (SendError::failed("99999"), 2),
        (SendError::transient("too many"), 2),
    ] {
        let one_call = Limits { voice_budget: Limit::parse("1/1d").unwrap(), ..without_limits() };
        let channels = Channels::limited(&ALL, one_call).await;
        let flow = channels.login(1).await;
        let said = error.to_string();
        channels.voice.fail_next(error);
        channels.resend(&flow, Some(Channel::Voice)).await.unwrap();
        assert_eq!(channels.tries(), (1, 0, 1));

        channels.world.wait(2);
        channels.world.deliver().await;

        assert_eq!(channels.tries(), (1, 0, rings), "{said}");
    }
}

#[tokio::test]
async fn a_call_that_was_declined_does_not_ring_again_though_its_answer_was_lost() {
    let channels = Channels::of(&ALL).await;
    let flow = channels.login(1).await;
    channels.voice.fail_next(SendError::unavailable("no answer in time"));
    channels.resend(&flow, Some(Channel::Voice)).await.unwrap();

    let noted = channels.report_failed(&channels.voice, "voice-2", Reach::ByOtherChannels).await;

    channels.world.wait(2);
    channels.world.deliver().await;
    assert_eq!((noted, channels.tries()), (ReportOutcome::Noted, (1, 0, 1)));
    assert_eq!(channels.state(&flow).await, DeliveryState::Failed);
}

#[tokio::test]
async fn what_somebody_chose_becomes_no_other_channel() {
    for is_reported in [false, true] {
        let channels = Channels::of(&WHATSAPP_FIRST).await;
        let flow = channels.login(1).await;
        if !is_reported {
            channels.whatsapp.fail_next(SendError::recipient_never("63024"));
        }

        channels.resend(&flow, Some(Channel::WhatsApp)).await.unwrap();
        if is_reported {
            channels.report_failed(&channels.whatsapp, "whatsapp-0", Reach::ByOthers).await;
        }

        assert_eq!(channels.tries(), (0, 2, 0));
        assert_eq!(channels.state(&flow).await, DeliveryState::Failed);
        assert_eq!(channels.resend(&flow, Some(Channel::Sms)).await.unwrap().channel, Channel::Sms);
        assert_eq!(channels.tries(), (1, 2, 0));
    }
}
