/** `/orders/42/lines/7` as `/orders/:id/lines/:id`: what a path is a case of, where no route says it. */
export function guessTemplate(target: string): string {
  const [path = ''] = target.split('?', 1);
  return path
    .split('/')
    .map(segment => (isId(segment) ? ':id' : segment))
    .join('/');
}

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const hex = /^(?=.*\d)[0-9a-f]{8,}$/i;
const numbered = /^[A-Za-z]{0,12}[-_]?\d+$/;
const version = /^v\d{1,2}$/i;

const isId = (segment: string): boolean =>
  !version.test(segment) &&
  (uuid.test(segment) || hex.test(segment) || numbered.test(segment) || segment.length > 64);
