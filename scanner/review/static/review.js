// One mark after the other: the next ones are fetched ahead, decisions are sent behind.

import { Needle, typed } from "./needle.js";
import { Outbox, ask } from "./outbox.js";
import { speaker } from "./talk.js";

const AHEAD = 6; // marks that should be ready
const RETRY_MS = 2000;
const stage = document.getElementById("stage");
const talk = document.getElementById("talk");
const words = stage.dataset;
const say = speaker(talk, words.close);
const ahead = [];
const skipped = [];
const past = [];
let current = null;
let loading = null;
let cursor = words.cursor;
let exhausted = false;
let undoing = false;
let turn = 0;
let lost = 0; // decisions that this page could not have saved

document.documentElement.classList.add("js");

const outbox = new Outbox({
  done: () => tally(0, +1),
  waiting,
  changed: (entry, data) => report(entry, words.changed, data.html),
  refused: (entry, data) => report(entry, data.error ?? words.failed, null),
  stuck: (number) => say("stuck", number ? words.stuck.replace("{}", number) : null, "warn"),
  "signed-out": (number) => signedOut((lost += number)),
  stale: (number) => stale((lost += number)),
});

function signedOut(number) {
  say("out", words.signedOut.replace("{}", number), "bad", [words.signIn, words.signInPath]);
}

/** The page itself is too old, its forms are no longer taken. */
function stale(number) {
  say("out", words.stale.replace("{}", number), "bad", [words.reload, words.home]);
}

/** A card from the server's HTML; its pictures are fetched and decoded at once. */
function made(html) {
  const box = document.createElement("div");
  box.innerHTML = html;
  return prepared(box.firstElementChild);
}

function prepared(card) {
  for (const image of card.querySelectorAll(".crop img")) image.decode().catch(() => {});
  const needle = card.querySelector("form.verdict") ? new Needle(card, words) : null;
  return { card, key: card.dataset.key, needle };
}

/** Fetch marks where few are left; resolves with what came of it. */
function fill() {
  if (exhausted || ahead.length >= AHEAD) return Promise.resolve("done");
  loading ??= load().finally(() => (loading = null));
  return loading;
}

async function load() {
  const answer = await ask(`${words.ahead}?after=${cursor}`);
  if (answer.kind === "signed-out") signedOut(lost + outbox.keys.length);
  if (answer.kind !== "done") return answer.kind;
  const known = new Set([current, ...ahead, ...skipped].map((mark) => mark?.key).concat(outbox.keys));
  for (const html of answer.data.marks) {
    const mark = made(html);
    if (!known.has(mark.key)) ahead.push(mark);
  }
  exhausted = answer.data.cursor === null;
  cursor = answer.data.cursor ?? cursor;
  return "done";
}

function show(mark) {
  current = mark;
  stage.removeAttribute("aria-busy");
  stage.replaceChildren(mark.card);
  if (!mark.needle) mark.card.tabIndex = -1;
  (mark.needle?.place ?? mark.card).focus({ preventScroll: true });
}

/** On to the next mark. Who was called last shows it; and nobody, when an undo has brought one back. */
async function next() {
  current = null;
  const mine = ++turn;
  const overtaken = () => mine !== turn || current;
  if (!ahead.length && !exhausted) {
    stage.setAttribute("aria-busy", "true");
    const came = await fill();
    if (overtaken() || came === "signed-out") return;
    if (came !== "done") {
      say("fetch", words.fetching, "warn");
      setTimeout(() => overtaken() || next(), RETRY_MS);
      return;
    }
    stage.removeAttribute("aria-busy");
    say("fetch", null);
  }
  if (!ahead.length && exhausted) ahead.push(...skipped.splice(0));
  if (ahead.length) {
    show(ahead.shift());
    fill();
    return;
  }
  await outbox.idle();
  // Not while something is still to be settled here, such as a mark that changed meanwhile.
  if (!overtaken() && !undoing && !talk.querySelector(".said")) nothingLeft();
}

/** The page stays: whoever presses the next key, or closes the window, is not between two pages then. */
function nothingLeft() {
  stage.removeAttribute("aria-busy");
  stage.replaceChildren(document.getElementById("nothing-left").content.cloneNode(true));
  stage.querySelector("h1").focus({ preventScroll: true });
}

function decide(verdict, mm) {
  const form = new URLSearchParams(new FormData(current.card.querySelector("form.verdict")));
  form.set("verdict", verdict);
  form.set("reading", current.needle.reading ?? form.get("reading"));
  if (mm !== undefined) form.set("place", (mm / 10).toFixed(4));
  send(form);
}

function send(form) {
  const entry = { mark: current, key: current.key, action: current.card.dataset.action, form };
  past.push(entry);
  outbox.add(entry);
  tally(-1, 0);
  next();
}

/** Take what is shown: the place of the needle, or that the line is blank where that is proposed. */
function accept() {
  const { needle, card } = current;
  if (needle.mm !== null) decide(needle.moved ? "place" : "accept", needle.moved ? needle.mm : undefined);
  else if (card.querySelector("[data-do=blank].main")) decide("blank");
  else say("hint", words.placeFirst, "warn");
}

function skip() {
  if (!ahead.length && exhausted && !skipped.length) return say("hint", words.lastMark, "warn");
  skipped.push(current);
  next();
}

/** Leave what somebody else decided. */
function keep() {
  next();
}

