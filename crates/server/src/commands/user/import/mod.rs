//! Accounts of another system, read from a file line by line.

mod line;
mod report;

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader},
    path::Path,
};

use anyhow::Context;
use doorward_app::operator::{Imported, Importer};
use doorward_crypto::{Keyring, OsRandom, import_verifier};
use doorward_kernel::{Clock, PhoneNumber, Timestamp, UserId, typed_text};
use doorward_user::PasswordVerifier;

use self::{
    line::{Line, read},
    report::Report,
};
use super::super::operator::{open_clock, open_existing_keys};
use crate::{
    settings::Settings,
    wiring::{Database, importer},
};

/// The number of accounts made in one transaction.
const BATCH: usize = 500;

/// A person and the number of their line.
type Numbered = (usize, Line);

/// Takes over everyone whose line has no fault.
pub(super) async fn import(settings: &Settings, database: &Database, file: &Path, as_json: bool) -> anyhow::Result<()> {
    let keys = open_existing_keys(settings, database).await?;
    let importer = importer(keys.clock.clone(), &database.store());
    let mut report = Report::default();
    let mut lines = Lines::open(file, settings, keys.clock.now())?;
    while let Some(batch) = lines.next_batch(&mut report)? {
        report.progress();
        take_over(&importer, &keys.ring, batch, &mut report).await?;
    }
    report.finish(as_json)
}

/// Tells what an import would do, and does nothing.
pub(super) async fn preview(
    settings: &Settings,
    database: &Database,
    file: &Path,
    as_json: bool,
) -> anyhow::Result<()> {
    let clock = open_clock(database).await?;
    let importer = importer(clock.clone(), &database.store());
    let mut report = Report::of_dry_run();
    let mut lines = Lines::open(file, settings, clock.now())?;
    while let Some(batch) = lines.next_batch(&mut report)? {
        report.progress();
        for (number, line) in batch {
            report.add(number, importer.preview(&line.person).await?);
        }
    }
    report.finish(as_json)
}

async fn take_over(
    importer: &Importer,
    keys: &Keyring,
    batch: Vec<Numbered>,
    report: &mut Report,
) -> anyhow::Result<()> {
    let mut numbers = Vec::with_capacity(batch.len());
    let mut people = Vec::with_capacity(batch.len());
    for (number, Line { person, password_hash }) in batch {
        let id = UserId::mint(&OsRandom);
        let verifier = match password_hash {
            Some(hash) => import_verifier(keys, id, hash.reveal())?,
            None => PasswordVerifier::none(),
        };
        numbers.push(number);
        people.push((id, person, verifier));
    }
    let outcomes: Vec<Imported> = importer.import(people).await?;
    numbers.into_iter().zip(outcomes).for_each(|(number, outcome)| report.add(number, outcome));
    Ok(())
}

/// The lines of a file, read as they are asked for.
struct Lines<'a> {
    numbered: std::iter::Enumerate<std::io::Lines<BufReader<File>>>,
    settings: &'a Settings,
    now: Timestamp,
    /// On which line each address was first.
    addresses: HashMap<String, usize>,
    /// On which line each number that was verified was first.
    verified_numbers: HashMap<PhoneNumber, usize>,
}

impl<'a> Lines<'a> {
    fn open(path: &Path, settings: &'a Settings, now: Timestamp) -> anyhow::Result<Self> {
        let file = File::open(path).with_context(|| format!("{} cannot be read", path.display()))?;
        let numbered = BufReader::new(file).lines().enumerate();
        Ok(Self { numbered, settings, now, addresses: HashMap::new(), verified_numbers: HashMap::new() })
    }

    /// The next people whose lines have no fault; the faults of all others are reported.
    fn next_batch(&mut self, report: &mut Report) -> anyhow::Result<Option<Vec<Numbered>>> {
        let mut batch = Vec::with_capacity(BATCH);
        while batch.len() < BATCH
            && let Some((index, text)) = self.numbered.next()
        {
            let (number, text) = (index + 1, text.with_context(|| unreadable(index + 1))?);
            if typed_text::trim(&text).is_empty() {
                continue;
            }
            match self.read(number, &text) {
                Ok(line) => batch.push((number, line)),
                Err(faults) => report.refuse(number, &faults.join("; ")),
            }
        }
        Ok(if batch.is_empty() { None } else { Some(batch) })
    }

    fn read(&mut self, number: usize, text: &str) -> Result<Line, Vec<String>> {
        let line = read(text, self.settings.phone.default_region, self.now)?;
        let person = &line.person;
        let verified = person.phone.as_ref().filter(|_| person.is_phone_verified);
        let of_email =
            self.addresses.get(person.email.key()).map(|first| format!("email is that of line {first}, too"));
        let of_phone = verified.and_then(|number| self.verified_numbers.get(number));
        let of_phone = of_phone.map(|first| format!("phone_number was verified on line {first}, too"));
        let faults: Vec<_> = of_email.into_iter().chain(of_phone).collect();
        if !faults.is_empty() {
            return Err(faults);
        }
        self.addresses.insert(person.email.key().to_owned(), number);
        self.verified_numbers.extend(verified.map(|verified| (verified.clone(), number)));
        Ok(line)
    }
}

fn unreadable(number: usize) -> String {
    format!("line {number} cannot be read; the file must be UTF-8, and some programs write UTF-16")
}
