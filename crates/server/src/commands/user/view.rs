use doorward_user::{Factor, Name, User};
use serde_json::{Value, json};

/// An account as `--json` shows it.
pub(super) fn json(user: &User) -> Value {
    json!({
        "id": user.id.to_string(),
        "first_name": user.names.first.as_str(),
        "last_name": user.names.last.as_ref().map(Name::as_str),
        "email": user.email.as_str(),
        "phone_number": user.phone.as_ref().map(|phone| phone.number.as_str()),
        "phone_verified": is_phone_verified(user),
        "locale": user.locale.as_str(),
        "status": user.status.as_str(),
        "factors": factors(user),
        "created_at": user.created_at.to_string(),
        "updated_at": user.updated_at.to_string(),
    })
}

/// An account on one line.
pub(super) fn line(user: &User) -> String {
    let phone = user.phone.as_ref().map_or("-", |phone| phone.number.as_str());
    let verified = if is_phone_verified(user) { "" } else { " (not verified)" };
    let status = user.status.as_str();
    format!("{}  {status}  {}  {phone}{verified}", user.id, user.email.as_str())
}

/// An account on a line for each of its parts.
pub(super) fn lines(user: &User) -> String {
    let phone = user.phone.as_ref().map_or("-", |phone| phone.number.as_str());
    let verified = if is_phone_verified(user) { "verified" } else { "not verified" };
    format!(
        "id       {}\nname     {}\nemail    {}\nphone    {phone} ({verified})\nlocale   {}\nstatus   {}\n\
         factors  {}\ncreated  {}\nupdated  {}",
        user.id,
        user.names.full(),
        user.email.as_str(),
        user.locale.as_str(),
        user.status.as_str(),
        factors(user).join(", "),
        user.created_at,
        user.updated_at,
    )
}

fn is_phone_verified(user: &User) -> bool {
    user.phone.as_ref().is_some_and(|phone| phone.verified_at.is_some())
}

fn factors(user: &User) -> Vec<&'static str> {
    user.factors().into_iter().map(Factor::as_str).collect()
}
