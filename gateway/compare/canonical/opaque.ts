import { createHash } from 'node:crypto';

/** What is told of bytes that nobody can read: enough to see whether they are the same. */
export interface OpaqueSummary {
  readonly bytes: number;
  readonly sha256: string;
}

export const summarise = (bytes: Uint8Array): OpaqueSummary => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
