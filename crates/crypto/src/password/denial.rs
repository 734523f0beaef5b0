use std::sync::{Arc, PoisonError, RwLock};

use crate::password::{
    HashParameters,
    bench::Spent,
    work::{Unit, Variant, Work},
};

/// The prefix of the key of an imported verifier that does not say what it costs.
const UNTOLD: &str = "$legacy$";

/// The cost of every denial: one of each hash that any account has on file.
///
/// The time of a denial then tells nothing of the account it is for, and neither does the load that
/// denials put on the hasher, however many are asked for at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Denial(Vec<Share>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Share {
    unit: Unit,
    /// The most of it that one of our own verifiers takes.
    own: u32,
    /// The most of it that an imported verifier takes, for each spelling of a password.
    imported: u32,
}

/// Whose hash something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Own,
    Imported,
}

impl Denial {
    /// The cost where all verifiers are of these parameters.
    fn new(usual: HashParameters) -> Self {
        let mut denial = Self(Vec::new());
        denial.add(Work::once(Unit::Argon2(Variant::own(usual))), Origin::Own);
        denial
    }

    fn add(&mut self, work: Work, origin: Origin) {
        let found = self.0.iter().position(|share| share.unit == work.unit);
        let index = found.unwrap_or_else(|| {
            self.0.push(Share { unit: work.unit, own: 0, imported: 0 });
            self.0.len() - 1
        });
        if let Some(share) = self.0.get_mut(index) {
            match origin {
                Origin::Own => share.own = share.own.max(work.count),
                Origin::Imported => share.imported = share.imported.max(work.count),
            }
        }
    }

    fn covers(&self, work: Work, origin: Origin) -> bool {
        self.0.iter().any(|share| {
            share.unit == work.unit
                && work.count
                    <= match origin {
                        Origin::Own => share.own,
                        Origin::Imported => share.imported,
                    }
        })
    }

    /// Returns the work that is left for a password of so many spellings once that much was done.
    pub(crate) fn rest<'a>(&'a self, spent: &'a Spent, spellings: u32) -> impl Iterator<Item = Work> + 'a {
        self.0.iter().filter_map(move |share| {
            let rest = share.count(spellings).saturating_sub(spent.count(share.unit));
            (rest > 0).then_some(Work { unit: share.unit, count: rest })
        })
    }

    /// Returns how many times as long it takes as that work, rounded up.
    pub(crate) fn weight(&self, than: Work, spellings: u32) -> usize {
        let nanos = self.0.iter().map(|share| Work { unit: share.unit, count: share.count(spellings) }.nanos());
        let weight = nanos.fold(0_u64, u64::saturating_add).div_ceil(than.nanos().max(1));
        usize::try_from(weight).unwrap_or(usize::MAX)
    }
}

impl Share {
    fn count(&self, spellings: u32) -> u32 {
        self.own.max(self.imported.saturating_mul(spellings))
    }
}

/// The kinds of verifiers on file, kept up to date from outside.
pub(crate) struct OnFile {
    usual: HashParameters,
    denial: RwLock<Arc<Denial>>,
}

impl OnFile {
    pub(crate) fn new(usual: HashParameters) -> Self {
        Self { usual, denial: RwLock::new(Arc::new(Denial::new(usual))) }
    }

