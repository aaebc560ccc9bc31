// The place on the line of one mark: shown on the crop, moved by pointer, keys and numbers.

const LEFT_MM = 8;
const WIDTH_MM = 116;
const LINE_MM = 100;
const LOUPE = 5; // how much larger than the crop

/** The score as it is printed: tenths, half up, from micrometres. */
export function score(mm) {
  return (Math.floor((Math.round(mm * 1000) + 500) / 1000) / 10).toFixed(1);
}

/** What somebody typed, in centimetres with a point or a comma, as millimetres; null when it is no place. */
export function typed(text) {
  const plain = text.trim().replace(",", ".");
  if (!/^\d{1,2}(\.\d{0,4})?$/.test(plain)) return null;
  const mm = Number(plain) * 10;
  return mm <= LINE_MM ? mm : null;
}

export class Needle {
  constructor(card, words) {
    this.card = card;
    this.words = words;
    this.proposal = "proposal" in card.dataset ? Number(card.dataset.proposal) : null;
    this.mm = this.proposal;
    this.moved = false;
    this.needles = card.querySelectorAll(".needle");
    this.place = card.querySelector(".place");
    this.output = card.querySelector(".reading .value");
    this.how = card.querySelector(".reading .how");
    this.input = card.querySelector("[name=place]");
    this.accept = card.querySelector("[data-do=accept]");
    this.#prepare();
    this.#show();
  }

  /** Put the needle somewhere; millimetres from the left end. */
  set(mm, { fromInput = false } = {}) {
    this.mm = Math.min(LINE_MM, Math.max(0, Math.round(mm * 100) / 100));
    this.moved = true;
    this.#show(fromInput);
  }

  /** Put it where one of the choices is; a choice may belong to another scan of the line. */
  choose(button) {
    this.reading = button.dataset.reading;
    this.set(Number(button.dataset.place));
  }

  /** Move it by so many millimetres; from the middle of the line when there is none yet. */
  step(mm) {
    this.set(this.mm === null ? LINE_MM / 2 : this.mm + mm);
  }

  /** Back to how the card came. */
  reset() {
    this.mm = this.proposal;
    this.moved = false;
    if (this.input) this.input.value = "";
    this.#show();
  }

  #prepare() {
    const { place } = this;
    place.tabIndex = 0;
    place.setAttribute("role", "slider");
    place.setAttribute("aria-valuemin", "0");
    place.setAttribute("aria-valuemax", "10");
    place.setAttribute("aria-labelledby", this.card.getAttribute("aria-labelledby"));
    const point = (event) => {
      const box = place.getBoundingClientRect();
      this.set(((event.clientX - box.left) / box.width) * WIDTH_MM - LEFT_MM);
    };
    place.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      place.setPointerCapture(event.pointerId);
      point(event);
    });
    place.addEventListener("pointermove", (event) => {
      if (place.hasPointerCapture(event.pointerId)) point(event);
    });
    for (const button of this.card.querySelectorAll("[data-place]")) {
      button.addEventListener("click", (event) => {
        event.preventDefault();
        this.choose(button);
        place.focus({ preventScroll: true });
      });
    }
    this.input?.addEventListener("input", () => {
      const mm = typed(this.input.value);
      this.input.setAttribute("aria-invalid", String(this.input.value !== "" && mm === null));
      if (mm !== null) this.set(mm, { fromInput: true });
    });
    this.#makeLoupe();
  }

  /** A part of the line, enlarged, with a button on either side: for fingers, and where the crop is small. */
  #makeLoupe() {
    const box = document.createElement("div");
    box.className = "loupe";
    const step = (sign, label) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button step";
      button.textContent = sign < 0 ? "−" : "+";
      button.setAttribute("aria-label", label);
      button.addEventListener("click", () => this.step(sign));
      return button;
    };
    const view = document.createElement("div");
    view.className = "loupe-view";
    // A canvas, since a second picture of the same would be asked for, and logged, a second time.
    const image = this.card.querySelector(".crop img");
    this.enlarged = document.createElement("canvas");
    this.enlarged.width = 928;
    this.enlarged.height = 176;
    const draw = () => this.enlarged.getContext("2d").drawImage(image, 0, 0, 928, 176);
    image.decode().then(draw, () => {});
    view.append(this.enlarged);
    box.append(step(-1, this.words.less), view, step(1, this.words.more));
    this.card.querySelector(".plate").after(box);
    this.loupe = box;
  }

  #show(fromInput = false) {
    const { mm, words } = this;
    const none = mm === null;
    for (const needle of this.needles) {
      needle.setAttribute("visibility", none ? "hidden" : "visible");
      needle.classList.toggle("proposed", !this.moved);
      for (const line of needle.children) {
        line.setAttribute("x1", (mm ?? 0) + LEFT_MM);
        line.setAttribute("x2", (mm ?? 0) + LEFT_MM);
      }
    }
    const shown = (number) => number.replace(".", words.decimalSign);
    this.output.textContent = none ? "–" : shown(score(mm));
    this.output.classList.toggle("none", none);
    const how = this.moved ? words.placed : this.card.dataset.said;
    this.how.textContent = none ? words.none : `${how} · ${shown(mm.toFixed(1))} mm`;
    this.place.setAttribute("aria-valuenow", none ? "0" : String(mm / 10));
    this.place.setAttribute("aria-valuetext", none ? words.none : `${shown((mm / 10).toFixed(2))}, ${how}`);
    if (this.input && this.moved && !fromInput) this.input.value = shown((mm / 10).toFixed(2));
    if (this.accept) {
      this.accept.hidden = none;
      this.accept.disabled = none;
      const label = this.accept.querySelector("[data-accept]");
      if (!none) label.textContent = label.dataset.accept.replace("{}", shown(score(mm)));
    }
    if (!none) {
      this.enlarged.style.width = `${LOUPE * 100}%`;
      // Its own width is the unit of translate's percentages.
      this.enlarged.style.translate = `${-((mm + LEFT_MM) / WIDTH_MM) * 100 + 50 / LOUPE}% -50%`;
    }
    this.loupe.classList.toggle("empty", none);
  }
}
