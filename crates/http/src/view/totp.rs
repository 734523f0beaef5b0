use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_app::totp::TotpSetup;
use doorward_kernel::{Secret, Timestamp};
use doorward_otp::{QrError, RecoveryCode, qr_png, qr_svg};
use serde::{Serialize, Serializer};
use utoipa::ToSchema;

/// The secret for an authenticator app; shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = TotpSetup)]
pub struct TotpSetupView {
    /// The key, to be typed by those who cannot read the picture: 32 characters of base32.
    #[serde(serialize_with = "revealed")]
    #[schema(value_type = String, example = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")]
    pub secret: Secret<String>,
    /// The address that the pictures show.
    #[serde(serialize_with = "revealed")]
    #[schema(value_type = String, example = "otpauth://totp/…")]
    pub otpauth_url: Secret<String>,
    /// The QR code as a `data:image/png;base64,…` URL, to be the `src` of an image.
    #[serde(serialize_with = "revealed")]
    #[schema(value_type = String, example = "data:image/png;base64,…")]
    pub qr_png: Secret<String>,
    /// The QR code as an SVG document.
    #[serde(serialize_with = "revealed")]
    #[schema(value_type = String, example = "<svg …")]
    pub qr_svg: Secret<String>,
}

/// Codes that stand in for the authenticator app, each of them once; shown this once.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = RecoveryCodes)]
pub struct RecoveryCodesView {
    /// Ten codes; all former ones are no longer good.
    #[serde(serialize_with = "all_revealed")]
    #[schema(value_type = Vec<String>, example = json!(["0123-4567-89AB-CDEF-GHJK-MNPQ"]))]
    pub recovery_codes: Vec<Secret<String>>,
}

/// A change that does not count yet.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Pending)]
pub struct PendingView {
    /// From when on it counts, unless the owner objects.
    #[schema(format = DateTime, example = "2026-01-02T00:00:00Z")]
    pub pending_until: String,
}

impl TryFrom<TotpSetup> for TotpSetupView {
    type Error = QrError;

    fn try_from(TotpSetup { secret, otpauth_url }: TotpSetup) -> Result<Self, QrError> {
        let picture = Secret::new(qr_png(otpauth_url.reveal())?);
        let qr_png = Secret::new(format!("data:image/png;base64,{}", STANDARD.encode(picture.reveal())));
        let qr_svg = Secret::new(qr_svg(otpauth_url.reveal())?);
        Ok(Self { secret, otpauth_url, qr_png, qr_svg })
    }
}

impl From<&[RecoveryCode]> for RecoveryCodesView {
    fn from(codes: &[RecoveryCode]) -> Self {
        Self { recovery_codes: codes.iter().map(RecoveryCode::grouped).collect() }
    }
}

impl From<Timestamp> for PendingView {
    fn from(at: Timestamp) -> Self {
        Self { pending_until: at.to_string() }
    }
}

fn revealed<S: Serializer>(secret: &Secret<String>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.reveal())
}

fn all_revealed<S: Serializer>(secrets: &[Secret<String>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(secrets.iter().map(Secret::reveal))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setup_is_shown_in_four_forms() {
        let url = "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBV&issuer=Doorward";
        let setup = TotpSetup { secret: Secret::new("GEZDGNBV".into()), otpauth_url: Secret::new(url.into()) };

        let shown = serde_json::to_value(TotpSetupView::try_from(setup).unwrap()).unwrap();

        assert_eq!((&shown["secret"], &shown["otpauth_url"]), (&"GEZDGNBV".into(), &url.into()));
        let png = shown["qr_png"].as_str().unwrap().strip_prefix("data:image/png;base64,").unwrap();
        assert!(STANDARD.decode(png).unwrap().starts_with(b"\x89PNG"));
        assert!(shown["qr_svg"].as_str().unwrap().starts_with("<svg "));
    }

    #[test]
    fn recovery_codes_are_shown_in_groups() {
        let code = RecoveryCode::parse("0123456789ABCDEFGHJKMNPQ").unwrap();

        let shown = serde_json::to_value(RecoveryCodesView::from([code].as_slice())).unwrap();

        assert_eq!(shown, serde_json::json!({ "recovery_codes": ["0123-4567-89AB-CDEF-GHJK-MNPQ"] }));
    }
}