    /// Returns what a denial costs now.
    pub(crate) fn denial(&self) -> Arc<Denial> {
        Arc::clone(&self.denial.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the kinds of verifiers that are on file now, and gives the works if they are others than before.
    ///
    /// A kind is what stands in a verifier before its key.
    pub(crate) fn set(&self, kinds: &[String]) -> Option<Vec<String>> {
        let mut denial = Denial::new(self.usual);
        kinds.iter().filter_map(|kind| read(kind)).for_each(|(work, origin)| denial.add(work, origin));
        let mut known = self.denial.write().unwrap_or_else(PoisonError::into_inner);
        if kinds.iter().any(|kind| kind == UNTOLD) {
            // They are known only from those that were checked.
            known.0.iter().for_each(|share| {
                denial.add(Work { unit: share.unit, count: share.imported }, Origin::Imported);
            });
        }
        if **known == denial {
            return None;
        }
        let works = denial.0.iter().map(|share| Work { unit: share.unit, count: share.count(1) }.to_string()).collect();
        *known = Arc::new(denial);
        Some(works)
    }

    /// Adds what a check is about to cost, in case it came on file since; gives what a denial costs now.
    pub(crate) fn meet(&self, work: Work, origin: Origin) -> Arc<Denial> {
        let known = self.denial();
        if known.covers(work, origin) {
            return known;
        }
        let mut known = self.denial.write().unwrap_or_else(PoisonError::into_inner);
        let mut denial = Denial::clone(&known);
        denial.add(work, origin);
        *known = Arc::new(denial);
        Arc::clone(&known)
    }
}

/// Reads `$argon2id$v=19$m=19456,t=2,p=1,` and `$legacy$bcrypt:12$`.
fn read(kind: &str) -> Option<(Work, Origin)> {
    if let Some(work) = kind.strip_prefix(UNTOLD) {
        return Some((Work::parse(work.strip_suffix('$')?)?, Origin::Imported));
    }
    let costs = kind.strip_prefix("$argon2id$v=19$m=")?.strip_suffix(',')?;
    let costs = costs.replace(",t=", ":").replace(",p=", ":");
    Some((Work::parse(&format!("argon2id:19:{costs}"))?, Origin::Own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_file(kinds: &[&str]) -> OnFile {
        let on_file = OnFile::new(HashParameters::for_tests());
        on_file.set(&kinds.iter().map(|kind| (*kind).to_owned()).collect::<Vec<_>>());
        on_file
    }

    fn rest(on_file: &OnFile, spent: &[&str], spellings: u32) -> Vec<String> {
        let mut done = Spent::default();
        for work in spent {
            done.add(Work::parse(work).unwrap());
        }
        on_file.denial().rest(&done, spellings).map(|work| format!("{} {work}", work.count)).collect()
    }

    const USUAL: &str = "1 argon2id:19:8:1:1";

    #[test]
    fn with_nothing_on_file_a_denial_costs_one_hash_of_ours() {
        assert_eq!(rest(&on_file(&[]), &[], 1), [USUAL]);
        assert_eq!(rest(&on_file(&[]), &["argon2id:19:8:1:1"], 1), [USUAL; 0]);
    }

    #[test]
    fn a_denial_costs_one_of_each_hash_on_file() {
        let on_file = on_file(&[
            "$argon2id$v=19$m=16,t=2,p=1,",
            "$legacy$bcrypt:4$",
            "$legacy$bcrypt:12$",
            "$legacy$scrypt:15:8:1$",
        ]);

        let rest = rest(&on_file, &["bcrypt:12"], 1);

        assert_eq!(rest, [USUAL, "1 argon2id:19:16:2:1", "1 bcrypt:4", "1 scrypt:15:8:1"]);
    }

    #[test]
    fn iterations_of_one_function_are_made_up_to_the_most_on_file() {
        let on_file = on_file(&["$legacy$pbkdf2-sha256:600000$", "$legacy$pbkdf2-sha256:1000000$"]);

        assert_eq!(rest(&on_file, &["pbkdf2-sha256:600000"], 1), [USUAL, "400000 pbkdf2-sha256:400000"]);
        assert_eq!(rest(&on_file, &[], 1), [USUAL, "1000000 pbkdf2-sha256:1000000"]);
    }

    #[test]
    fn a_second_spelling_costs_imported_hashes_once_more() {
        let on_file = on_file(&["$legacy$bcrypt:12$", "$legacy$argon2id:19:8:1:1$"]);

        assert_eq!(rest(&on_file, &[], 2), ["2 argon2id:19:8:1:1", "2 bcrypt:12"]);
    }

    #[test]
    fn what_has_left_the_file_costs_nothing_more() {
        let on_file = on_file(&["$legacy$bcrypt:12$"]);

        assert_eq!(on_file.set(&["$legacy$bcrypt:12$".to_owned()]), None);
        assert_eq!(on_file.set(&[]), Some(vec!["argon2id:19:8:1:1".to_owned()]));
        assert_eq!(rest(&on_file, &[], 1), [USUAL]);
    }

    #[test]
    fn what_a_check_meets_counts_at_once_and_stays_while_nothing_else_tells_of_it() {
        let on_file = on_file(&[]);
        let bcrypt = Work::parse("bcrypt:12").unwrap();

        on_file.meet(bcrypt, Origin::Imported);
        assert_eq!(rest(&on_file, &[], 1), [USUAL, "1 bcrypt:12"]);
        on_file.set(&[UNTOLD.to_owned()]);
        assert_eq!(rest(&on_file, &[], 1), [USUAL, "1 bcrypt:12"]);
        on_file.set(&[]);
        assert_eq!(rest(&on_file, &[], 1), [USUAL]);
    }

    #[test]
    fn a_denial_weighs_as_much_as_all_that_it_costs() {
        let usual = HashParameters::default();
        let own = Work::once(Unit::Argon2(Variant::own(usual)));
        let on_file = OnFile::new(usual);

        assert_eq!(on_file.denial().weight(own, 1), 1);
        on_file.set(&["$legacy$bcrypt:12$".to_owned()]);
        assert_eq!(on_file.denial().weight(own, 1), 14);
        assert_eq!(on_file.denial().weight(own, 2), 26);
    }
}
