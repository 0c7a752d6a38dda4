/** Sends picked deliveries once more, one after the other, and counts how far it is. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf } from './api';
import { type Progress, retryEach } from './retry_each';

export const retryOne = async (id: number) =>
  dataOf(await api.POST('/api/webhooks/events/{id}/retry', { params: { path: { id } } }));

export function useRetry() {
  const [progress, setProgress] = useState<Progress>();
  const client = useQueryClient();
  const mutation = useMutation({
    mutationFn: (ids: readonly number[]) => retryEach(ids, retryOne, setProgress),
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ['events'] }),
        client.invalidateQueries({ queryKey: ['event'] }),
      ]),
  });
  return { progress, isRunning: mutation.isPending, retry: mutation.mutate };
}
