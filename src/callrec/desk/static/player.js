"use strict";
// Plays one recording: fetches it a piece at a time, keeps what is near in memory and nothing else,
// and tells the desk which seconds it played. Times are of the original, as everywhere in callrec.

const TELL_MS = 5000, TICK_MS = 100, AHEAD_S = 1.2, KEPT_PIECES = 8;
const QUIET = 0.012, QUIET_FROM_S = 1.2, QUIET_LEFT_S = 0.25, LEAD_S = 1;
const box = document.getElementById("player");
const at = name => document.getElementById(name);
const [drawn, place, clock, state, said, wrong] =
  ["drawn", "place", "clock", "state", "said", "wrong"].map(at);

let call = null;          // what the desk says of the recording
let context = null;       // where it sounds
let pieces = new Map();   // number -> {sound, quiet}, those near the place alone
let asked = new Map();    // number -> being fetched
let here = 0;             // where it is while nothing plays
let line = [];            // what is scheduled: {from, to, start, speed, source}
let playing = false, over = false;
let played = [];          // [from, to] since the last word
let marks = [];           // {kind, from, to, ground, side}
let drag = null;

// --- times, as people type them -----------------------------------------------------------------

function typed(text) {
  const found = /^\s*(?:(?:(\d{1,3}):)?(\d{1,4}):)?(\d{1,6}(?:\.\d{1,3})?)\s*$/.exec(text);
  return found ? (Number(found[1] || 0) * 60 + Number(found[2] || 0)) * 60 + Number(found[3]) : NaN;
}

function time(seconds, exact) {
  const tenths = exact ? Math.round(seconds * 10) : Math.floor(seconds) * 10;
  const whole = Math.floor(tenths / 10), part = tenths % 10 ? `.${tenths % 10}` : "";
  const two = number => String(number).padStart(2, "0");
  const hours = Math.floor(whole / 3600), minutes = Math.floor(whole / 60) % 60;
  const start = hours ? `${hours}:${two(minutes)}` : String(minutes);
  return `${start}:${two(whole % 60)}${part}`;
}

const isOf = (mark, channel) => call.channels.length < 2 || !mark.side || ["both", ["left", "right"][channel]].includes(mark.side);
const within = seconds => Math.min(Math.max(seconds, call.begins), call.ends);

// --- the desk -----------------------------------------------------------------------------------

function word(what, more) {
  const spans = played.filter(([from, to]) => to - from > 0.01);
  const form = new URLSearchParams({
    token: box.dataset.token, do: what, at: copy(position()).toFixed(3), speed: at("speed").value,
    playing: playing ? "yes" : "no", ...more,
  });
  for (const [from, to] of spans) form.append("played", `${copy(from).toFixed(3)}-${copy(to).toFixed(3)}`);
  played = [];
  return form;
}

const copy = seconds => Math.max(0, seconds - call.begins);

async function tell(what, more) {
  const untold = played, body = word(what, more);
  const answer = await fetch(`${box.dataset.base}/sound`, {method: "POST", body}).catch(() => {
    played = untold.concat(played);
    throw new Error("The desk cannot be reached. Play again once it can: what you played is told then.");
  });
  if (answer.redirected) location.assign(answer.url);
  document.dispatchEvent(new Event("desk-answered"));
  if (!answer.ok) {
    const {error, hint} = await answer.json();
    throw new Error(`${error}. ${hint}`);
  }
  return answer;
}

function leave() {
  if (over || !call) return;
  pause();
  over = true;
  navigator.sendBeacon(`${box.dataset.base}/sound`, word("end"));
}

function fail(error) {
  pause();
  wrong.textContent = error.message;
}

// --- its sound ----------------------------------------------------------------------------------

const number = seconds => Math.floor(copy(seconds) / call.piece);

function need(wanted) {
  if (wanted * call.piece >= call.ends - call.begins || pieces.has(wanted) || asked.has(wanted)) return;
  asked.set(wanted, true);
  tell("piece", {number: wanted}).then(answer => answer.arrayBuffer()).then(bytes => {
    pieces.set(wanted, read(bytes));
    const near = number(position());
    for (const each of pieces.keys()) {
      if (pieces.size > KEPT_PIECES && Math.abs(each - near) > 2) pieces.delete(each);
    }
  }).catch(error => {
    // What was asked for before they went elsewhere is not needed any more.
    if (playing && number(position()) === wanted) fail(error);
  }).finally(() => asked.delete(wanted));
}

function read(bytes) {
  const values = new Int16Array(bytes, 0, bytes.byteLength >> 1), count = call.channels.length;
  const frames = Math.floor(values.length / count), sound = [];
  for (let channel = 0; channel < count; channel++) {
    const row = new Float32Array(frames);
    for (let frame = 0; frame < frames; frame++) row[frame] = values[frame * count + channel] / 32768;
    sound.push(row);
  }
  return {sound, frames, quiet: quiet(sound, frames)};
}

