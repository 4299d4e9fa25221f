/** Where a page of comparisons ended. */
export interface Place {
  readonly at: number;
  readonly position: number;
}

const pattern = /^([0-9a-z]{1,11})-([0-9a-z]{1,11})$/;

export const toCursor = ({ at, position }: Place): string => `${at.toString(36)}-${position.toString(36)}`;

/** Undefined for a text that no page gave. */
export function parseCursor(text: string): Place | undefined {
  const [, at = '', position = ''] = pattern.exec(text) ?? [];
  const place = { at: Number.parseInt(at, 36), position: Number.parseInt(position, 36) };
  return Number.isSafeInteger(place.at) && Number.isSafeInteger(place.position) ? place : undefined;
}
