/**
 * An element of attributes and children. A string becomes a text node and nothing else: much of what is shown came from
 * strangers. `shares` are custom properties of its style: `{ part: 0.4 }` is `--part: 0.4`.
 */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'shares')
      for (const [part, share] of Object.entries(value))
        element.style.setProperty(`--${part}`, String(share));
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(
    ...children.flat(9).filter(child => child !== undefined && child !== null && child !== false),
  );
  return element;
}

/** Shows `next` in place of `old`, changing only what differs, so that focus, scroll and open details stay. */
export function morph(old, next) {
  if (!isAlike(old, next)) {
    old.replaceWith(next);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== next.data) old.data = next.data;
    return;
  }
  // What draws itself is left alone.
  if (old.hasAttribute('data-keep')) return;
  matchAttributes(old, next);
  morphChildren(old, [...next.childNodes]);
}

/** Makes these the children of `parent`. Children with `data-key` are found again wherever they stand. */
export function morphChildren(parent, nodes) {
  const keyed = new Map([...parent.children].flatMap(child => (keyOf(child) ? [[keyOf(child), child]] : [])));
  let at = parent.firstChild;
  for (const node of nodes) {
    const known =
      keyOf(node) === undefined ? (keyOf(at) === undefined ? at : undefined) : keyed.get(keyOf(node));
    if (known === undefined || known === null || !isAlike(known, node)) {
      parent.insertBefore(node, at);
      continue;
    }
    if (known === at) at = at.nextSibling;
    else move(parent, known, at);
    morph(known, node);
  }
  while (at !== null) {
    const gone = at;
    at = at.nextSibling;
    gone.remove();
  }
}

const keyOf = node => node?.dataset?.key;

const isAlike = (one, other) =>
  one.nodeType === other.nodeType && one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

/** `moveBefore` keeps the focus where a browser has it. */
const move = (parent, node, before) =>
  parent.moveBefore === undefined ? parent.insertBefore(node, before) : parent.moveBefore(node, before);

/** What somebody has typed, opened or chosen is theirs. */
const ownedByReader = new Set(['open', 'value', 'checked', 'style']);

function matchAttributes(old, next) {
  for (const { name } of [...old.attributes])
    if (!next.hasAttribute(name) && !ownedByReader.has(name)) old.removeAttribute(name);
  for (const { name, value } of next.attributes)
    if (!ownedByReader.has(name) && old.getAttribute(name) !== value) old.setAttribute(name, value);
  // The policy of the page forbids the attribute, not the object.
  if (old.style.cssText !== next.style.cssText) old.style.cssText = next.style.cssText;
}
