// The printed code is checked while it is typed: the twin of scanner/review/typed_code.py.

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH = 18;
const MEANT = { O: "0", I: "1", L: "1" };
const ROOTS = [1, 2, 4];

/** Product in GF(32), modulo x^5 + x^2 + 1. */
function times(a, b) {
  let product = 0;
  for (; b; b >>= 1) {
    if (b & 1) product ^= a;
    a <<= 1;
    if (a & 32) a ^= 0b100101;
  }
  return product;
}

/** What is wrong with a code: a key, and a number or letters; `right` when nothing is. */
export function trouble(text) {
  const code = [...text.toUpperCase()].filter((c) => !/[\s\-–·]/u.test(c)).map((c) => MEANT[c] ?? c);
  const strange = [...new Set(code.filter((c) => !ALPHABET.includes(c)))].sort();
  if (strange.length) return ["letters", strange.slice(0, 5).join(", ")];
  if (!code.join("").startsWith("J1".slice(0, code.length))) return ["start", ""];
  if (code.length < LENGTH) return ["short", LENGTH - code.length];
  if (code.length > LENGTH) return ["long", code.length - LENGTH];
  const values = code.map((c) => ALPHABET.indexOf(c));
  const right = ROOTS.every((root) => values.reduce((sum, value) => times(sum, root) ^ value, 0) === 0);
  return [right ? "right" : "wrong", ""];
}

for (const input of document.querySelectorAll("[data-code]")) {
  const said = document.getElementById(input.dataset.code);
  const tell = () => {
    const [key, value] = trouble(input.value);
    const one = value === 1 && `${key}One` in said.dataset;
    said.textContent = input.value.trim() ? said.dataset[one ? `${key}One` : key].replace("{}", value) : "";
    said.className = key === "right" ? "code-said right" : "code-said";
    // While it is being typed a code is not wrong but short.
    input.toggleAttribute("aria-invalid", input.value !== "" && !["right", "short"].includes(key));
  };
  input.addEventListener("input", tell);
  tell();
}
