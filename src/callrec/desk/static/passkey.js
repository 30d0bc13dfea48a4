"use strict";
// Has a passkey used, or made, as a form is sent. What comes of it goes with the form and stands in
// no field, so no browser keeps it. What asks for it says so in its data (templates/form.html):
// by the button that sends the form, by the form whatever sends it, or by a button of its own.

{  // its names are its own: other scripts stand on the same page

const ASKS = "[data-passkey]";
const given = new WeakMap();   // form -> name of what it takes -> what came of the passkey
const asking = new WeakSet();  // forms whose passkey is being used
const WHY = {
  NotAllowedError: "Your passkey was not used, so nothing was sent. Try again.",
  InvalidStateError: "This device has a passkey of yours for this desk already. Use another device.",
  SecurityError: "Your browser uses no passkey at this address. Ask who looks after callrec.",
  NotSupportedError: "This device cannot be used here. Use another device or another browser.",
};
const NO_SECRET = "This passkey gives no secret of its own (PRF), so it cannot open your key. "
  + "Use another device or another browser.";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (each) => each.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (ids) => (ids || "").split(" ").filter(Boolean).map((id) => ({type: "public-key", id: bytes(id)}));

async function used(data, only) {
  const passkey = await navigator.credentials.get({publicKey: {
    challenge: bytes(data.challenge),
    allowCredentials: only,
    userVerification: "required",
    extensions: {prf: {eval: {first: bytes(data.input)}}},
  }});
  const secret = passkey.getClientExtensionResults().prf?.results?.first;
  if (!secret) throw new Error(NO_SECRET);
  const {clientDataJSON, authenticatorData, signature} = passkey.response;
  return {
    credential: text(passkey.rawId), client_data: text(clientDataJSON),
    authenticator_data: text(authenticatorData), signature: text(signature), secret: text(secret),
  };
}

async function made(data) {
  const passkey = await navigator.credentials.create({publicKey: {
    challenge: bytes(data.challenge),
    rp: {name: data.practice},
    user: {id: bytes(data.person), name: data.login, displayName: data.login},
    pubKeyCredParams: data.algorithms.split(" ").map((alg) => ({type: "public-key", alg: Number(alg)})),
    excludeCredentials: listed(data.has),
    authenticatorSelection: {residentKey: "required", userVerification: "required"},
    // Windows Hello makes none that has the extension if nothing is asked of it here.
    extensions: {prf: {eval: {first: bytes(data.input)}}},
  }});
  if (passkey.getClientExtensionResults().prf?.enabled === false) throw new Error(NO_SECRET);
  const public_key = text(passkey.response.getPublicKey() ?? new ArrayBuffer(0));
  return {...await used(data, [{type: "public-key", id: passkey.rawId}]), public_key};
}

function say(form, words, isProblem) {
  const box = form.querySelector(".asked-passkey"), line = document.createElement("p");
  line.textContent = words;
  box.classList.toggle("problem", isProblem);
  box.replaceChildren(line);
}

// All that this form asks for, one after the other; whether it came.
async function ask(form, elements) {
  asking.add(form);
  try {
    const came = given.get(form) || new Map();
    given.set(form, came);  // what came is not asked for again when the next is tried again
    for (const {dataset} of elements) {
      say(form, dataset.says || "Use your passkey now.", false);
      came.set(dataset.passkey, JSON.stringify(dataset.person ? await made(dataset) : await used(dataset, listed(dataset.only))));
    }
    say(form, "Your passkey was used.", false);
    return true;
  } catch (problem) {
    say(form, WHY[problem.name] || (problem.message === NO_SECRET ? NO_SECRET : WHY.NotSupportedError), true);
    return false;
  } finally {
    asking.delete(form);
  }
}

// What is to be asked for as this button sends the form: a key that was typed takes its place.
function asked(form, by) {
  const inForm = [...form.querySelectorAll(ASKS)].filter((each) => each.tagName !== "BUTTON");
  const left = [...inForm, ...(by?.matches(ASKS) ? [by] : [])];
  return left.filter(({dataset}) => !given.get(form)?.has(dataset.passkey)
    && !(dataset.unless && form.elements[dataset.unless]?.value));
}

document.addEventListener("submit", async (event) => {
  const form = event.target, by = event.submitter;
  if (asking.has(form)) { event.preventDefault(); event.stopImmediatePropagation(); return; }
  const elements = asked(form, by);
  if (!elements.length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (await ask(form, elements)) form.requestSubmit(by);
}, true);

document.addEventListener("formdata", ({target, formData}) => {
  for (const [name, came] of given.get(target) || []) formData.set(name, came);
  given.delete(target);
}, true);

// Where it is said what happens is there from the start, or a screen reader may miss it.
for (const form of document.forms) {
  if (!form.querySelector(ASKS)) continue;
  const box = document.createElement("div");
  box.className = "asked-passkey";
  box.setAttribute("role", "status");
  form.append(box);
}
for (const button of document.querySelectorAll(`button${ASKS}`)) {
  button.hidden = !window.PublicKeyCredential;
  if (button.type === "button") button.addEventListener("click", () => asking.has(button.form) || ask(button.form, [button]));
}

}
