use std::sync::Arc;

use doorward_app::{
    Moment,
    delivery::OutboxAdmin,
    limits::SmsControl,
    operator::{Importer, Operator},
};
use doorward_crypto::{OsRandom, SystemClock};

use super::Ports;

/// What finds, closes, opens and deletes accounts for an operator.
pub(crate) fn operator(clock: Arc<SystemClock>, ports: &Ports) -> Operator {
    Operator { moment: moment(clock), users: ports.users.clone(), accounts: ports.accounts.clone() }
}

/// Imports accounts from another system.
pub(crate) fn importer(clock: Arc<SystemClock>, ports: &Ports) -> Importer {
    Importer { moment: moment(clock), users: ports.users.clone(), imports: ports.imports.clone() }
}

/// The outbox as operators see it.
pub(crate) fn outbox_admin(clock: Arc<SystemClock>, ports: &Ports) -> OutboxAdmin {
    OutboxAdmin { moment: moment(clock), outbox: ports.outbox.clone() }
}

/// The operator's commands for SMS.
pub(crate) fn sms_control(clock: Arc<SystemClock>, ports: &Ports) -> SmsControl {
    SmsControl {
        moment: moment(clock),
        switch: ports.sms_switch.clone(),
        conversion_breakers: ports.conversion_breakers.clone(),
        posture: Arc::default(),
    }
}

fn moment(clock: Arc<SystemClock>) -> Moment {
    Moment { clock, random: Arc::new(OsRandom) }
}
