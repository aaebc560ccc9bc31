// Decisions on their way to the record: one after the other, in their order, none forgotten.

const WAITS_S = [1, 2, 4, 8, 15];

/** What the server answered, or that it did not. */
export async function ask(url, form) {
  const how = { headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "manual" };
  // What is on its way arrives although the window is closed meanwhile.
  if (form) Object.assign(how, { method: "POST", body: form, keepalive: true });
  let response;
  try {
    response = await fetch(url, how);
  } catch {
    return { kind: "away" };
  }
  // A redirect leads to the sign-in page: the session has ended.
  if (response.type === "opaqueredirect" || response.status === 401) return { kind: "signed-out" };
  const json = (response.headers.get("content-type") ?? "").startsWith("application/json");
  const data = json ? await response.json().catch(() => ({})) : {};
  if (response.ok && json) return { kind: "done", data };
  if (response.status === 409) return { kind: "changed", data };
  return { kind: response.status >= 502 ? "away" : "refused", data };
}

const asksBeforeLeaving = (event) => event.preventDefault();

export class Outbox {
  #waiting = [];
  #working = null;
  #asking = false;
  #failed = 0;

  /** `hear` has one function for each kind of answer but `away`; `stuck`, called with how many cannot
   *  be sent; and `waiting`, called with how many are still to be sent. */
  constructor(hear) {
    this.hear = hear;
    addEventListener("online", () => this.#wake?.());
    addEventListener("pagehide", () => this.#sendAtOnce());
  }

  #wake = null;

  add(entry) {
    this.#waiting.push(entry);
    this.#tell();
    this.#working ??= this.#work().finally(() => (this.#working = null));
  }

  /** Take a decision back that was not sent yet; whether it could be. */
  recall(entry) {
    const at = this.#waiting.indexOf(entry);
    // The first one is under way, or may have arrived without our hearing of it.
    if (at < 1) return false;
    this.#waiting.splice(at, 1);
    this.#tell();
    return true;
  }

  get keys() {
    return this.#waiting.map((entry) => entry.key);
  }

  /** Resolves when all that was added has been answered. */
  async idle() {
    await this.#working;
  }

  #tell() {
    const number = this.#waiting.length;
    (number ? addEventListener : removeEventListener)("beforeunload", asksBeforeLeaving);
    this.hear.waiting(number);
  }

  /** Whoever leaves although something waits: nobody hears the answers, but the record gets it all. */
  #sendAtOnce() {
    for (const entry of this.#waiting.slice(this.#asking ? 1 : 0)) ask(entry.action, entry.form);
  }

  async #work() {
    while (this.#waiting.length) {
      const entry = this.#waiting[0];
      this.#asking = true;
      const answer = await ask(entry.action, entry.form);
      this.#asking = false;
      if (answer.kind === "away") {
        this.hear.stuck(this.#waiting.length);
        const pause = WAITS_S[Math.min(this.#failed++, WAITS_S.length - 1)];
        await new Promise((resolve) => {
          this.#wake = resolve;
          setTimeout(resolve, pause * 1000);
        });
        continue;
      }
      if (this.#failed) this.hear.stuck(0);
      this.#failed = 0;
      if (answer.kind === "signed-out") {
        const lost = this.#waiting.length;
        this.#waiting = [];
        this.#tell();
        this.hear["signed-out"](lost);
        return;
      }
      this.#waiting.shift();
      this.hear[answer.kind](entry, answer.data);
      this.#tell();
    }
  }
}