async function undo() {
  if (undoing || !words.undo) return;
  undoing = true;
  const entry = past.pop();
  if (entry && outbox.recall(entry)) {
    entry.mark.needle.reset();
    back(entry.mark, 0);
  } else {
    await outbox.idle();
    const token = new URLSearchParams({ csrf_token: words.token });
    const answer = await ask(words.undo, token);
    if (answer.kind === "done") {
      forget(answer.data.key);
      back(made(answer.data.html), -1);
    } else troubled("undo", answer);
  }
  undoing = false;
  if (!current) next();
}

/** Why something that was asked for has not come. */
function troubled(topic, { kind, data }) {
  if (kind === "signed-out") signedOut(lost + outbox.keys.length);
  else if (kind === "stale") stale(lost + outbox.keys.length);
  else say(topic, data?.error ?? words.away, "warn");
}

/** Show a mark once more, with what it pushes aside right behind it. */
function back(mark, done) {
  if (current) ahead.unshift(current);
  tally(+1, done);
  show(mark);
}

function forget(key) {
  for (const list of [ahead, skipped]) {
    const at = list.findIndex((mark) => mark.key === key);
    if (at >= 0) list.splice(at, 1);
  }
}

function report(entry, message, html) {
  tally(+1, 0);
  const title = entry.mark.card.querySelector(".title").textContent;
  const look = () => {
    if (current) ahead.unshift(current);
    forget(entry.key);
    show(html ? made(html) : entry.mark);
  };
  say(entry.key, message.replace("{}", title), "bad", [words.look, look]);
}

const bar = document.querySelector(".progress progress");
const saving = document.querySelector(".progress .saving");
const numbers = { left: document.querySelector("[data-left]"), done: document.querySelector("[data-done]") };

/** What is left changes at once, what is done when the record has it. */
function tally(left, done) {
  const now = (number, more) => Math.max(0, Number(number.textContent) + more);
  numbers.left.textContent = now(numbers.left, left);
  numbers.done.textContent = now(numbers.done, done);
  bar.max = Math.max(1, now(numbers.left, 0) + now(numbers.done, 0));
  bar.value = now(numbers.done, 0);
}

/** How many decisions are on their way. */
function waiting(number) {
  document.body.dataset.unsent = number;
  saving.textContent = number ? words.saving.replace("{}", number) : "";
}

async function wholePage() {
  const dialog = document.getElementById("whole-page");
  if (dialog.open) return dialog.close();
  const link = current.card.querySelector("[data-do=page]");
  if (!link) return;
  const answer = await ask(link.href);
  if (answer.kind !== "done") return troubled("page", answer);
  dialog.querySelector("[data-body]").innerHTML = answer.data.html;
  dialog.showModal();
}

const letters = document.getElementById("letters");
letters.checked = localStorage.getItem("jana-letters") !== "off";
letters.addEventListener("change", () => localStorage.setItem("jana-letters", letters.checked ? "on" : "off"));

const help = () => document.getElementById("help").showModal();
const KEYS = {
  b: () => decide("blank"),
  i: () => decide("illegible"),
  r: () => decide("refused"),
  u: undo,
  s: skip,
  p: wholePage,
  "?": help,
};
const STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 };

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  const { target } = event;
  const open = document.querySelector("dialog[open]");
  if (open) {
    if (event.key.toLowerCase() === "p" && open.id === "whole-page") open.close();
    return;
  }
  if (target.matches("input, select, textarea")) return;
  if (event.key.toLowerCase() === "u" && letters.checked) return handled(event, undo);
  if (!current?.needle) return;
  const atLine = target === document.body || target === current.needle.place || target.id === "content";
  if (event.key in STEPS && atLine) {
    return handled(event, () => current.needle.step(STEPS[event.key] * (event.shiftKey ? 0.1 : 1)));
  }
  if ((event.key === "Home" || event.key === "End") && target === current.needle.place) {
    return handled(event, () => current.needle.set(event.key === "Home" ? 0 : 100));
  }
  if (event.key === "Enter" && atLine && !event.repeat) return handled(event, accept);
  if (event.repeat || !letters.checked) return;
  const chosen = current.card.querySelectorAll(".choices button")[Number(event.key) - 1];
  if (chosen) return handled(event, () => (chosen.dataset.place ? current.needle.choose(chosen) : chosen.click()));
  const act = KEYS[event.key.toLowerCase()];
  if (act) handled(event, act);
}

function handled(event, act) {
  event.preventDefault();
  act();
}

document.addEventListener("keydown", key);
// The second half of a double click would decide the next mark, which nobody has seen yet.
stage.addEventListener(
  "click",
  (event) => {
    if (event.detail > 1 && event.target.closest("button")) handled(event, () => event.stopPropagation());
  },
  true,
);
stage.addEventListener("submit", (event) => {
  const verdict = event.submitter?.value;
  if (event.target.matches(".again")) {
    event.preventDefault();
    send(new URLSearchParams(new FormData(event.target)));
    return;
  }
  if (!current?.needle || !event.target.matches(".verdict")) return;
  event.preventDefault();
  if (verdict === "accept") accept();
  else if (verdict === "place") {
    const mm = typed(current.needle.input.value);
    if (mm === null) say("hint", words.placeFirst, "warn");
    else decide("place", mm);
  } else decide(verdict);
});
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-do]")?.dataset.do;
  const act = { undo, help, skip, keep, page: wholePage }[asked];
  if (act) handled(event, act);
  if (event.target.closest("button[data-close]")) event.target.closest("dialog").close();
});

for (const hidden of document.querySelectorAll("[data-do=help]")) hidden.hidden = false;
const first = stage.querySelector(".panel.mark");
if (first) {
  show(prepared(first));
  for (const card of document.getElementById("behind")?.content.children ?? []) {
    ahead.push(prepared(document.importNode(card, true)));
  }
  fill();
}
