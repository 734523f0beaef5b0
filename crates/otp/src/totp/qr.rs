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
    let strokes: String = (0..size).map(|y| strokes(&code, y)).collect();
    Ok(format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" shape-rendering="crispEdges"><path fill="#fff" d="M0,0h{size}v{size}h-{size}z"/><path stroke="#000" d="{strokes}"/></svg>"##
    ))
}

/// A line along the middle of each run of dark modules in a row, one module wide as lines are by default.
fn strokes(code: &QrCode, y: i32) -> String {
    let row: Vec<_> = (0..code.size()).map(|x| code.get_module(x, y - QUIET_ZONE)).collect();
    let (mut strokes, mut x) = (String::new(), QUIET_ZONE.unsigned_abs() as usize);
    for run in row.chunk_by(|one, other| one == other) {
        if run.first() == Some(&true) {
            // Writing to a string cannot fail.
            let _ = write!(strokes, "M{x} {y}.5h{}", run.len());
        }
        x += run.len();
    }
    strokes
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

/// Returns whether the pixel of a PNG is light, as its quiet zone is.
fn is_light(code: &QrCode, x: i32, y: i32) -> bool {
    !code.get_module(x / SCALE - QUIET_ZONE, y / SCALE - QUIET_ZONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "otpauth://totp/Doorward:ada%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Doorward";

    /// Decodes a PNG to its width and its pixels, row by row: true for dark.
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

    /// The modules that the strokes of an SVG cover.
    fn covered(svg: &str) -> Vec<(i32, i32)> {
        let strokes = svg.rsplit_once(" d=\"").unwrap().1.split('"').next().unwrap();
        let modules = strokes.split('M').skip(1).flat_map(|stroke| {
            let (place, length) = stroke.split_once('h').unwrap();
            let (x, y) = place.split_once(' ').unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.strip_suffix(".5").unwrap().parse().unwrap());
            (x..x + length.parse::<i32>().unwrap()).map(move |x| (x, y))
        });
        modules.collect()
    }

    /// Reads a QR code as a scanner does.
    fn scan(width: usize, is_dark: impl Fn(usize, usize) -> bool) -> String {
        let grey = |x, y| if is_dark(x, y) { 0 } else { 255 };
        let mut picture = rqrr::PreparedImage::prepare_from_greyscale(width, width, grey);
        picture.detect_grids().first().unwrap().decode().unwrap().1
    }

    #[test]
    fn the_svg_draws_every_dark_module_once_and_holds_no_text() {
        let code = QrCode::encode_text(TEXT, QrCodeEcc::Medium).unwrap();
        let modules = (0..code.size()).flat_map(|y| (0..code.size()).map(move |x| (x, y)));
        let dark: Vec<_> = modules.filter(|(x, y)| code.get_module(*x, *y)).map(|(x, y)| (x + 4, y + 4)).collect();

        let svg = qr_svg(TEXT).unwrap();

        assert_eq!(covered(&svg), dark);
        assert!(!svg.contains("GEZDGNBV"));
    }

    #[test]
    fn a_reader_of_qr_codes_finds_the_text_in_both_pictures() {
        let (width, dark) = decode(&qr_png(TEXT).unwrap());
        let width = usize::try_from(width).unwrap();
        let covered = covered(&qr_svg(TEXT).unwrap());
        let at = |pixel: usize| i32::try_from(pixel / 8).unwrap();

        assert_eq!(scan(width, |x, y| dark[y * width + x]), TEXT);
        assert_eq!(scan(width, |x, y| covered.contains(&(at(x), at(y)))), TEXT);
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        assert!(qr_svg(&"a".repeat(2331)).is_ok());
        assert!(matches!(qr_svg(&"a".repeat(2332)), Err(QrError::TooLong)));
        assert!(matches!(qr_png(&"a".repeat(2332)), Err(QrError::TooLong)));
    }
}
