//! `docs/benchmarks.md` and its picture, written from the figures of this run.

use std::{fmt::Write, fs, path::Path};

use plotters::{
    prelude::{IntoDrawingArea, IntoFont, Rectangle, SVGBackend, Text},
    style::{
        Color, FontStyle, RGBColor, TextStyle, register_font,
        text_anchor::{HPos, Pos, VPos},
    },
};

use crate::{
    Compared,
    figures::{machine, write_part},
    measure::Measured,
};

const OURS: RGBColor = RGBColor(0x2f, 0x6f, 0xd6);
const THEIRS: RGBColor = RGBColor(0x8a, 0x90, 0x99);
const INK: RGBColor = RGBColor(0x1c, 0x20, 0x26);
const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);

const WIDTH: u32 = 760;
const ROW: i32 = 30;
const LEFT: i32 = 200;
const RIGHT: i32 = 640;

/// Writes the page and the picture into the folder of the documentation.
pub(crate) fn write(docs: &Path, large: &Compared, samples: &[Compared]) {
    fs::write(docs.join("img/benchmarks.svg"), picture(large)).unwrap();
    write_part(&docs.join("benchmarks.md"), "What an import costs", &text(large, samples));
}

fn bars(large: &Compared) -> Vec<(String, Measured, RGBColor)> {
    let theirs = large.peers.iter().map(|(peer, measured)| (peer.name.replace('_', ", "), *measured, THEIRS));
    let mut bars: Vec<_> = std::iter::once(("wirereel import".to_owned(), large.ours, OURS)).chain(theirs).collect();
    bars.sort_by(|a, b| a.1.seconds.total_cmp(&b.1.seconds));
    bars
}

/// One bar per program; their lengths are seconds.
fn picture(large: &Compared) -> String {
    let font = include_bytes!("../../assets/Inter-Regular.ttf");
    register_font("Inter", FontStyle::Normal, font).map_err(|_| "font").unwrap();
    let bars = bars(large);
    let longest = bars.iter().map(|bar| bar.1.seconds).fold(0.0, f64::max);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH, bars.len() as u32 * ROW as u32 + 16)).into_drawing_area();
        area.fill(&PAPER).unwrap();
        let style = |to: HPos| TextStyle::from(("Inter", 15).into_font()).color(&INK).pos(Pos::new(to, VPos::Center));
        for (row, (name, measured, colour)) in (0..).zip(&bars) {
            let middle = row * ROW + ROW / 2 + 8;
            let end = LEFT + (measured.seconds / longest * f64::from(RIGHT - LEFT)).ceil() as i32;
            area.draw(&Text::new(name.clone(), (LEFT - 10, middle), style(HPos::Right))).unwrap();
            area.draw(&Rectangle::new([(LEFT, middle - 9), (end, middle + 9)], colour.filled())).unwrap();
            let seconds = format!("{:.1} s", measured.seconds);
            area.draw(&Text::new(seconds, (end + 8, middle), style(HPos::Left))).unwrap();
        }
        area.present().unwrap();
    }
    // The picture does not carry its font.
    svg.replace("font-family=\"Inter\"", "font-family=\"Inter, sans-serif\"")
}

fn text(large: &Compared, samples: &[Compared]) -> String {
    let mut page = String::from(
        "Written by `make bench-import`, which records wrk against nginx on loopback (`scripts/record-benchmark`) and lets every program \
         read that file in turn: the quickest of three imports, one run of each peer.\n\n![Seconds per program](img/benchmarks.svg)\n\n",
    );
    let megabytes = |bytes: u64| bytes as f64 / 1e6;
    let _ = writeln!(
        page,
        "The recording: {:.0} MB, {} packets, {} HTTP exchanges. The machine: {}.\n",
        megabytes(large.file_bytes),
        thousands(large.packets),
        thousands(large.exchanges),
        machine(),
    );
    page += "| | what it does | seconds | peak memory | |\n|---|---|---:|---:|---|\n";
    let Compared { ours, .. } = large;
    let _ = writeln!(
        page,
        "| `wirereel import` | flows, lifecycle, HTTP exchanges with their headers, names, roll-ups, all stored | {:.2} | {:.0} MB | |",
        ours.seconds, ours.peak_mb
    );
    for (peer, theirs) in &large.peers {
        let ratio = if peer.slower {
            format!("{:.1} times slower", theirs.seconds / ours.seconds)
        } else {
            format!("the import takes {:.2} times as long", ours.seconds / theirs.seconds)
        };
        let (does, version) = (peer.does, peer.version());
        let _ = writeln!(page, "| {version} | {does} | {:.2} | {:.0} MB | {ratio} |", theirs.seconds, theirs.peak_mb);
    }
    page += "\n## Size\n\n| | packets | exchanges | database | per packet | per exchange |\n|---|---:|---:|---:|---:|---:|\n";
    for one in std::iter::once(large).chain(samples) {
        let _ = writeln!(
            page,
            "| {} | {} | {} | {:.1} MB | {:.1} bytes | {:.0} bytes |",
            one.name,
            thousands(one.packets),
            thousands(one.exchanges),
            megabytes(one.database_bytes),
            one.database_bytes as f64 / one.packets as f64,
            one.database_bytes as f64 / one.exchanges as f64,
        );
    }
    page += "\nThe samples are small: tables and their first blocks are most of their databases.\n";
    page
}

fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
