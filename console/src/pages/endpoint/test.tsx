/** Posts a sample event to the endpoint and shows its answer. */
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useId, useState } from 'react';

import { api, dataOf, type EndpointDetail } from '../../api';
import { Badge, Code, Fact, Facts } from '../../ui/parts';
import { Problem } from '../../ui/states';

type EventType = EndpointDetail['eventTypes'][number];

export function Test({ endpoint }: { endpoint: EndpointDetail }) {
  const id = useId();
  const client = useQueryClient();
  const [malformed, setMalformed] = useState('');
  const test = useMutation({
    mutationFn: async (body: { eventType: EventType; testPayload?: Record<string, unknown> }) =>
      dataOf(await api.POST('/api/webhooks/config/{id}/test', { params: { path: { id: endpoint.id } }, body })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['events'] }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const data = String(form.get('data')).trim();
    try {
      setMalformed('');
      test.mutate({ eventType: form.get('eventType') as EventType, ...(data && { testPayload: JSON.parse(data) }) });
    } catch (error) {
      setMalformed(`The data is no JSON: ${(error as Error).message}`);
    }
  };
  const details = test.data?.details;
  return (
    <>
      <form className="stack" onSubmit={submit}>
        <label htmlFor={`${id}-type`}>Event type</label>
        <select id={`${id}-type`} name="eventType">
          {endpoint.eventTypes.map((type) => (
            <option key={type}>{type}</option>
          ))}
        </select>
        <label htmlFor={`${id}-data`}>Data as a JSON object; empty for a sample of the type</label>
        <textarea
          id={`${id}-data`}
          name="data"
          rows={4}
          spellCheck={false}
          placeholder='{"callId": "test-call-123"}'
          aria-invalid={malformed !== ''}
        />
        {malformed && (
          <p className="wrong" role="alert">
            {malformed}
          </p>
        )}
        <button type="submit" className="primary" disabled={test.isPending}>
          {test.isPending ? 'Waiting for the endpoint…' : 'Send a test'}
        </button>
      </form>
      {test.error && <Problem error={test.error} />}
      {test.data && details && (
        <div role="status" className="notice">
          <div>
            <strong>{test.data.message}</strong> <Badge value={test.data.success ? 'delivered' : 'failed'} />
            <Facts>
              <Fact name="Answer">{details.statusCode ?? details.error}</Fact>
              <Fact name="Took">{details.responseTime} ms</Fact>
              <Fact name="webhook-id">
                <code>{details.eventId}</code>
              </Fact>
              <Fact name="Proven">
                {details.endpointProven === undefined ? undefined : details.endpointProven ? 'yes' : 'no'}
              </Fact>
            </Facts>
            {details.responseBody && <Code label="Beginning of its answer" text={details.responseBody} />}
          </div>
        </div>
      )}
    </>
  );
}
