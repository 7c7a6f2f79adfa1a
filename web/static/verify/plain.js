// Bytes as codes use them: base32 without padding, and deterministic CBOR of numbers, bytes, texts, lists and maps.
// Whatever could be written in another way is refused, as by the library (scoring/administration/credential).

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class NotSo extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

export function need(holds, reason = "wrong_format") {
  if (!holds) throw new NotSo(reason);
}

export function fromBase32(text) {
  const spare = (text.length * 5) % 8;
  need(spare <= 4 && text.length > 0);
  const bytes = new Uint8Array(Math.floor((text.length * 5) / 8));
  let held = 0, bits = 0, place = 0;
  for (const letter of text) {
    const value = LETTERS.indexOf(letter);
    need(value >= 0);
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes[place++] = (held >> bits) & 255;
      held &= (1 << bits) - 1;
    }
  }
  // Bits behind the last byte would make a second text of the same code.
  need(held === 0);
  return bytes;
}

export function same(one, other) {
  return one.length === other.length && one.every((byte, place) => byte === other[place]);
}

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function fromBase64(text) {
  need(/^[A-Za-z0-9+/]+={0,2}$/.test(text), "damaged");
  const raw = atob(text);
  need(btoa(raw) === text, "damaged");
  return Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
}

// One item and where it ends.
export function item(data, start = 0, depth = 0) {
  need(start < data.length && depth < 5);
  const kind = data[start] >> 5;
  let count = data[start] & 31;
  let place = start + 1;
  need(kind < 6 && count < 28);
  if (count > 23) {
    const width = 1 << (count - 24);
    need(place + width <= data.length);
    let long = 0n;
    for (const byte of data.subarray(place, place + width)) long = (long << 8n) | BigInt(byte);
    need(long >= (width === 1 ? 24n : 1n << BigInt(4 * width)));
    // What no number holds exactly has no place in a code.
    need(long <= BigInt(Number.MAX_SAFE_INTEGER));
    count = Number(long);
    place += width;
  }
  if (kind < 2) return [kind === 0 ? count : -1 - count, place];
  if (kind < 4) {
    need(place + count <= data.length);
    const content = data.slice(place, place + count);
    return [kind === 2 ? content : text(content), place + count];
  }
  return kind === 4 ? list(data, place, count, depth) : map(data, place, count, depth);
}

function text(content) {
  try {
    return UTF8.decode(content);
  } catch {
    throw new NotSo("wrong_format");
  }
}

function list(data, start, count, depth) {
  const parts = [];
  let place = start;
  while (parts.length < count) {
    const [part, end] = item(data, place, depth + 1);
    parts.push(part);
    place = end;
  }
  return [parts, place];
}

function map(data, start, count, depth) {
  const parts = new Map();
  let place = start, before = null;
  for (let number = 0; number < count; number++) {
    const [key, end] = item(data, place, depth + 1);
    const written = data.subarray(place, end);
    // In order and none twice: there is one way to write it.
    need(before === null || less(before, written));
    const [value, next] = item(data, end, depth + 1);
    need(typeof key === "number" || typeof key === "string");
    parts.set(key, value);
    before = written;
    place = next;
  }
  return [parts, place];
}

function less(one, other) {
  const shorter = Math.min(one.length, other.length);
  for (let place = 0; place < shorter; place++) if (one[place] !== other[place]) return one[place] < other[place];
  return one.length < other.length;
}

// The one item that bytes are.
export function whole(data, test) {
  const [value, end] = item(data);
  need(end === data.length && test(value));
  return value;
}

export const isBytes = (value) => value instanceof Uint8Array;
export const isMap = (value) => value instanceof Map;
export const isNumber = (value, most) => Number.isInteger(value) && value >= 0 && value <= most;
