// Messages beside the mark, one for each topic.

/** A function that says something until it is settled or closed; an empty message takes it away.
 *  `close` is what the button says that closes it. */
export function speaker(talk, close) {
  return (topic, message, kind, action) => {
    talk.querySelector(`[data-topic="${CSS.escape(topic)}"]`)?.remove();
    if (message) talk.append(notice(topic, message, kind, action ?? [close]));
  };
}

/** `action` is what its button says with what that does, or a link's text with where it leads. */
function notice(topic, message, kind, [label, action]) {
  const box = document.createElement("div");
  box.className = `said ${kind}`;
  box.dataset.topic = topic;
  const text = document.createElement("span");
  text.textContent = message;
  box.append(text, typeof action === "string" ? linkTo(label, action) : button(label, box, action));
  return box;
}

function linkTo(label, path) {
  const link = document.createElement("a");
  link.textContent = label;
  link.href = path;
  return link;
}

function button(label, box, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = label;
  made.addEventListener("click", () => {
    box.remove();
    act?.();
  });
  return made;
}
