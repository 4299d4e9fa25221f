import type { Group } from './command.ts';

/** `figway compare …`: what holds recorded traffic against itself, without a running gateway. */
export const compare: Group = {
  name: 'compare',
  summary: 'holds answers of both sides against each other, without a running gateway',
};
