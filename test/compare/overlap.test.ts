import { expect, it } from 'vitest';
import { groupByOverlap } from '../../gateway/compare/overlap.ts';

it('puts signatures together that 95 % of either one’s requests show', () => {
  const sets = [
    { members: [0, 1], distinct: 95 },
    { members: [0], distinct: 5 },
    { members: [2], distinct: 50 },
  ];
  expect(groupByOverlap(3, sets)).toEqual([0, 0, 1]);
});

it('keeps them apart below that', () => {
  const sets = [
    { members: [0, 1], distinct: 94 },
    { members: [0], distinct: 6 },
  ];
  expect(groupByOverlap(2, sets)).toEqual([0, 1]);
});

it('does not take a rare one for part of a frequent one whose requests hold its own', () => {
  const sets = [
    { members: [0, 1], distinct: 20 },
    { members: [0], distinct: 1000 },
  ];
  expect(groupByOverlap(2, sets)).toEqual([0, 1]);
});

it('numbers groups by their most frequent one, and leaves nothing out', () => {
  const sets = [
    { members: [3], distinct: 7 },
    { members: [1, 2], distinct: 9 },
  ];
  expect(groupByOverlap(4, sets)).toEqual([2, 0, 0, 1]);
});

it('does not chain: who overlaps with a member alone is a group of its own', () => {
  const sets = [
    { members: [0, 1], distinct: 96 },
    { members: [0], distinct: 4 },
    { members: [1, 2], distinct: 0 },
    { members: [0, 1, 2], distinct: 0 },
    { members: [2], distinct: 96 },
  ];
  expect(groupByOverlap(3, sets)).toEqual([0, 0, 1]);
});