function quiet(sound, frames) {
  // Where nobody speaks: [from, to] in seconds of the piece.
  const step = Math.floor(call.rate / 20), found = [];
  let began = -1;
  for (let frame = 0; frame <= frames; frame += step) {
    const end = Math.min(frame + step, frames);
    let loud = frame >= frames;
    for (let each = frame; each < end && !loud; each++) loud = sound.some(row => Math.abs(row[each]) > QUIET);
    if (!loud && began < 0) began = frame;
    if (loud && began >= 0) {
      if (frame - began > QUIET_FROM_S * call.rate) found.push([began / call.rate, Math.min(frame, frames) / call.rate]);
      began = -1;
    }
  }
  return found;
}

function position() {
  if (!call || !line.length) return here;
  const now = context.currentTime;
  const current = line.filter(each => each.start <= now).pop() || line[0];
  return Math.min(current.to, current.from + Math.max(0, now - current.start) * current.speed);
}

function note() {
  // What was played up to now is to be told; what is over is let go of.
  if (!context) return;
  const now = context.currentTime;
  for (const each of line) {
    const until = Math.min(each.to, each.from + Math.max(0, now - each.start) * each.speed);
    if (until <= each.told) continue;
    const last = played[played.length - 1];
    if (last && Math.abs(last[1] - each.told) < 0.001) last[1] = until;
    else played.push([each.told, until]);
    each.told = until;
  }
  while (line.length > 1 && line[1].start <= now) line.shift();
}

function schedule() {
  while (playing) {
    const last = line[line.length - 1], speed = Number(at("speed").value);
    const now = context.currentTime;
    const start = last ? last.start + (last.to - last.from) / last.speed : now + 0.02;
    if (start > now + AHEAD_S) return;
    const from = next(last ? last.to : here);
    const [first, end] = range();
    if (from < first - 0.001) { here = first; line = []; continue; }
    if (from >= end - 0.01) {
      if (start <= now) { here = end; stop(); }
      return;
    }
    const wanted = number(from), piece = pieces.get(wanted);
    need(wanted);
    if (!piece) {
      if (start <= now) { here = from; line = []; }
      return;
    }
    if (piece.frames / call.rate > call.piece / 2) need(wanted + 1);
    const begins = call.begins + wanted * call.piece, offset = from - begins;
    const to = Math.min(from + 0.5, begins + piece.frames / call.rate, end);
    if (to - from < 0.001) { here = begins + call.piece; line = []; continue; }
    line.push({from, to, told: from, speed, start: Math.max(start, now), source: sound(piece, offset, to - from, from, Math.max(start, now), speed)});
  }
}

function next(seconds) {
  if (!at("skip").checked) return seconds;
  const wanted = number(seconds), piece = pieces.get(wanted);
  if (!piece) return seconds;
  const begins = call.begins + wanted * call.piece, offset = seconds - begins;
  const gap = piece.quiet.find(([from, to]) => from + QUIET_LEFT_S <= offset + 0.01 && offset < to - QUIET_LEFT_S);
  return gap ? begins + gap[1] - QUIET_LEFT_S : seconds;
}

function range() {
  const clip = at("apart").checked && marks.find(each => each.kind === "clip");
  return clip ? [within(clip.from), within(clip.to)] : [call.begins, call.ends];
}

function sound(piece, offset, length, from, start, speed) {
  const first = Math.round(offset * call.rate), frames = Math.max(1, Math.round(length * call.rate));
  const rows = piece.sound.map(row => row.slice(first, first + frames));
  if (at("apart").checked) silence(rows, from);
  const count = rows[0].length || 1;
  const buffer = context.createBuffer(rows.length, count, call.rate);
  rows.forEach((row, channel) => buffer.copyToChannel(row, channel));
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.playbackRate.value = speed;
  source.connect(context.destination);
  source.start(start);
  return source;
}

function silence(rows, from) {
  for (const each of marks.filter(mark => mark.kind === "silence")) {
    const low = Math.max(0, Math.floor((each.from - from) * call.rate));
    const high = Math.min(rows[0].length, Math.ceil((each.to - from) * call.rate));
    if (low < high) rows.forEach((row, channel) => { if (isOf(each, channel)) row.fill(0, low, high); });
  }
}

// --- what people do -----------------------------------------------------------------------------

function play() {
  if (over || playing || !call) return;
  wrong.textContent = "";
  context = context || new AudioContext();
  context.resume();
  const [first, end] = range();
  if (here >= end - 0.1 || here < first) here = first;
  playing = true;
  show();
  schedule();
}

function halt() {
  // What sounds stops at once; where it was is where it goes on.
  note();
  here = position();
  for (const each of line) each.source.stop();
  line = [];
}

