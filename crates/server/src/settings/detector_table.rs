//! For `#[serde(with = "detector_table")]`: the thresholds of an attack detector as a TOML table.

use doorward_limit::DetectorPolicy;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

const FORM: &str =
    "must be a table like { above_percent = 60, above_failed = 200 }, up to 100 percent, which never opens";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Table {
    above_percent: u8,
    above_failed: u32,
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DetectorPolicy, D::Error> {
    let table = Table::deserialize(deserializer).map_err(|_| D::Error::custom(FORM))?;
    if table.above_percent > 100 {
        return Err(D::Error::custom(FORM));
    }
    let (above_percent, above_failed) = (table.above_percent.into(), table.above_failed.into());
    Ok(DetectorPolicy { above_percent, above_failed, ..DetectorPolicy::OTP })
}

pub(super) fn serialize<S: Serializer>(policy: &DetectorPolicy, serializer: S) -> Result<S::Ok, S::Error> {
    let above_percent = u8::try_from(policy.above_percent).unwrap_or(100);
    let above_failed = u32::try_from(policy.above_failed).unwrap_or(u32::MAX);
    Table { above_percent, above_failed }.serialize(serializer)
}
