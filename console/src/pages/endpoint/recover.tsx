/** Queues an endpoint's failed deliveries of a window again, and follows the job. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

import { api, dataOf, type Recovery } from '../../api';
import { count } from '../../format';
import { Confirm } from '../../ui/confirm';
import { Badge, Choice, Fact, Facts, Time } from '../../ui/parts';
import { Problem } from '../../ui/states';

const HOURS = {
  '1': 'the last hour',
  '6': 'the last 6 hours',
  '24': 'the last day',
  '72': 'the last 3 days',
  '168': 'the last week',
};
const FOLLOW_MS = 2_000;

const isRunning = (job: Recovery) => job.status === 'queued' || job.status === 'running';

export function Recover({ id }: { id: number }) {
  const [hours, setHours] = useState('24');
  const [jobId, setJobId] = useState<string>();
  const start = useMutation({
    mutationFn: async () => {
      const since = new Date(Date.now() - Number(hours) * 3_600_000).toISOString();
      return dataOf(await api.POST('/api/webhooks/config/{id}/recover', { params: { path: { id } }, body: { since } }))
        .job;
    },
    onSuccess: (job) => setJobId(job.id),
  });
  const window = HOURS[hours as keyof typeof HOURS];
  return (
    <>
      <p>
        After an outage, failed deliveries can be queued again. Each keeps its webhook-id, so a receiver can tell a
        repetition.
      </p>
      <div className="toolbar">
        <Choice label="Failed in" value={hours} options={HOURS} all="choose" onChange={setHours} />
        <Confirm
          button="Recover"
          title="Recover failed deliveries?"
          disabled={!hours || start.isPending}
          onConfirm={() => start.mutate()}
        >
          <p>All failed deliveries of {window} are posted again, as fast as the endpoint's pace allows.</p>
        </Confirm>
      </div>
      {start.error && <Problem error={start.error} />}
      {jobId && <Job id={id} jobId={jobId} />}
    </>
  );
}

function Job({ id, jobId }: { id: number; jobId: string }) {
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ['recovery', id, jobId],
    queryFn: async ({ signal }) =>
      dataOf(await api.GET('/api/webhooks/config/{id}/recover/{jobId}', { params: { path: { id, jobId } }, signal }))
        .job,
    refetchInterval: ({ state }) => (!state.data || isRunning(state.data) ? FOLLOW_MS : false),
  });
  const status = query.data?.status;
  useEffect(() => {
    if (status === 'done') void client.invalidateQueries({ queryKey: ['events'] });
  }, [status, client]);
  if (query.error) return <Problem error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return null;
  const job = query.data;
  return (
    <div role="status" className="notice">
      <div>
        {isRunning(job) && <progress aria-label="Recovery" />} <Badge value={job.status} /> {job.reason}
        <Facts>
          <Fact name="Queued again">{count(job.requeued)}</Fact>
          <Fact name="Examined">{count(job.examined)}</Fact>
          <Fact name="Since">
            <Time at={job.since} />
          </Fact>
        </Facts>
      </div>
    </div>
  );
}
