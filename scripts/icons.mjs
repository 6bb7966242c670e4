#!/usr/bin/env node
// Draws every icon of the desktop window from src-tauri/icons/wirereel.svg. Needs rsvg-convert (Debian: librsvg2-bin).
// The results are checked in, so only who changes the drawing runs this.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../src-tauri/icons");

/** The drawing as PNG bytes, `size` pixels wide and high. */
const png = (size) =>
  execFileSync("rsvg-convert", ["--width", size, "--height", size, join(folder, "wirereel.svg")], { encoding: "buffer" });

/** A Windows icon: a directory of PNG images (size byte 0 stands for 256). */
function ico(sizes) {
  const images = sizes.map(png);
  const header = Buffer.alloc(6 + 16 * sizes.length);
  header.writeUInt16LE(1, 2);
  header.writeUInt16LE(sizes.length, 4);
  let offset = header.length;
  sizes.forEach((size, i) => {
    const entry = 6 + 16 * i;
    header.writeUInt8(size % 256, entry);
    header.writeUInt8(size % 256, entry + 1);
    header.writeUInt16LE(1, entry + 4);
    header.writeUInt16LE(32, entry + 6);
    header.writeUInt32LE(images[i].length, entry + 8);
    header.writeUInt32LE(offset, entry + 12);
    offset += images[i].length;
  });
  return Buffer.concat([header, ...images]);
}

/** A macOS icon: four-letter type, length with its own eight bytes, PNG. */
function icns(types) {
  const chunk = (type, body) => {
    const head = Buffer.alloc(8);
    head.write(type, 0, "latin1");
    head.writeUInt32BE(body.length + 8, 4);
    return Buffer.concat([head, body]);
  };
  return chunk("icns", Buffer.concat(Object.entries(types).map(([type, size]) => chunk(type, png(size)))));
}

for (const [name, size] of [["32x32.png", 32], ["128x128.png", 128], ["128x128@2x.png", 256], ["icon.png", 512]]) {
  writeFileSync(join(folder, name), png(size));
}
writeFileSync(join(folder, "icon.ico"), ico([16, 32, 48, 256]));
writeFileSync(join(folder, "icon.icns"), icns({ ic07: 128, ic08: 256, ic09: 512 }));
