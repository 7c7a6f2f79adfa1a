// Ed25519 by the browser itself, or by a script where it has none (Chrome before 137, most web views).

let own = null;
let fallback = null;

// Whether the browser itself verifies Ed25519: asked once, by a signature of RFC 8032 (7.1, test 1).
async function hasOwn() {
  if (own === null) {
    const key = bytes("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
    const signature = bytes(
      "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
    );
    own = await byBrowser(key, new Uint8Array(), signature).catch(() => false);
  }
  return own;
}

async function byBrowser(key, message, signature) {
  const held = await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  return crypto.subtle.verify({ name: "Ed25519" }, held, signature, message);
}

async function byScript(key, message, signature) {
  if (fallback === null) fallback = await import("../vendor/noble-ed25519.js");
  return fallback.verifyAsync(signature, message, key, { zip215: false });
}

// Forced is for tests: which of the two verifies.
export async function isSigned(key, message, signature, forced = null) {
  const native = forced === null ? await hasOwn() : forced === "browser";
  try {
    return await (native ? byBrowser : byScript)(key, message, signature);
  } catch {
    return false;
  }
}

export async function digest(content) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", content));
}

function bytes(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}
