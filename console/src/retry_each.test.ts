import { expect, test } from 'vitest';

import { type Progress, retryEach } from './retry_each';

test('each picked delivery is sent once, and a refusal leaves the others', async () => {
  const sent: number[] = [];
  const reports: Progress[] = [];
  const send = async (id: number) => {
    sent.push(id);
    if (id === 2) throw new Error('It was delivered meanwhile');
  };
  const end = await retryEach([1, 2, 3], send, (progress) => reports.push(progress));
  expect(sent).toEqual([1, 2, 3]);
  expect(end).toEqual({ done: 3, of: 3, refused: [{ id: 2, error: 'It was delivered meanwhile' }] });
  expect(reports.map(({ done }) => done)).toEqual([0, 1, 2, 3]);
});
