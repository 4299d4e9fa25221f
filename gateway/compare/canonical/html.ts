/** HTML as a tree. The only file that knows htmlparser2. */
import { Parser } from 'htmlparser2';
import { buildMarkup } from './markup.ts';
import type { Parsed } from './value.ts';

/** White space counts in these. */
const preformatted: ReadonlySet<string> = new Set(['pre', 'textarea', 'script', 'style']);

/**
 * Tags and attributes in lower case, entities decoded, comments dropped, end tags that HTML lets one omit supplied.
 * Anything is HTML to some degree, so only the bounds make it fail.
 */
export const parseHtml = (text: string): Parsed =>
  buildMarkup(builder => {
    const parser = new Parser({
      onopentagname: name => builder.open(name, preformatted.has(name)),
      onattribute: (name, value) =>
        builder.attribute(name, name === 'class' ? value.trim().replace(/\s+/g, ' ') : value),
      ontext: data => builder.text(data),
      onclosetag: () => builder.close(),
      onprocessinginstruction(name, data) {
        if (name.toLowerCase() !== '!doctype') return;
        builder.open('!doctype', false);
        builder.text(data.toLowerCase().replace(/^!doctype\s*/, ''));
        builder.close();
      },
    });
    parser.end(text);
  });
