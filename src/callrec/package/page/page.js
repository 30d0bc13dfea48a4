/* The two states of this page, locked and opened. */

const part = (id) => document.getElementById(id);
const loaded = new Promise((done) => {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", done);
  else done();
});
let opened = null;

function complain(text) {
  part("complaint").textContent = text;
  part("words").setAttribute("aria-invalid", "true");
  part("words").focus();
}

function lock() {
  if (!opened) return;
  for (const audio of document.querySelectorAll("audio")) audio.pause();
  opened.forget();
  opened = null;
  part("opened").replaceChildren();
  part("opened").hidden = true;
  part("locked").hidden = false;
  part("words").focus();
}

function show(found) {
  opened = new Opened(found);
  part("opened").replaceChildren(...shown(opened, lock));
  part("words").value = "";
  part("locked").hidden = true;
  part("opened").hidden = false;
  part("calls").focus();
}

async function open(words) {
  part("open").setAttribute("aria-disabled", "true");
  part("progress").textContent = "Opening. This takes a few seconds.";
  await loaded;
  const found = await unseal(words).catch(() => null);
  part("progress").textContent = "";
  part("open").removeAttribute("aria-disabled");
  if (found) show(found);
  else {
    complain("These words do not open the recordings. Compare each one with what you were given. "
      + "If they are right, this file may have been damaged on its way: please ask the practice.");
  }
}

function submit(event) {
  event.preventDefault();
  if (part("open").hasAttribute("aria-disabled")) return;
  const words = asDrawn(part("words").value);
  part("complaint").textContent = "";
  part("words").removeAttribute("aria-invalid");
  if (words.length === WORDS) open(words);
  else complain(`There are six words. You typed ${words.length || "none"}.`);
}

function hideOrShow() {
  const hides = part("words").type === "text";
  part("words").type = hides ? "password" : "text";
  part("hide").textContent = hides ? "Show what I type" : "Hide what I type";
}

if (globalThis.crypto && crypto.subtle) {
  part("form").addEventListener("submit", submit);
  part("hide").addEventListener("click", hideOrShow);
  window.addEventListener("pagehide", lock); // the browser's Back must not bring it up open
  part("cannot").hidden = true;
  part("locked").hidden = false;
}
