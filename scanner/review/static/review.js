// One mark after the other: the next ones are fetched ahead, decisions are sent behind.

import { Needle, typed } from "./needle.js";
import { Outbox, ask } from "./outbox.js";

const AHEAD = 6; // marks that should be ready
const RETRY_MS = 2000;
const stage = document.getElementById("stage");
const talk = document.getElementById("talk");
const words = stage.dataset;
const ahead = [];
const skipped = [];
const past = [];
let current = null;
let loading = null;
let cursor = words.cursor;
let exhausted = false;
let undoing = false;

document.documentElement.classList.add("js");

const outbox = new Outbox({
  done: (entry, data) => count(data),
  waiting: (number) => (document.body.dataset.unsent = number),
  changed: (entry, data) => report(entry, words.changed, data.html),
  refused: (entry, data) => report(entry, data.error ?? words.failed, null),
  stuck: (number) => say("stuck", number ? words.stuck.replace("{}", number) : null, "warn"),
  "signed-out": signedOut,
});

function signedOut(lost) {
  say("out", words.signedOut.replace("{}", lost), "bad", [words.signIn, words.signInPath]);
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
  if (answer.kind === "signed-out") signedOut(outbox.keys.length);
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
  stage.replaceChildren(mark.card);
  if (!mark.needle) mark.card.tabIndex = -1;
  (mark.needle?.place ?? mark.card).focus({ preventScroll: true });
}

async function next() {
  current = null;
  if (!ahead.length && !exhausted) {
    stage.setAttribute("aria-busy", "true");
    const came = await fill();
    if (came === "signed-out") return;
    if (came !== "done") {
      say("fetch", words.fetching, "warn");
      setTimeout(next, RETRY_MS);
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
  // What is still to be settled here, such as a mark that changed meanwhile, would be gone with the page.
  if (!talk.querySelector(".said")) location.assign(words.home);
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
  tally(-1);
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
    back(entry.mark);
  } else {
    await outbox.idle();
    const token = new URLSearchParams({ csrf_token: words.token });
    const answer = await ask(words.undo, token);
    if (answer.kind === "done") {
      forget(answer.data.key);
      back(made(answer.data.html));
    } else say("undo", answer.data?.error ?? words.failed, "warn");
  }
  undoing = false;
}

/** Show a mark once more, with what it pushes aside right behind it. */
function back(mark) {
  if (current) ahead.unshift(current);
  tally(+1);
  show(mark);
}

function forget(key) {
  for (const list of [ahead, skipped]) {
    const at = list.findIndex((mark) => mark.key === key);
    if (at >= 0) list.splice(at, 1);
  }
}

function report(entry, message, html) {
  tally(+1);
  const title = entry.mark.card.querySelector(".title").textContent;
  const look = () => {
    if (current) ahead.unshift(current);
    forget(entry.key);
    show(html ? made(html) : entry.mark);
  };
  say(entry.key, message.replace("{}", title), "bad", [words.look, look]);
}

/** A message that stays until it is settled or closed; an empty one takes it away. */
function say(topic, message, kind, action) {
  talk.querySelector(`[data-topic="${CSS.escape(topic)}"]`)?.remove();
  if (!message) return;
  const notice = document.createElement("div");
  notice.className = `said ${kind}`;
  notice.dataset.topic = topic;
  const text = document.createElement("span");
  text.textContent = message;
  notice.append(text);
  if (action && typeof action[1] === "string") {
    const link = document.createElement("a");
    [link.textContent, link.href] = action;
    notice.append(link);
  } else {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button";
    button.textContent = action ? action[0] : words.close;
    button.addEventListener("click", () => {
      notice.remove();
      action?.[1]();
    });
    notice.append(button);
  }
  talk.append(notice);
}

const bar = document.querySelector(".progress progress");
const numbers = { left: document.querySelector("[data-left]"), done: document.querySelector("[data-done]") };

function tally(back) {
  count({ left: Number(numbers.left.textContent) + back, done: Number(numbers.done.textContent) - back });
}

function count({ left, done }) {
  if (left === undefined) return;
  numbers.left.textContent = Math.max(0, left);
  numbers.done.textContent = Math.max(0, done);
  bar.max = Math.max(1, left + done);
  bar.value = done;
}

async function wholePage() {
  const dialog = document.getElementById("whole-page");
  if (dialog.open) return dialog.close();
  const link = current.card.querySelector("[data-do=page]");
  if (!link) return;
  const answer = await ask(link.href);
  if (answer.kind !== "done") return say("page", answer.data?.error ?? words.failed, "warn");
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
