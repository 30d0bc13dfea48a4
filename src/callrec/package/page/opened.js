/* What is shown once it is open. All text is set as text, so that nothing in it is ever code. */

/** An element: its attributes, then what is in it, elements or text. */
function make(tag, attributes = {}, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

/** What is open: its files, and the addresses under which the browser holds them till it is locked. */
class Opened {
  constructor({ files, page }) {
    this.files = files;
    this.page = page;
    this.addresses = [];
  }

  address(blob) {
    const address = URL.createObjectURL(blob);
    this.addresses.push(address);
    return address;
  }

  addressOf(path, type = "application/octet-stream") {
    return this.address(new Blob([this.files.get(path)], { type }));
  }

  textOf(path) {
    return new TextDecoder().decode(this.files.get(path));
  }

  forget() {
    for (const address of this.addresses) URL.revokeObjectURL(address);
    this.addresses = [];
    this.files.clear();
  }
}

function clock(seconds) {
  const whole = Math.floor(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

/** The waveform with its playhead, a slider that goes where the player is. It lies between the
 *  drawing's upper edge and its axis, of which the places are in hundredths of a per cent. */
function waveform(opened, call, audio) {
  const { ms, svg, axis } = call.player;
  const seconds = ms / 1000;
  const slider = make("input", {
    type: "range", min: 0, max: seconds, step: seconds / 200, "aria-label": `Place in ${call.name}`,
  });
  const tell = () => {
    slider.value = audio.currentTime;
    slider.setAttribute("aria-valuetext", `${clock(audio.currentTime)} of ${clock(seconds)}`);
  };
  slider.addEventListener("input", () => { audio.currentTime = slider.valueAsNumber; });
  for (const event of ["timeupdate", "seeked"]) audio.addEventListener(event, tell);
  tell();
  slider.style.left = `${axis.left / 100}%`;
  slider.style.width = `${100 - axis.left / 100}%`;
  slider.style.height = `${axis.top / 100}%`;
  const picture = opened.address(new Blob([svg], { type: "image/svg+xml" }));
  const image = make("img", { src: picture, alt: `How loud ${call.name} is, from its beginning to its end` });
  return make("div", { class: "wave" }, image, slider);
}

function player(opened, call) {
  const { path, type, svg } = call.player;
  const audio = make("audio", {
    controls: "", preload: "metadata", src: opened.addressOf(path, type), "aria-label": call.name,
  });
  const cannot = make("p", { class: "complaint", role: "alert" });
  audio.addEventListener("error", () => {
    cannot.textContent = "It cannot be played here: this browser does not know the kind of sound, or the "
      + "computer has no loudspeaker. Save the call, and play it elsewhere.";
  });
  return [...(svg ? [waveform(opened, call, audio)] : []), audio, cannot];
}

function saving(opened, { path, words }) {
  const file = path.split("/").pop();
  return make("li", {}, make("a", { href: opened.addressOf(path), download: file }, words));
}

function facts(rows) {
  const shown = rows.map(([term, lines, exact]) => {
    const text = lines.map((line) => make("p", exact ? { class: "exact", translate: "no" } : {}, line));
    return make("div", {}, make("dt", {}, term), make("dd", {}, ...text));
  });
  return make("dl", {}, ...shown);
}

function callCard(opened, call) {
  return make(
    "article", { class: "card" },
    make("h3", {}, call.heading),
    ...(call.player ? player(opened, call) : []),
    ...call.notes.map((note) => make("p", {}, note)),
    ...(call.edits.length ? [make("ul", {}, ...call.edits.map((edit) => make("li", {}, edit)))] : []),
    make("p", {}, call.about),
    make("ul", { class: "saves screen" }, ...call.files.map((file) => saving(opened, file))),
  );
}

function certificate(opened, { sections, pdf, proves }) {
  const parts = sections.map(({ heading, notes, lists }) => make(
    "div", {},
    make("h3", {}, heading),
    ...notes.map((note) => make("p", {}, note)),
    ...lists.flatMap(({ name, rows }) => [...(name ? [make("h4", {}, name)] : []), facts(rows)]),
  ));
  return make(
    "section", { "aria-labelledby": "certificate" },
    make("h2", { id: "certificate" }, "Certificate"),
    make("p", {}, proves),
    make("ul", { class: "saves screen" }, saving(opened, pdf)),
    make("div", { class: "card" }, ...parts),
  );
}

/** A paragraph of a text that was wrapped for paper: here its lines are as long as there is room,
 *  but for those that are set in or begin with a dash. What stands in capitals is a heading. */
function paragraph(text) {
  if (/^[ -]/m.test(text)) return make("pre", {}, text.replace(/^ {4}/gm, ""));
  if (/[a-z]/.test(text)) return make("p", {}, text.replaceAll("\n", " "));
  return make("h3", {}, text);
}

function texts(opened) {
  const shown = opened.page.texts.map(({ path, words }) => {
    const paragraphs = opened.textOf(path).trimEnd().split("\n\n").map(paragraph);
    return make("details", {}, make("summary", {}, words), make("div", { class: "card" }, ...paragraphs));
  });
  return make(
    "section", { class: "screen", "aria-labelledby": "texts" },
    make("h2", { id: "texts" }, "What comes with the recordings"), ...shown,
  );
}

function saveAll(opened) {
  const { zip } = opened.page;
  const button = make("button", { type: "button" }, "Save everything as one file");
  const done = make("p", { role: "status" });
  button.addEventListener("click", () => {
    make("a", { href: opened.address(zipOf(opened.files)), download: zip }).click();
    done.textContent = `Saved as ${zip}, where your browser keeps what it downloads.`;
  });
  const each = make(
    "details", {}, make("summary", {}, "Save single files"),
    make("ul", { class: "saves" }, ...[...opened.files.keys()].map((path) => saving(opened, { path, words: path }))),
  );
  return make(
    "section", { class: "screen", "aria-labelledby": "keep" },
    make("h2", { id: "keep" }, "Save what is in here"),
    make("p", {}, "The recordings, the certificate and what is needed to check them go into one zip file, "
      + "which every computer opens. Saved files are no longer locked: keep them where nobody else can "
      + "get at them."),
    make("p", {}, button), done, each,
  );
}

/** All that is shown of what was opened; `lock` is called when the reader locks it again. */
function shown(opened, lock) {
  const { page } = opened;
  const button = make("button", { type: "button", id: "lock" }, "Lock again");
  button.addEventListener("click", lock);
  const heading = make("h2", { id: "calls", tabindex: -1 }, page.calls.length === 1 ? "1 call" : `${page.calls.length} calls`);
  return [
    make("div", { class: "top" }, heading, button),
    ...page.calls.map((call) => callCard(opened, call)),
    saveAll(opened),
    texts(opened),
    certificate(opened, page.certificate),
  ];
}
