// What a code proves without a network: by its signature, the list of trusted keys and the list of statuses.
// The verdicts are those of the library and of verify_code.py, of which this is a third writing.

import { NotSo, fromBase32, isBytes, isMap, isNumber, item, need, same, whole } from "./plain.js";
import { isSigned } from "./signature.js";

export const DAY = 86400, SKEW = 600, STALE = 7 * DAY;
const COLOURS = ["blue", "green", "yellow", "red"];
const ENDED = { 1: "superseded", 2: "revoked" };
const LAST = 2932896 * DAY, MOST_INDEX = 2 ** 23 - 1, CAP = 2 << 20;
const STICKER = -65537, SHOWN = -65538;
const CODE = /^HTTPS:\/\/([A-Z0-9](?:[A-Z0-9.-]{0,98}[A-Z0-9])?(?::[0-9]{1,5})?)\/Q\/([A-Z2-7]+)$/;
const USCC = /^[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}$/;
const LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY";
const TYPE = "application/statuslist+cwt";

// Header, payload, signed bytes and signature of a COSE_Sign1 with an empty unprotected header.
export function envelope(content) {
  need(content[0] === 0xd2 && content[1] === 0x84);
  const parts = whole(content.subarray(1), (value) => Array.isArray(value) && value.length === 4);
  const [protectedPart, empty, payload, signature] = parts;
  need(isMap(empty) && empty.size === 0);
  need([protectedPart, payload, signature].every(isBytes) && signature.length === 64);
  const header = whole(protectedPart, isMap);
  const kind = header.get(16);
  need(Number.isInteger(header.get(1)) && (kind === undefined || typeof kind === "string"));
  need(isBytes(header.get(4)) && header.get(4).length === 4);
  need(header.size === (kind === undefined ? 2 : 3));
  const first = item(content, 2)[1];
  const context = [0x84, 0x6a, ...new TextEncoder().encode("Signature1")];
  const signed = Uint8Array.from([...context, ...content.subarray(2, first), 0x40, ...content.subarray(first + 1, -66)]);
  return { header, kind, payload, signed, signature };
}

export function claimsOf(payload) {
  const claims = whole(payload, (value) => isMap(value) && value.size === 6);
  const isSticker = claims.has(STICKER);
  const [issuer, subject, expires, issued, serial] = [1, 2, 4, 6, 7].map((name) => claims.get(name));
  const values = claims.get(isSticker ? STICKER : SHOWN);
  const bounds = isSticker ? [3, LAST / DAY, 99991231, MOST_INDEX] : [MOST_INDEX];
  need(Array.isArray(values) && values.length === bounds.length);
  need(values.every((value, place) => isNumber(value, bounds[place])));
  need(isNumber(issued, LAST) && isNumber(expires, LAST) && isBytes(serial) && serial.length === 8);
  need(issued <= expires && expires <= issued + (isSticker ? 92 : 1) * DAY);
  need(typeof issuer === "string" && /^CN-[0-9]{6}$/.test(issuer));
  need(typeof subject === "string" && USCC.test(subject) && hasCheckLetter(subject));
  const said = { issuer, enterprise: subject, issued, expires, index: values[values.length - 1] };
  if (!isSticker) return said;
  return { ...said, colour: COLOURS[values[0]], as_of: isoDay(values[1]), rules_from: dayOf(values[2]) };
}

function hasCheckLetter(subject) {
  let total = 0, weight = 1;
  for (const letter of subject.slice(0, 17)) {
    total += weight * LETTERS.indexOf(letter);
    weight = (weight * 3) % 31;
  }
  return subject[17] === LETTERS[(31 - (total % 31)) % 31];
}

function isoDay(days) {
  return new Date(days * DAY * 1000).toISOString().slice(0, 10);
}

