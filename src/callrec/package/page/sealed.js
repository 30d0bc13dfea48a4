/* The sealed part of this file, and how six words open it (docs/formats/release.md, 7). */

const WORDS = 6;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;

/** As the words were drawn: small letters, one space between; whatever else was typed parts them. */
function asDrawn(typed) {
  return typed.toLowerCase().split(/[^a-z]+/).filter(Boolean);
}

function bytesIn(id) {
  const text = document.getElementById(id).textContent.trim();
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const bytes = new Uint8Array((text.length / 4) * 3 - padding);
  const step = 4 * 16384;
  for (let from = 0, to = 0; from < text.length; from += step) {
    const piece = atob(text.slice(from, from + step));
    for (let at = 0; at < piece.length; at += 1, to += 1) bytes[to] = piece.charCodeAt(at);
  }
  return bytes;
}

/** What is in an element of so many bytes; throws if there are more or fewer. */
function exactlyIn(id, size) {
  const bytes = bytesIn(id);
  if (bytes.length !== size) throw new RangeError(id);
  return bytes;
}

async function keyFrom(words) {
  const password = new TextEncoder().encode(words.join(" "));
  const salt = exactlyIn("salt", SALT_BYTES);
  const rounds = Number(document.getElementById("rounds").textContent);
  const raw = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds },
    raw,
    { name: "AES-GCM", length: 256 },
    false,
    ["decrypt"],
  );
}

/** What was sealed: { files: Map from path to bytes, page }. Throws if the words do not open it. */
async function unseal(words) {
  const key = await keyFrom(words);
  const iv = exactlyIn("nonce", NONCE_BYTES);
  const open = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, bytesIn("sealed"));
  const length = new DataView(open).getUint32(0);
  const index = JSON.parse(new TextDecoder().decode(new Uint8Array(open, 4, length)));
  const files = new Map();
  let at = 4 + length;
  for (const { path, bytes } of index.files) {
    files.set(path, new Uint8Array(open, at, bytes));
    at += bytes;
  }
  return { files, page: index.page };
}
