/** Rotates the signing secret; the old one signs too for the overlap. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, dataOf, type EndpointDetail } from '../../api';
import { Confirm } from '../../ui/confirm';
import { Choice, Time } from '../../ui/parts';
import { Problem } from '../../ui/states';
import { Secret } from './secret';

const OVERLAPS = { '0': 'none: the old one leaked', '3600': 'an hour', '86400': 'a day', '604800': 'a week' };

export function Rotate({ endpoint }: { endpoint: EndpointDetail }) {
  const [overlap, setOverlap] = useState('86400');
  const client = useQueryClient();
  const rotate = useMutation({
    mutationFn: async () =>
      dataOf(
        await api.POST('/api/webhooks/config/{id}/rotate-secret', {
          params: { path: { id: endpoint.id } },
          body: { overlapSeconds: Number(overlap) },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['endpoint', endpoint.id] }),
  });
  return (
    <>
      <p>
        During the overlap each delivery carries a signature of both secrets, so a receiver can change without a gap.
      </p>
      {endpoint.previousSecretValidUntil && (
        <p className="muted">
          The previous secret signs until <Time at={endpoint.previousSecretValidUntil} />.
        </p>
      )}
      <div className="toolbar">
        <Choice label="Overlap" value={overlap} options={OVERLAPS} all="choose" onChange={setOverlap} />
        <Confirm
          button="Rotate the secret"
          title="Rotate the signing secret?"
          disabled={!overlap || rotate.isPending}
          onConfirm={() => rotate.mutate()}
        >
          <p>
            {overlap === '0' ? 'The old secret stops signing at once.' : 'A new secret is generated and shown once.'}
          </p>
        </Confirm>
      </div>
      {rotate.error && <Problem error={rotate.error} />}
      {rotate.data?.secret && <Secret secret={rotate.data.secret} />}
    </>
  );
}
