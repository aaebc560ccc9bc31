// Where nothing is left, U still takes the last decision back, as it does beside a mark.

const undo = document.querySelector("form.undo");
let sent = false;

function key(event) {
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || event.isComposing) return;
  if (event.key.toLowerCase() !== "u" || localStorage.getItem("jana-letters") === "off" || sent) return;
  event.preventDefault();
  undo.requestSubmit();
}

undo?.addEventListener("submit", (event) => {
  // Twice would take back two decisions.
  if (sent) event.preventDefault();
  sent = true;
});
if (undo) document.addEventListener("keydown", key);
