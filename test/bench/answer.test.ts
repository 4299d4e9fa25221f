import { expect, test } from 'vitest';
import { readAnswer } from './answer.ts';

const read = (text: string) => readAnswer(Buffer.from(text, 'latin1'));

/** Whole only with its last byte. */
function expectWhole(text: string, status: number): void {
  for (let end = 0; end < text.length; end++) expect(read(text.slice(0, end))).toBeUndefined();
  expect(read(text)).toEqual({ status, isLast: false });
}

test('an answer with a length is whole when its body is', () => {
  expectWhole('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 200);
  expectWhole('HTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\n', 503);
});

test('a chunked answer is whole with its last chunk and trailers', () => {
  expectWhole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n1\r\n!\r\n0\r\n\r\n', 200);
  expectWhole('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nx-sum: 1\r\n\r\n', 200);
});

test('a closing answer is the last of its connection', () => {
  expect(read('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')?.isLast).toBe(true);
});

test('what has no length or is no HTTP throws', () => {
  expect(() => read('HTTP/1.1 200 OK\r\n\r\n')).toThrow('without a length');
  expect(() => read('SSH-2.0-OpenSSH\r\n\r\n')).toThrow('not an HTTP/1.1 answer');
});
