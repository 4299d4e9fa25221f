import type { LogConfig } from './schema.ts';

export type Level = LogConfig['level'];

const order: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 };

export const isWritten = (level: Level, bound: Level): boolean => order[level] >= order[bound];
