// The page: brings the lists up where there is a network, reads a code, and says what it proves and what it does not.
// Every sentence stands in the page already; here it is only chosen.

import { NotSo } from "./plain.js";
import { STALE, check, readStatus } from "./code.js";
import { readTrust } from "./trust.js";
import { keep, kept } from "./keep.js";
import { Camera, Unreadable, hasReader, readPhotograph } from "./scanner.js";

const $ = (id) => document.getElementById(id);
const page = $("verifier");
const address = page.dataset;
const lists = { trust: null, status: null, names: null, fault: null };

const now = () => Math.floor(Date.now() / 1000);

async function download(path, form) {
  const answer = await fetch(path, { cache: "no-store" });
  if (!answer.ok) throw new Error(String(answer.status));
  return form === "bytes" ? new Uint8Array(await answer.arrayBuffer()) : answer[form]();
}

// Lists that cannot be used never take the place of those that can.
async function bringUp() {
  await renew("trust", "text", useTrust);
  await renew("status", "bytes", useStatus);
  await renew("names", "json", useNames);
  tellLists();
}

async function renew(name, form, use) {
  let fault = null;
  try {
    const fresh = await download(address[name], form);
    await use(fresh);
    await keep(name, fresh);
    return;
  } catch (refused) {
    // No network, or nothing there, is no fault of a list.
    if (refused instanceof NotSo) fault = refused.reason;
  }
  if (!lists[name]) {
    const before = await kept(name).catch(() => undefined);
    if (before !== undefined) {
      await use(before).catch((refused) => {
        if (refused instanceof NotSo) fault = refused.reason;
      });
    }
  }
  if (fault) lists.fault = fault;
}

async function useTrust(note) {
  const seen = (await kept("version").catch(() => 0)) || 0;
  lists.trust = await readTrust(note, address.root, seen, now());
  await keep("version", Math.max(seen, lists.trust.version));
}

async function useStatus(token) {
  if (lists.trust) lists.status = await readStatus(token, lists.trust, now());
}

async function useNames(answer) {
  lists.names = answer.names;
}

function tellLists() {
  fill("trust-version", lists.trust ? lists.trust.version : "");
  show("trust-there", Boolean(lists.trust));
  show("trust-missing", !lists.trust);
  const age = lists.status ? Math.max(now() - lists.status.issued, 0) : null;
  fill("status-age", age === null ? "" : span(age));
  show("status-there", age !== null && age <= STALE);
  show("status-stale", age !== null && age > STALE);
  fill("status-old-age", age === null ? "" : span(age));
  show("status-missing", age === null);
  show("names-there", Boolean(lists.names));
  fill("names-count", lists.names ? Object.keys(lists.names).length.toLocaleString() : "");
  for (const line of page.querySelectorAll("[data-fault]")) line.hidden = line.dataset.fault !== lists.fault;
}

function span(seconds) {
  if (seconds < 3600) return address.minutes;
  if (seconds < 2 * 86400) return address.hours.replace("{n}", Math.floor(seconds / 3600));
  return address.days.replace("{n}", Math.floor(seconds / 86400));
}

const show = (id, is) => ($(id).hidden = !is);
const fill = (id, text) => ($(id).textContent = text);

async function tell(text) {
  show("verdict", true);
  show("fault-picture", false);
  show("fault-large", false);
  const verdict = lists.trust ? await check(text, lists.trust, now(), lists.status) : { reason: "no_trust" };
  for (const line of page.querySelectorAll("[data-reason]")) line.hidden = line.dataset.reason !== verdict.reason;
  const isRead = verdict.enterprise !== undefined;
  $("verdict").dataset.verdict = verdict.reason;
  show("said", isRead);
  show("demo", Boolean(verdict.demo));
  if (isRead) tellClaims(verdict);
  show("unchecked", isRead);
  $("verdict").focus();
}

function tellClaims(verdict) {
  fill("said-id", verdict.enterprise);
  const name = lists.names && lists.names[verdict.enterprise];
  show("name-known", Boolean(name));
  fill("said-name", name || "");
  show("name-unknown", !name);
  for (const chip of page.querySelectorAll("[data-colour]")) chip.hidden = chip.dataset.colour !== verdict.colour;
  show("said-colour", Boolean(verdict.colour));
  show("said-shown", !verdict.colour);
  fill("said-day", verdict.as_of || "");
  fill("said-until", new Date(verdict.expires * 1000).toLocaleString(document.documentElement.lang, { timeZone: "Asia/Shanghai" }));
  show("list-age", verdict.list_age !== undefined);
  fill("said-age", verdict.list_age === undefined ? "" : span(verdict.list_age));
}

function refuse(id) {
  show("verdict", true);
  for (const line of page.querySelectorAll("[data-reason]")) line.hidden = true;
  for (const part of ["said", "demo", "unchecked"]) show(part, false);
  $("verdict").dataset.verdict = id;
  show("fault-picture", id === "fault-picture");
  show("fault-large", id === "fault-large");
}

async function readFile(file) {
  try {
    await tell(await readPhotograph(file, address.read));
  } catch (refused) {
    refuse(refused instanceof Unreadable && refused.message === "large" ? "fault-large" : "fault-picture");
  }
}

function begin() {
  const camera = new Camera($("camera"), address.read);
  const isThere = Boolean(navigator.mediaDevices && navigator.mediaDevices.getUserMedia);
  show("open-camera", isThere);
  $("open-camera").addEventListener("click", async () => {
    show("close-camera", true);
    await camera.open(tell).catch(() => show("camera-refused", true));
    show("close-camera", false);
  });
  $("close-camera").addEventListener("click", () => camera.close());
  $("photograph").addEventListener("change", (event) => {
    if (event.target.files[0]) readFile(event.target.files[0]);
    event.target.value = "";
  });
  $("typed").addEventListener("submit", (event) => {
    event.preventDefault();
    tell($("text").value.trim());
  });
  $("renew").addEventListener("click", bringUp);
  show("with-script", true);
  show("without-script", false);
}

begin();
hasReader().then((is) => show("by-server", !is));
bringUp();
if ("serviceWorker" in navigator) navigator.serviceWorker.register(address.worker, { scope: address.scope });
