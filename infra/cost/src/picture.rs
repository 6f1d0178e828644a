//! docs/alternatives.svg: the first login after a cold start, and two months' bills, beside others. Imports [`crate::document`],
//! [`crate::inputs`] and [`crate::pricing_page`].

use std::fmt::Write;

use anyhow::{Context, Result};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

use crate::document::{count, dollars};
use crate::inputs::Inputs;
use crate::pricing_page::bills;

/// Where the picture stands.
pub const PATH: &str = "docs/alternatives.svg";

/// The rows of `make bench` that log somebody in, and what they are called here.
const LOGINS: [(&str, &str); 3] = [("user-login", "Latchkey"), ("TypeScript login", "TypeScript"), ("OpenAuth login", "OpenAuth")];

const TITLE: &str = "The first login after a cold start, and two months' bills, of Latchkey and of others";
const WIDTH: u32 = 760;
const LEFT: u32 = 170;
const LONGEST: f64 = 470.0;
const ROW: u32 = 22;
const GAP: u32 = 20;

/// A diagram of bars: what is compared, and each name with its length and what stands behind the bar.
struct Panel {
    title: String,
    bars: Vec<(String, Option<Decimal>, String)>,
}

/// The picture as SVG, for a light and for a dark page.
///
/// # Errors
/// If an input lacks what is drawn.
pub fn draw(inputs: &Inputs) -> Result<String> {
    let panels = panels(inputs)?;
    let rows: u32 = panels.iter().map(|panel| 30 + ROW * u32::try_from(panel.bars.len()).unwrap_or_default() + GAP).sum();
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\" role=\"img\" aria-label=\"{TITLE}\">\n\
         <style>\n  text {{ fill: #24292f }}\n  .title {{ font-weight: 600; font-size: 14px }}\n  .note {{ fill: #57606a; font-size: 12px }}\n  \
         .other {{ fill: #8a8f98 }}\n  .ours {{ fill: #b7410e }}\n  @media (prefers-color-scheme: dark) {{\n    text {{ fill: #d0d7de }}\n    \
         .note {{ fill: #8d96a0 }}\n    .other {{ fill: #6e7681 }}\n    .ours {{ fill: #e2703a }}\n  }}\n</style>\n",
        height = rows + 24,
    );
    let mut top = 0;
    for panel in panels {
        let _ = writeln!(svg, "<text class=\"title\" x=\"0\" y=\"{}\">{}</text>", top + 16, panel.title);
        top += 30;
        let most = panel.bars.iter().filter_map(|(_, length, _)| *length).max().unwrap_or(Decimal::ONE);
        for (name, length, label) in panel.bars {
            let class = if name == "Latchkey" { "ours" } else { "other" };
            let length = length.and_then(|length| (length / most).to_f64()).map(|share| (share * LONGEST).max(1.0));
            let text = top + 13;
            let _ = write!(svg, "<text x=\"0\" y=\"{text}\">{name}</text>");
            if let Some(length) = length {
                let _ = write!(svg, "<rect class=\"{class}\" x=\"{LEFT}\" y=\"{top}\" width=\"{length:.0}\" height=\"18\" rx=\"2\"/>");
            }
            let _ = writeln!(svg, "<text x=\"{:.0}\" y=\"{text}\">{label}</text>", f64::from(LEFT) + length.unwrap_or(-6.0) + 6.0);
            top += ROW;
        }
        top += GAP;
    }
    let note = "The other services include pages and support. docs/performance.md and docs/pricing.md have the details and the sources.";
    let _ = writeln!(svg, "<text class=\"note\" x=\"0\" y=\"{}\">{note}</text>", top + 8);
    Ok(svg + "</svg>\n")
}

fn panels(inputs: &Inputs) -> Result<Vec<Panel>> {
    let logins = LOGINS.map(|(row, name)| {
        let first = inputs.bench.whole(row).with_context(|| format!("docs/performance/bench.json has no {row}"))?.first_answer_ms();
        Ok((name.to_owned(), Some(first), format!("{} ms", first.round())))
    });
    let mut panels =
        vec![Panel { title: "Cold start and first login, on one CPU".to_owned(), bars: logins.into_iter().collect::<Result<_>>()? }];
    // At the smallest size all of them are nearly free.
    for month in inputs.model.month.iter().skip(1) {
        let bars = bills(inputs, month)?.into_iter().map(|(name, bill)| {
            let label = bill.map_or_else(|| "by contract".to_owned(), |bill| dollars(bill).trim_end_matches(".00").to_owned());
            (name, bill, label)
        });
        let title = format!("A month of {} users and {} operations, by list price", count(month.users), count(month.operations));
        panels.push(Panel { title, bars: bars.collect() });
    }
    Ok(panels)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::inputs::is_unmeasured;

    #[test]
    fn the_picture_is_what_make_cost_draws() {
        let root = Path::new("../..");
        if is_unmeasured(root) {
            return;
        }
        let picture = draw(&Inputs::read(root).unwrap()).unwrap();

        assert!(picture == std::fs::read_to_string(root.join(PATH)).unwrap(), "{PATH} is out of date. Run `make cost`.");
        assert_eq!(picture.matches(">Latchkey<").count(), 3);
    }
}
