/** First in, first out, each step in constant time. A Map alone is no line: its front fills with holes that every look must pass. */
export interface Line<T> {
  push(item: T): void;
  /** The one that has waited for longest. */
  first(): T | undefined;
  shift(): void;
}

/** Places that may be empty before the rest moves up. */
const mostEmpty = 1024;

export function createLine<T>(): Line<T> {
  let items: T[] = [];
  let head = 0;
  return {
    push: item => {
      items.push(item);
    },
    first: () => items[head],
    shift() {
      head += 1;
      if (head < mostEmpty || head * 2 < items.length) return;
      items = items.slice(head);
      head = 0;
    },
  };
}
