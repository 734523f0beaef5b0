use std::fmt::Write;

use png::{BitDepth, ColorType, Encoder};
use qrcodegen::{QrCode, QrCodeEcc};

/// The light border that readers need, in modules (ISO/IEC 18004, section 6.3.8).
const QUIET_ZONE: i32 = 4;
/// The width of a module in a PNG, in pixels.
const SCALE: i32 = 8;

/// Why a text cannot be drawn as a QR code.
#[derive(Debug, thiserror::Error)]
pub enum QrError {
    /// It has more than 2331 bytes.
    #[error("the text is too long for a QR code")]
    TooLong,
    /// The picture could not be written.
    #[error("the picture could not be written")]
    Picture(#[source] png::EncodingError),
}

/// Draws the text as a QR code in SVG, black on white, that fills whatever holds it.
pub fn qr_svg(text: &str) -> Result<String, QrError> {
    let code = encode(text)?;
    let size = code.size() + 2 * QUIET_ZONE;
    let mut path = String::new();
    for (x, y) in (0..size).flat_map(|y| (0..size).map(move |x| (x, y))).filter(|(x, y)| is_dark(&code, *x, *y)) {
        // Writing to a string cannot fail.
        let _ = write!(path, "M{x},{y}h1v1h-1z");
    }
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"><path fill="#fff" d="M0,0h{size}v{size}h-{size}z"/><path fill="#000" d="{path}"/></svg>"##
    ))
}

/// Draws the text as a QR code in PNG, black on white, one bit a pixel.
pub fn qr_png(text: &str) -> Result<Vec<u8>, QrError> {
    let code = encode(text)?;
    let size = (code.size() + 2 * QUIET_ZONE) * SCALE;
    let bytes_per_row = (size / 8).unsigned_abs();
    let pixels: Vec<u8> = (0..size)
        .flat_map(|y| (0..size / 8).map(move |column| (column, y)))
        .map(|(column, y)| (0..8).fold(0, |byte, bit| byte << 1 | u8::from(is_light(&code, column * 8 + bit, y))))
        .collect();
    let mut picture = Vec::new();
    let mut encoder = Encoder::new(&mut picture, bytes_per_row * 8, size.unsigned_abs());
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header().map_err(QrError::Picture)?;
    writer.write_image_data(&pixels).map_err(QrError::Picture)?;
    writer.finish().map_err(QrError::Picture)?;
    Ok(picture)
}

fn encode(text: &str) -> Result<QrCode, QrError> {
    QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| QrError::TooLong)
}

/// The module at that place of the drawing, its quiet zone included.
fn is_dark(code: &QrCode, x: i32, y: i32) -> bool {
    code.get_module(x - QUIET_ZONE, y - QUIET_ZONE)
}

fn is_light(code: &QrCode, x: i32, y: i32) -> bool {
    !is_dark(code, x / SCALE, y / SCALE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Doorward";

    /// What a PNG shows: true for dark, row by row.
    fn decode(picture: &[u8]) -> (u32, Vec<bool>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(picture)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut pixels).unwrap();
        assert_eq!((frame.width, frame.bit_depth), (frame.height, BitDepth::One));
        let dark = pixels.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 0));
        (frame.width, dark.collect())
    }

    #[test]
    fn the_png_shows_the_modules_in_their_quiet_zone() {
        let code = QrCode::encode_text(TEXT, QrCodeEcc::Medium).unwrap();

        let (width, dark) = decode(&qr_png(TEXT).unwrap());

        assert_eq!(width, ((code.size() + 8) * 8).unsigned_abs());
        let width = i32::try_from(width).unwrap();
        for (at, is_dark) in dark.into_iter().enumerate() {
            let at = i32::try_from(at).unwrap();
            let (x, y) = (at % width / 8 - 4, at / width / 8 - 4);
            assert_eq!(is_dark, code.get_module(x, y), "{x} {y}");
        }
    }

    #[test]
    fn the_svg_draws_every_dark_module_once_and_holds_no_text() {
        let code = QrCode::encode_text(TEXT, QrCodeEcc::Medium).unwrap();
        let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark = modules.filter(|(x, y)| code.get_module(*x, *y)).count();

        let svg = qr_svg(TEXT).unwrap();

        assert_eq!(svg.matches("h1v1h-1z").count(), dark);
        assert!(!svg.contains("GEZDGNBV"));
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(qr_svg(&"a".repeat(2331)).is_ok());
        assert!(matches!(qr_svg(&"a".repeat(2332)), Err(QrError::TooLong)));
        assert!(matches!(qr_png(&"a".repeat(2332)), Err(QrError::TooLong)));
    }
}
