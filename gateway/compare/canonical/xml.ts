/** XML 1.0 with namespaces, as a tree. The only file that knows saxes. */
import { SaxesParser } from 'saxes';
import { buildMarkup } from './markup.ts';
import type { Parsed } from './value.ts';

const xmlNamespace = 'http://www.w3.org/XML/1998/namespace';
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/';

/**
 * Elements by local name; `@xmlns` says the namespace where it is another than the parent's, so prefixes mean nothing.
 * CDATA is text, comments and processing instructions say nothing. Entities that a DTD declares are unknown: such a
 * document does not parse, and cannot blow up.
 */
export function parseXml(text: string): Parsed {
  let fault: string | undefined;
  const parsed = buildMarkup(builder => {
    const parser = new SaxesParser({ xmlns: true });
    const namespaces: string[] = [''];
    parser.on('error', ({ message }) => {
      // The message quotes the text; only where it went wrong is told.
      fault ??= /^\d+:\d+/.exec(message)?.[0] ?? 'its end';
    });
    parser.on('opentag', ({ local, uri, attributes }) => {
      builder.open(local, false);
      if (uri !== namespaces.at(-1)) builder.attribute('xmlns', uri);
      namespaces.push(uri);
      for (const attribute of Object.values(attributes))
        if (attribute.uri !== xmlnsNamespace)
          builder.attribute(toName(attribute.local, attribute.uri), attribute.value);
    });
    parser.on('text', data => builder.text(data));
    parser.on('cdata', data => builder.text(data));
    parser.on('closetag', () => {
      namespaces.pop();
      builder.close();
    });
    parser.write(text).close();
  });
  return fault === undefined ? parsed : { fault: `no XML at ${fault}` };
}

function toName(local: string, uri: string): string {
  if (uri === '') return local;
  return uri === xmlNamespace ? `xml:${local}` : `{${uri}}${local}`;
}
