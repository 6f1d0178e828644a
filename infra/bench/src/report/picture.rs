//! The picture of docs/performance.md: four figures of a login, ours beside the others. Imports [`crate::measure`].

use std::fmt::Write;

use crate::competitors::{NODE, OPENAUTH};
use crate::measure::Row;

const PANELS: [(&str, &str, &str); 4] = [
    ("Start", "init_wall_ms", "ms"),
    ("First login after it", "first_wall_ms", "ms"),
    ("Warm login", "warm_wall_ms", "ms"),
    ("Memory at most", "peak_mib", "MiB"),
];
const LOGINS: [(&str, &str, &str); 3] =
    [("user-login", "Latchkey", "#b7410e"), (NODE, "TypeScript", "#8a8f98"), (OPENAUTH, "OpenAuth", "#b9bdc4")];

const WIDTH: u32 = 720;
const PANEL: u32 = 96;
const BAR: u32 = 18;
const LEFT: u32 = 110;
const LONGEST: f64 = 500.0;

/// The picture as SVG, readable on a light and on a dark page.
pub fn draw(rows: &[Row]) -> String {
    let height = PANEL * 4 + 8;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" \
         role=\"img\" aria-label=\"A login with Latchkey, in TypeScript and with OpenAuth: start, first call, warm call, memory\">\n\
         <style>text {{ fill: #24292f }} @media (prefers-color-scheme: dark) {{ text {{ fill: #d0d7de }} }}</style>\n"
    );
    for ((title, figure, unit), top) in PANELS.into_iter().zip((0..).step_by(PANEL as usize)) {
        let values = LOGINS.map(|(name, _, _)| {
            let row = rows.iter().find(|row| row.share >= 1.0 && row.name == name);
            row.map(|row| row.median(figure)).unwrap_or_default()
        });
        let most = values.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let _ = writeln!(svg, "<text x=\"0\" y=\"{}\" font-weight=\"600\">{title}</text>", top + 18);
        for ((value, (_, label, colour)), y) in values.iter().zip(LOGINS).zip((top + 26..).step_by(22)) {
            let length = (value / most * LONGEST).max(1.0);
            let _ = writeln!(
                svg,
                "<text x=\"0\" y=\"{text}\">{label}</text><rect x=\"{LEFT}\" y=\"{y}\" width=\"{length:.0}\" height=\"{BAR}\" rx=\"2\" \
                 fill=\"{colour}\"/><text x=\"{end:.0}\" y=\"{text}\">{value:.1} {unit}</text>",
                text = y + 13,
                end = f64::from(LEFT) + length + 6.0,
            );
        }
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_is_closed_and_names_every_login() {
        let svg = draw(&[]);

        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n"));
        for (_, label, _) in LOGINS {
            assert_eq!(svg.matches(&format!(">{label}<")).count(), PANELS.len());
        }
    }
}
