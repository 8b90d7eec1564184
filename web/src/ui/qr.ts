/**
 * QR codes (ISO/IEC 18004) for what a phone's camera reads off this screen: byte mode, error correction M, versions 1 to 12, which is
 * 287 bytes. Drawn here so that a secret never goes to a service that draws pictures.
 *
 * Layout: data and its correction words, the matrix with its fixed patterns, the mask with the least penalty.
 */

/** Per version: correction words per block, then groups of blocks × data words. Error correction M. */
const blocks: [number, [number, number][]][] = [
  [10, [[1, 16]]],
  [16, [[1, 28]]],
  [26, [[1, 44]]],
  [18, [[2, 32]]],
  [24, [[2, 43]]],
  [16, [[4, 27]]],
  [18, [[4, 31]]],
  [
    22,
    [
      [2, 38],
      [2, 39],
    ],
  ],
  [
    22,
    [
      [3, 36],
      [2, 37],
    ],
  ],
  [
    26,
    [
      [4, 43],
      [1, 44],
    ],
  ],
  [
    30,
    [
      [1, 50],
      [4, 51],
    ],
  ],
  [
    22,
    [
      [6, 36],
      [2, 37],
    ],
  ],
];
const alignment = [
  [],
  [6, 18],
  [6, 22],
  [6, 26],
  [6, 30],
  [6, 34],
  [6, 22, 38],
  [6, 24, 42],
  [6, 26, 46],
  [6, 28, 50],
  [6, 30, 54],
  [6, 32, 58],
];

/** Rows of modules, true is dark, without the quiet zone. */
export function qrMatrix(text: string): boolean[][] {
  const bytes = new TextEncoder().encode(text);
  const version = blocks.findIndex((_, at) => bytes.length <= capacity(at + 1)) + 1;
  if (version === 0) throw new RangeError('too long for this QR code');
  const words = interleave(encodeData(bytes, version), version);
  let best: { grid: Grid; penalty: number } | undefined;
  for (let mask = 0; mask < 8; mask += 1) {
    const grid = draw(words, version, mask);
    const penalty = penaltyOf(grid.dark);
    if (!best || penalty < best.penalty) best = { grid, penalty };
  }
  return best?.grid.dark ?? [];
}

const lengthBits = (version: number): number => (version < 10 ? 8 : 16);
const dataWords = (version: number): number =>
  (blocks[version - 1]?.[1] ?? []).reduce((sum, [count, words]) => sum + count * words, 0);
const capacity = (version: number): number => dataWords(version) - Math.ceil((4 + lengthBits(version)) / 8);

function encodeData(bytes: Uint8Array, version: number): Uint8Array {
  const bits: number[] = [];
  const push = (value: number, count: number) => {
    for (let at = count - 1; at >= 0; at -= 1) bits.push((value >> at) & 1);
  };
  push(0b0100, 4);
  push(bytes.length, lengthBits(version));
  for (const byte of bytes) push(byte, 8);
  const total = dataWords(version) * 8;
  push(0, Math.min(4, total - bits.length));
  while (bits.length % 8 !== 0) bits.push(0);
  const words = new Uint8Array(total / 8);
  for (let at = 0; at < words.length; at += 1) {
    const from = at * 8;
    words[at] =
      from < bits.length
        ? bits.slice(from, from + 8).reduce((value, bit) => (value << 1) | bit, 0)
        : (at - bits.length / 8) % 2 === 0
          ? 0xec
          : 0x11;
  }
  return words;
}

function interleave(data: Uint8Array, version: number): number[] {
  const [correctionCount, groups] = blocks[version - 1] ?? [0, []];
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const [count, size] of groups) {
    for (let at = 0; at < count; at += 1) {
      parts.push(data.slice(from, from + size));
      from += size;
    }
  }
  const corrections = parts.map((part) => correctionWords(part, correctionCount));
  const longest = Math.max(...parts.map((part) => part.length));
  const out: number[] = [];
  for (let at = 0; at < longest; at += 1) for (const part of parts) if (at < part.length) out.push(part[at] ?? 0);
  for (let at = 0; at < correctionCount; at += 1) for (const part of corrections) out.push(part[at] ?? 0);
  return out;
}