function pause() {
  if (!playing) return;
  halt();
  stop();
}

function stop() {
  note();
  playing = false;
  line = [];
  show();
  if (!over) tell("word").catch(fail);
}

function go(seconds) {
  if (!call) return;
  const was = playing;
  halt();
  here = within(seconds);
  show();
  if (was) schedule();
}

function again() {
  // Another speed, or other marks: from here on.
  if (playing) { halt(); schedule(); }
  draw();
}

function mark(name, seconds) {
  at(name).value = time(within(seconds), true);
  draw();
}

function add() {
  const kind = at("what").value, from = typed(at("from").value), to = typed(at("until").value);
  if (!(from < to) || to > call.seconds + 0.1) {
    wrong.textContent = "Give the times from where to where, such as 1:30 and 1:45.";
    at("from").focus();
    return;
  }
  wrong.textContent = "";
  if (kind === "clip") marks = marks.filter(each => each.kind !== "clip");
  const side = at("side") ? at("side").value : "";
  marks.push({kind, from, to: Math.min(to, call.seconds), ground: at("ground").value, side});
  list();
  again();
}

function list() {
  at("marks").replaceChildren(...marks.map(each => {
    const span = `${time(each.from, true)}-${time(each.to, true)}`;
    const item = document.createElement("li"), hidden = document.createElement("input");
    const remove = document.createElement("button");
    const side = each.side ? `/${each.side}` : "";
    hidden.type = "hidden";
    hidden.name = each.kind;
    hidden.value = `${box.dataset.number}@${span}${each.kind === "clip" ? "" : `=${each.ground}${side}`}`;
    remove.type = "button";
    remove.className = "quiet";
    remove.textContent = `Remove ${span}`;
    remove.addEventListener("click", () => {
      marks = marks.filter(other => other !== each);
      list();
      again();
      at("add").focus();
    });
    const words = each.kind === "clip" ? `Keep ${span} alone ` : `Silence ${span}, ${each.ground}${each.side ? `, ${each.side}` : ""} `;
    item.append(words, hidden, remove);
    return item;
  }));
}

// --- what is seen -------------------------------------------------------------------------------

function show() {
  const now = position();
  at("play").textContent = playing ? "Pause" : "Play";
  // A machine without a loudspeaker plays nothing, and its clock stands still.
  const sounds = line.length && context.state === "running";
  state.textContent = over ? "over" : !playing ? "paused" : sounds ? "playing" : "loading";
  clock.textContent = time(now);
  place.value = now;
  place.setAttribute("aria-valuetext", `${time(now)} of ${time(call ? call.seconds : 0)}`);
  draw();
}

function draw() {
  if (!call) return;
  const style = getComputedStyle(document.documentElement), colour = name => style.getPropertyValue(name).trim();
  const wide = drawn.clientWidth, high = drawn.clientHeight, scale = devicePixelRatio || 1;
  drawn.width = wide * scale;
  drawn.height = high * scale;
  const pen = drawn.getContext("2d"), x = seconds => seconds / call.seconds * wide;
  pen.scale(scale, scale);
  const lane = (high - 20) / call.channels.length;
  call.channels.forEach((channel, row) => {
    const middle = lane * (row + 0.5), each = wide / channel.heights.length;
    pen.fillStyle = colour("--link");
    channel.heights.forEach((height, column) => {
      const half = Math.max(0.5, height * (lane / 2 - 4));
      pen.fillRect(column * each, middle - half, Math.max(1, each * 0.8), half * 2);
    });
    if (!channel.name) return;
    pen.font = "14px system-ui, sans-serif";
    pen.fillStyle = colour("--ground");
    pen.fillRect(0, lane * row, pen.measureText(channel.name).width + 8, 19);
    pen.fillStyle = colour("--ink");
    pen.fillText(channel.name, 4, lane * row + 15);
  });
  hatch(pen, call.silences.map(each => ({...each, kind: "silence"})), x, lane, colour("--soft"));
  hatch(pen, marks, x, lane, colour("--bad"));
  pen.fillStyle = colour("--ground");
  pen.globalAlpha = 0.7;
  pen.fillRect(0, 0, x(call.begins), high - 20);
  pen.fillRect(x(call.ends), 0, wide - x(call.ends), high - 20);
  pen.globalAlpha = 1;
  const [first, last] = drag || [typed(at("from").value), typed(at("until").value)];
  if (first < last) {
    pen.strokeStyle = colour("--ink");
    pen.lineWidth = 2;
    pen.strokeRect(x(first), 1, x(last) - x(first), high - 22);
  }
  pen.fillStyle = colour("--bad");
  pen.fillRect(x(position()) - 1, 0, 3, high - 20);
  axis(pen, x, wide, high, colour("--ink"));
}

