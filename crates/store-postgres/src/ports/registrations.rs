use async_trait::async_trait;
use diesel::{OptionalExtension, QueryDsl, SelectableHelper};
use diesel_async::RunQueryDsl;
use doorward_app::registration::{CompleteRegistration, Draft, RegistrationOutcome, Registrations, StartRegistration};
use doorward_kernel::{ChallengeId, StoreError};

use crate::{
    PgStore,
    hot::{complete_registration, start_registration},
    rows::{DraftRow, decode},
    schema::registration_drafts,
};

#[async_trait]
impl Registrations for PgStore {
    async fn start(&self, start: StartRegistration) -> Result<(), StoreError> {
        self.once(&start, |connection, start| Box::pin(start_registration(connection, start))).await
    }

    async fn draft(&self, challenge: ChallengeId) -> Result<Option<Draft>, StoreError> {
        self.repeatable(&challenge, |connection, challenge| {
            Box::pin(async {
                let draft = registration_drafts::table.find(challenge.as_uuid()).select(DraftRow::as_select());
                draft.first(connection).await.optional()?.map(decode).transpose()
            })
        })
        .await
    }

    async fn complete(&self, complete: CompleteRegistration) -> Result<RegistrationOutcome, StoreError> {
        self.once(&complete, |connection, complete| Box::pin(complete_registration(connection, complete))).await
    }
}