// Arithmetic in GF(256) with the polynomial 0x11d.
const exp = new Uint8Array(512);
const log = new Uint8Array(256);
for (let at = 0, value = 1; at < 255; at += 1) {
  exp[at] = value;
  exp[at + 255] = value;
  log[value] = at;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const multiply = (a: number, b: number): number => (a && b ? (exp[(log[a] ?? 0) + (log[b] ?? 0)] ?? 0) : 0);

/** The remainder after division by the generator polynomial: Reed–Solomon. */
export function correctionWords(data: Uint8Array, count: number): Uint8Array {
  let generator = [1];
  for (let root = 0; root < count; root += 1) {
    const next = new Array<number>(generator.length + 1).fill(0);
    generator.forEach((coefficient, at) => {
      next[at] = (next[at] ?? 0) ^ coefficient;
      next[at + 1] = (next[at + 1] ?? 0) ^ multiply(coefficient, exp[root] ?? 0);
    });
    generator = next;
  }
  const rest = new Uint8Array(count);
  for (const word of data) {
    const factor = word ^ (rest[0] ?? 0);
    rest.copyWithin(0, 1);
    rest[count - 1] = 0;
    for (let at = 0; at < count; at += 1) rest[at] = (rest[at] ?? 0) ^ multiply(generator[at + 1] ?? 0, factor);
  }
  return rest;
}

type Grid = { dark: boolean[][]; fixed: boolean[][] };

function draw(words: number[], version: number, mask: number): Grid {
  const size = version * 4 + 17;
  const square = () => Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  const grid: Grid = { dark: square(), fixed: square() };
  const set = (x: number, y: number, dark: boolean) => {
    const darkRow = grid.dark[y];
    const fixedRow = grid.fixed[y];
    if (!darkRow || !fixedRow || x < 0 || x >= size) return;
    darkRow[x] = dark;
    fixedRow[x] = true;
  };

  for (const [cx, cy] of [
    [3, 3],
    [size - 4, 3],
    [3, size - 4],
  ] as const) {
    for (let dy = -4; dy <= 4; dy += 1) {
      for (let dx = -4; dx <= 4; dx += 1) {
        const ring = Math.max(Math.abs(dx), Math.abs(dy));
        set(cx + dx, cy + dy, ring !== 2 && ring !== 4);
      }
    }
  }
  const centres = alignment[version - 1] ?? [];
  const edge = centres.at(-1) ?? 0;
  for (const cx of centres) {
    for (const cy of centres) {
      if ((cx === 6 && cy === 6) || (cx === 6 && cy === edge) || (cx === edge && cy === 6)) continue;
      for (let dy = -2; dy <= 2; dy += 1)
        for (let dx = -2; dx <= 2; dx += 1) set(cx + dx, cy + dy, Math.max(Math.abs(dx), Math.abs(dy)) !== 1);
    }
  }
  for (let at = 8; at < size - 8; at += 1) {
    set(at, 6, at % 2 === 0);
    set(6, at, at % 2 === 0);
  }
  drawFormat(mask, size, set);
  if (version >= 7) drawVersion(version, size, set);
  place(grid, words, mask, size);
  return grid;
}

type Setter = (x: number, y: number, dark: boolean) => void;

function drawFormat(mask: number, size: number, set: Setter): void {
  const data = mask; // Error correction M is 00.
  let rest = data;
  for (let at = 0; at < 10; at += 1) rest = (rest << 1) ^ ((rest >> 9) * 0x537);
  const bits = ((data << 10) | rest) ^ 0x5412;
  const bit = (at: number) => ((bits >> at) & 1) === 1;
  for (let at = 0; at <= 5; at += 1) set(8, at, bit(at));
  set(8, 7, bit(6));
  set(8, 8, bit(7));
  set(7, 8, bit(8));
  for (let at = 9; at < 15; at += 1) set(14 - at, 8, bit(at));
  for (let at = 0; at < 8; at += 1) set(size - 1 - at, 8, bit(at));
  for (let at = 8; at < 15; at += 1) set(8, size - 15 + at, bit(at));
  set(8, size - 8, true);
}

function drawVersion(version: number, size: number, set: Setter): void {
  let rest = version;
  for (let at = 0; at < 12; at += 1) rest = (rest << 1) ^ ((rest >> 11) * 0x1f25);
  const bits = (version << 12) | rest;
  for (let at = 0; at < 18; at += 1) {
    const dark = ((bits >> at) & 1) === 1;
    const [a, b] = [size - 11 + (at % 3), Math.floor(at / 3)];
    set(a, b, dark);
    set(b, a, dark);
  }
}

function place(grid: Grid, words: number[], mask: number, size: number): void {
  let bit = 0;
  for (let right = size - 1; right >= 1; right -= 2) {
    if (right === 6) right = 5;
    for (let step = 0; step < size; step += 1) {
      const upwards = ((right + 1) & 2) === 0;
      const y = upwards ? size - 1 - step : step;
      for (const x of [right, right - 1]) {
        const row = grid.dark[y];
        if (!row || grid.fixed[y]?.[x]) continue;
        const value = (((words[bit >> 3] ?? 0) >> (7 - (bit & 7))) & 1) === 1;
        row[x] = value !== isMasked(mask, x, y);
        bit += 1;
      }
    }
  }
}

function isMasked(mask: number, x: number, y: number): boolean {
  switch (mask) {
    case 0:
      return (x + y) % 2 === 0;
    case 1:
      return y % 2 === 0;
    case 2:
      return x % 3 === 0;
    case 3:
      return (x + y) % 3 === 0;
    case 4:
      return (Math.floor(x / 3) + Math.floor(y / 2)) % 2 === 0;
    case 5:
      return ((x * y) % 2) + ((x * y) % 3) === 0;
    case 6:
      return (((x * y) % 2) + ((x * y) % 3)) % 2 === 0;
    default:
      return (((x + y) % 2) + ((x * y) % 3)) % 2 === 0;
  }
}

function penaltyOf(dark: boolean[][]): number {
  const size = dark.length;
  const columns = dark.map((_, x) => dark.map((row) => row[x] ?? false));
  let penalty = 0;
  for (const lines of [dark, columns]) {
    for (const line of lines) {
      const text = line.map((module) => (module ? '1' : '0')).join('');
      for (const run of text.match(/0{5,}|1{5,}/g) ?? []) penalty += run.length - 2;
      for (let at = 0; at <= size - 11; at += 1) {
        const window = text.slice(at, at + 11);
        if (window === '10111010000' || window === '00001011101') penalty += 40;
      }
    }
  }
  for (let y = 0; y + 1 < size; y += 1) {
    for (let x = 0; x + 1 < size; x += 1) {
      const value = dark[y]?.[x];
      if (value === dark[y]?.[x + 1] && value === dark[y + 1]?.[x] && value === dark[y + 1]?.[x + 1]) penalty += 3;
    }
  }
  const share = dark.flat().filter(Boolean).length / (size * size);
  return penalty + Math.floor(Math.abs(share * 100 - 50) / 5) * 10;
}
