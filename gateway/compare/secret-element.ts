import { isSecretName } from '../core/secrets.ts';
import type { Members } from './canonical/value.ts';

/** Whether an element holds a credential: `<input type=password>`, `<meta name=csrf-token content=…>`. */
export function isSecretElement(element: Members): boolean {
  if (element['@type'] === 'password') return true;
  return ['@name', '@id', '@property'].some(attribute => {
    const value = element[attribute];
    return typeof value === 'string' && isSecretName(value);
  });
}