function hatch(pen, spans, x, lane, colour) {
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (const each of spans) {
    const rows = call.channels.map((_, row) => row).filter(row => isOf(each, row));
    const [low, high] = [x(each.from), x(each.to)];
    for (const row of rows) {
      pen.save();
      pen.beginPath();
      pen.rect(low, lane * row, Math.max(2, high - low), lane);
      pen.clip();
      if (each.kind === "clip") pen.strokeRect(low, lane * row, high - low, lane);
      else for (let line = low - lane; line < high; line += 8) {
        pen.beginPath();
        pen.moveTo(line, lane * (row + 1));
        pen.lineTo(line + lane, lane * row);
        pen.stroke();
      }
      pen.restore();
    }
  }
}

function axis(pen, x, wide, high, colour) {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200];
  const step = steps.find(each => x(each) > 60) || 14400;
  pen.fillStyle = colour;
  pen.font = "14px system-ui, sans-serif";
  for (let tick = 0; tick <= call.seconds; tick += step) {
    const text = time(tick);
    pen.fillRect(x(tick), high - 20, 1, 4);
    if (x(tick) + pen.measureText(text).width <= wide) pen.fillText(text, x(tick), high - 3);
  }
}

function seconds(event) {
  const frame = drawn.getBoundingClientRect();
  return within((event.clientX - frame.left) / frame.width * call.seconds);
}

// --- keys, buttons, the pointer -----------------------------------------------------------------

const KEYS = {
  ArrowLeft: () => go(position() - 5), ArrowRight: () => go(position() + 5),
  ArrowDown: () => go(position() - 30), ArrowUp: () => go(position() + 30),
  m: () => at("from").value && !at("until").value ? mark("until", position()) : begin(),
  s: () => { said.textContent = `${time(position())} of ${time(call.seconds)}`; },
};

function begin() {
  mark("from", position() - LEAD_S);  // a key comes after what was heard
  at("until").value = "";
}

function connect() {
  const on = (name, does) => at(name).addEventListener("click", does);
  on("play", () => playing ? pause() : play());
  on("back", KEYS.ArrowLeft);
  on("on", KEYS.ArrowRight);
  on("say", KEYS.s);
  on("go", () => {
    const wanted = typed(at("goto").value);
    wrong.textContent = Number.isNaN(wanted) ? "Type a time, such as 1:30." : "";
    if (!Number.isNaN(wanted)) go(wanted);
  });
  on("mark-begin", begin);
  on("mark-end", () => mark("until", position()));
  on("add", add);
  for (const name of ["speed", "skip", "apart"]) at(name).addEventListener("change", again);
  for (const name of ["from", "until"]) at(name).addEventListener("input", draw);
  at("what").addEventListener("change", () => {
    for (const name of ["why-field", "side-field"]) if (at(name)) at(name).hidden = at("what").value === "clip";
  });
  at("goto").addEventListener("keydown", event => {
    if (event.key === "Enter") at("go").click();
  });
  place.addEventListener("input", () => go(Number(place.value)));
  box.addEventListener("keydown", event => {
    const kind = event.target.tagName, isField = kind === "SELECT" || (kind === "INPUT" && event.target !== place && event.target.type !== "checkbox");
    if (isField || event.ctrlKey || event.altKey || event.metaKey) return;
    const does = event.key === " " && (kind === "DIV" || event.target === place) ? () => playing ? pause() : play() : KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!does) return;
    event.preventDefault();
    does();
  });
  drawn.addEventListener("pointerdown", event => {
    drawn.setPointerCapture(event.pointerId);
    drag = [seconds(event), seconds(event)];
  });
  drawn.addEventListener("pointermove", event => {
    if (drag) { drag[1] = seconds(event); draw(); }
  });
  drawn.addEventListener("pointerup", () => {
    const [first, last] = drag.slice().sort((one, other) => one - other);
    drag = null;
    if (last - first < call.seconds / 200) go(first);
    else { mark("from", first); mark("until", last); }
  });
  drawn.addEventListener("pointercancel", () => { drag = null; draw(); });
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  addEventListener("pagehide", leave);
  for (const form of document.forms) form.addEventListener("submit", leave);
  setInterval(() => {
    if (!playing) return;
    note();
    schedule();
    show();
  }, TICK_MS);
  setInterval(() => { if (playing) { note(); tell("word").catch(fail); } }, TELL_MS);
}

async function start() {
  at("play").disabled = true;  // until there is something to play
  const form = new URLSearchParams({token: box.dataset.token, do: "waveform"});
  const answer = await fetch(`${box.dataset.base}/sound`, {method: "POST", body: form});
  if (!answer.ok) { wrong.textContent = "This hearing is over. Open the page again to listen."; return; }
  call = await answer.json();
  here = call.begins;
  place.max = call.seconds;
  at("length").textContent = time(call.seconds);
  connect();
  show();
  at("play").disabled = false;
  at("play").focus();
}

start();
