// The list of trusted keys: a C2SP signed note that the root key has signed, which the page was given with itself.

import { NotSo, fromBase64, hex, need } from "./plain.js";
import { DAY, SKEW } from "./code.js";
import { digest, isSigned } from "./signature.js";

const ALGORITHMS = { ed25519: -19, sm2: -70001 };
const ENTRY = /^key ([0-9a-f]{8}) ([a-z0-9]+) (codes|tokens) (\S+) ([0-9]{6}) (\S{10}) (\S{10}) (demo|real) (-|\S{10})$/;
const PRIME = 2n ** 255n - 19n;
const EIGHTH = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
// By a key whose point is of small order some take any signature; these are the second coordinates of such points.
const SMALL = [0n, 1n, PRIME - 1n, EIGHTH, PRIME - EIGHTH];

export async function readTrust(note, root, atLeast, at) {
  try {
    const trust = await opened(note, root);
    need(trust.version >= atLeast, "trust_older");
    need(at >= trust.issued - SKEW, "clock_behind");
    return trust;
  } catch (refused) {
    const known = refused instanceof NotSo && ["trust_older", "clock_behind"].includes(refused.reason);
    throw new NotSo(known ? refused.reason : "trust_damaged");
  }
}

async function opened(note, root) {
  const [name, keyId, material] = split(root.trim(), "+", 2);
  const held = fromBase64(material);
  const ownId = (await digest(join(encode(`${name}\n`), held))).subarray(0, 4);
  need(held[0] === 1 && held.length === 33 && hex(ownId) === keyId);
  const end = note.lastIndexOf("\n\n");
  need(end > 0 && note.length <= 1 << 20);
  const text = note.slice(0, end + 1);
  const marks = note.slice(end + 2).split("\n").map((line) => line.split(" "));
  const mine = marks.filter((mark) => mark[0] === "—" && mark[1] === name).map((mark) => fromBase64(mark[2]));
  const own = mine.filter((mark) => hex(mark.subarray(0, 4)) === keyId);
  need(own.length);
  for (const mark of own) need(await isSigned(held.subarray(1), encode(text), mark.subarray(4)));
  const [title, origin, version, issued, ...rest] = text.slice(0, -1).split("\n");
  need(title === "sise trust list v1" && origin === name);
  need(/^version [1-9][0-9]{0,8}$/.test(version) && /^issued \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(issued));
  const hosts = rest.filter((line) => line.startsWith("host ")).map((line) => line.slice(5));
  const keys = await Promise.all(rest.slice(hosts.length).map(keyOf));
  return { version: Number(version.slice(8)), issued: seconds(issued.slice(7)), hosts, keys };
}

async function keyOf(line) {
  const parts = ENTRY.exec(line);
  need(parts);
  const [, keyId, algorithm, purpose, material, district, since, until, demo, withdrawn] = parts;
  const held = fromBase64(material);
  const id = (await digest(held)).subarray(0, 4);
  need(hex(id) === keyId);
  need(algorithm !== "ed25519" || isStrong(held));
  return {
    id,
    algorithm,
    purpose,
    public: held,
    cose: ALGORITHMS[algorithm] === undefined ? null : ALGORITHMS[algorithm],
    scope: district.replace(/(00){1,2}$/, ""),
    since: seconds(`${since}T00:00:00+08:00`),
    until: seconds(`${until}T00:00:00+08:00`) + DAY,
    demo: demo === "demo",
    holds: withdrawn === "-",
  };
}

function isStrong(held) {
  let y = 0n;
  for (const byte of Array.from(held).reverse()) y = (y << 8n) | BigInt(byte);
  y &= (1n << 255n) - 1n;
  return held.length === 32 && y < PRIME && !SMALL.includes(y);
}

function seconds(text) {
  const at = Date.parse(text);
  need(!Number.isNaN(at));
  return at / 1000;
}

function split(text, mark, times) {
  const parts = text.split(mark);
  need(parts.length > times);
  return [...parts.slice(0, times), parts.slice(times).join(mark)];
}

const encode = (text) => new TextEncoder().encode(text);

function join(one, other) {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