// A day written as a number, such as 20260401, if there is one.
function dayOf(number) {
  const [year, month, day] = [Math.floor(number / 10000), Math.floor(number / 100) % 100, number % 100];
  const made = new Date(0);
  made.setUTCFullYear(year, month - 1, day);
  need(year > 0 && made.getUTCMonth() === month - 1 && made.getUTCDate() === day);
  return `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
}

// The key that has signed: the algorithm stands beside the key, and never in what it signed.
async function signer(trust, sealed, purpose, issuer, issued, forced) {
  const named = trust.keys.filter((key) => key.purpose === purpose && same(key.id, sealed.header.get(4)));
  const keys = named.filter((key) => key.cose === null || key.cose === sealed.header.get(1));
  need(keys.length, "unknown_key");
  const near = keys.filter((key) => key.holds && issuer.slice(3).startsWith(key.scope));
  const able = near.filter((key) => key.since <= issued && issued < key.until);
  need(able.length || keys[0].holds, "key_withdrawn");
  need(able.length || near.includes(keys[0]), "key_out_of_district");
  need(able.length, "key_out_of_time");
  const known = able.filter((key) => key.algorithm === "ed25519");
  for (const key of known) if (await isSigned(key.public, sealed.signed, sealed.signature, forced)) return key;
  throw new NotSo(known.length === able.length ? "bad_signature" : "algorithm_offline");
}

// The verdict: reason is "valid", or why the code does not hold.
export async function check(text, trust, at, status = null, forced = null) {
  let said = {};
  try {
    need(text, "unreadable");
    const parts = text.length <= 700 ? CODE.exec(text) : null;
    need(parts);
    const content = fromBase32(parts[2]);
    const sealed = content.length === 16 ? null : envelope(content);
    const claims = sealed && claimsOf(sealed.payload);
    need(!sealed || sealed.kind === undefined);
    need(trust.hosts.includes(parts[1]), "foreign_host");
    need(claims, "opaque");
    const key = await signer(trust, sealed, "codes", claims.issuer, claims.issued, forced);
    said = { ...claims, demo: key.demo };
    need(claims.issued <= at + SKEW, "not_yet");
    need(claims.expires >= at, "expired");
    need(status && status.issuer === claims.issuer, "status_unchecked");
    said.list_age = Math.max(at - status.issued, 0);
    const byte = status.bits[claims.index >> 2];
    const state = byte === undefined ? -1 : (byte >> (2 * (claims.index & 3))) & 3;
    need(!ENDED[state], ENDED[state]);
    need(state >= 0 && said.list_age <= STALE, "status_unchecked");
    need(state === 0, "under_review");
  } catch (refused) {
    // Anything that nobody foresaw is no code either.
    return refused instanceof NotSo ? { reason: refused.reason, ...said } : { reason: "wrong_format" };
  }
  return { reason: "valid", ...said };
}

// Issuer, time and bits of a status list that a trusted key has signed.
export async function readStatus(token, trust, at) {
  try {
    need(token.length <= CAP);
    const sealed = envelope(token);
    const claims = whole(sealed.payload, (value) => isMap(value) && value.size === 5);
    const [issuer, address, issued, packed, lives] = [1, 2, 6, 65533, 65534].map((name) => claims.get(name));
    need(sealed.kind === TYPE && isMap(packed) && packed.size === 2 && packed.get("bits") === 2);
    need(isBytes(packed.get("lst")) && typeof address === "string");
    need(isNumber(issued, LAST) && isNumber(lives, 366 * DAY) && lives > 0);
    need(typeof issuer === "string" && /^CN-[0-9]{6}$/.test(issuer));
    const bits = await inflated(packed.get("lst"));
    await signer(trust, sealed, "tokens", issuer, issued, null).catch(() => {
      throw new NotSo("of_other_key");
    });
    need(issued <= at + SKEW, "ahead");
    return { issuer, issued, bits };
  } catch (refused) {
    const known = refused instanceof NotSo && ["of_other_key", "ahead"].includes(refused.reason);
    throw new NotSo(known ? `status_${refused.reason}` : "status_damaged");
  }
}

async function inflated(content) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream("deflate")).getReader();
  const pieces = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    // A small file may unpack to a large one.
    need(size <= CAP);
    pieces.push(value);
  }
  const bits = new Uint8Array(size);
  let place = 0;
  for (const piece of pieces) {
    bits.set(piece, place);
    place += piece.length;
  }
  return bits;
}
