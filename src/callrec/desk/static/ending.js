"use strict";
// Says two minutes before a login ends that it does, and lets its person stay with one button.
// Another page of the same login that is opened meanwhile puts the end off, here as well.

{  // its names are its own: the player's script stands on the same page

const WARNED_S = 120, LOOK_MS = 1000;
const box = document.getElementById("ending");
const tabs = new BroadcastChannel("callrec");

let ends = 0;        // when the login ends if nothing more is done, by this browser's clock
let last = 0;        // when it ends at the latest
let shown = "";      // what is said now: nothing, that it ends soon, or that it has

function know(seconds, most) {
  ends = Date.now() + seconds * 1000;
  last = Date.now() + most * 1000;
}

function say(state, text, ...more) {
  if (shown === state) return;
  shown = state;
  box.replaceChildren();
  if (!text) return;
  const words = document.createElement("p"), alert = document.createElement("div");
  words.textContent = text;
  alert.setAttribute("role", "alert");
  alert.append(words, ...more);
  box.append(alert);
}

function button() {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = "Stay logged in";
  made.addEventListener("click", stay);
  return made;
}

async function stay() {
  const body = new URLSearchParams({token: box.dataset.token});
  const answer = await fetch("/stay", {method: "POST", body}).catch(() => null);
  if (!answer) return;  // it can be tried again
  if (!answer.ok || answer.redirected) { ends = 0; look(); return; }
  const {seconds, most} = await answer.json();
  know(seconds, most);
  tabs.postMessage({ends, last});
  look();
}

function look() {
  const left = (ends - Date.now()) / 1000;
  const clock = new Date(ends).toTimeString().slice(0, 5);
  if (left <= 0) {
    say("over", "Your login has ended. If you were making a request or entering an incident or a "
      + "complaint, send it now: it is kept for your next login. Copy anything else before you leave this page.");
  } else if (left > WARNED_S) {
    say("", "");
  } else if (last - ends > LOOK_MS) {
    say("soon", `Your login ends at ${clock}, and what is not sent yet may be lost.`, button());
  } else {
    say("last", `Your login ends at ${clock}, as it has lasted for eight hours. Send what you have filled in.`);
  }
}

know(Number(box.dataset.seconds), Number(box.dataset.most));
tabs.onmessage = ({data}) => { ({ends, last} = data); look(); };
tabs.postMessage({ends, last});
// The player asks for its sound, which puts the end off, too.
document.addEventListener("desk-answered", () => {
  const most = (last - Date.now()) / 1000;
  know(Math.min(Number(box.dataset.seconds), most), most);
});
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_MS);

}
