use async_trait::async_trait;
use doorward_app::password_login::{
    Opening, PasswordLogins, PasswordOutcome, Rehash, RehashOutcome, RightPassword, Then,
};
use doorward_kernel::StoreError;

use crate::{
    PgStore,
    connection::PgConnection,
    hot::{open_by_password, step_by_password},
    steps::{
        audit::insert_audit,
        sessions::{evict_oldest, tell_of_device},
        users,
    },
    store::Abort,
};

#[async_trait]
impl PasswordLogins for PgStore {
    async fn go_on(&self, right: RightPassword) -> Result<PasswordOutcome, StoreError> {
        match &right.then {
            Then::Step(next) => {
                let input = (&right, &**next);
                self.once(&input, |connection, (right, next)| Box::pin(step_by_password(connection, right, next))).await
            }
            Then::Session(opening) => {
                let input = (&right, &**opening);
                self.transaction(&input, |connection, (right, opening)| Box::pin(open(connection, right, opening)))
                    .await
            }
        }
    }

    async fn rehash(&self, asked: Rehash) -> Result<RehashOutcome, StoreError> {
        self.transaction(&asked, |connection, asked| Box::pin(make_anew(connection, asked))).await
    }
}

async fn open(
    connection: &mut PgConnection,
    right: &RightPassword,
    opening: &Opening,
) -> Result<PasswordOutcome, Abort<PasswordOutcome>> {
    match open_by_password(connection, right, opening).await? {
        PasswordOutcome::Done(user) => {
            evict_oldest(connection, &opening.session, &opening.cap, right.now).await?;
            let user = tell_of_device(connection, user, opening.new_device.as_ref(), right.now).await?;
            Ok(PasswordOutcome::Done(user))
        }
        outcome @ (PasswordOutcome::Closed | PasswordOutcome::Conflict) => Ok(outcome),
    }
}

async fn make_anew(connection: &mut PgConnection, asked: &Rehash) -> Result<RehashOutcome, Abort<RehashOutcome>> {
    if !users::rehash(connection, asked.user, &asked.old, &asked.new).await? {
        return Ok(RehashOutcome::Conflict);
    }
    insert_audit(connection, &asked.audit).await?;
    Ok(RehashOutcome::Rehashed)
}
